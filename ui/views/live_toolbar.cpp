#include "ui/views/live_toolbar.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QSlider>
#include <QToolButton>

namespace livegloss::ui {

namespace {

constexpr int nameWidth = 18 * grid;

QToolButton* makeButton(QAction* action, Qt::ToolButtonStyle style, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setToolButtonStyle(style);
    button->setIconSize({20, 20});
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

QToolButton* menuButton(const QString& iconName, QMenu* menu, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setIcon(icon(iconName));
    button->setIconSize({20, 20});
    button->setMenu(menu);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

/// What the words beside an icon add to a button's width, as QToolButton reckons it.
int widthOfWords(const QToolButton& button) {
    constexpr int gap = 4;
    const QFontMetrics font = button.fontMetrics();
    return gap + font.size(Qt::TextShowMnemonic, button.text()).width() + 2 * font.horizontalAdvance(QLatin1Char(' '));
}

} // namespace

LiveToolbar::LiveToolbar(const LiveActions& actions, QMenu* sources, QMenu* models, QWidget* parent)
    : QWidget(parent),
      source_(menuButton(QStringLiteral("source"), sources, this)),
      model_(menuButton(QStringLiteral("model"), models, this)),
      strength_(new QSlider(Qt::Horizontal, this)) {
    setObjectName(QStringLiteral("liveToolbar"));
    source_->setObjectName(QStringLiteral("sourceButton"));
    model_->setObjectName(QStringLiteral("modelButton"));
    strength_->setObjectName(QStringLiteral("attentionStrength"));
    strength_->setRange(10, 100);
    strength_->setSingleStep(5);
    strength_->setPageStep(10);
    strength_->setFixedWidth(10 * grid);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(grid, grid / 2, grid, grid / 2);
    row->setSpacing(grid / 2);
    row->addWidget(source_);
    row->addWidget(model_);
    row->addSpacing(grid);
    auto* attention = makeButton(actions[LiveAction::Attention], Qt::ToolButtonTextBesideIcon, this);
    auto* captions = makeButton(actions[LiveAction::Captions], Qt::ToolButtonTextBesideIcon, this);
    worded_ = {captions, attention, model_, source_};
    row->addWidget(attention);
    row->addWidget(strength_);
    row->addSpacing(grid);
    row->addWidget(captions);
    row->addWidget(makeButton(actions[LiveAction::Mirror], Qt::ToolButtonIconOnly, this));
    row->addWidget(makeButton(actions[LiveAction::FramingGuide], Qt::ToolButtonIconOnly, this));
    row->addStretch();
    row->addWidget(makeButton(actions[LiveAction::SidePanel], Qt::ToolButtonIconOnly, this));
    connect(strength_, &QSlider::valueChanged, this, &LiveToolbar::attentionStrengthChanged);
    connect(actions[LiveAction::Attention], &QAction::toggled, strength_, &QWidget::setEnabled);
    retranslate();
}

void LiveToolbar::addWindowAction(QAction* action) {
    auto* row = static_cast<QHBoxLayout*>(layout());
    row->insertWidget(row->count() - 1, makeButton(action, Qt::ToolButtonIconOnly, this));
}

QSize LiveToolbar::minimumSizeHint() const {
    return {widthOfIcons(), QWidget::minimumSizeHint().height()};
}

int LiveToolbar::widthOfIcons() const {
    int width = layout()->sizeHint().width();
    for (const QToolButton* button : worded_) {
        width -= button->toolButtonStyle() == Qt::ToolButtonIconOnly ? 0 : widthOfWords(*button);
    }
    return width;
}

void LiveToolbar::setSourceName(const QString& name) {
    if (name != sourceName_) {
        sourceName_ = name;
        updateNames();
    }
}

void LiveToolbar::setModelName(const QString& name) {
    if (name != modelName_) {
        modelName_ = name;
        updateNames();
    }
}

void LiveToolbar::setAttentionStrength(int percent) {
    strength_->setValue(percent);
}

bool LiveToolbar::event(QEvent* event) {
    const bool handled = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest) {
        fitWords(); // a button's words, font or style have changed
    }
    return handled;
}

void LiveToolbar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitWords();
}

/// Cut words say nothing: where not all fit, buttons show their icons alone, one after the other.
void LiveToolbar::fitWords() {
    int room = width() - widthOfIcons();
    bool fits = true;
    for (auto button = worded_.rbegin(); button != worded_.rend(); ++button) {
        room -= widthOfWords(**button);
        fits = fits && room >= 0;
        (*button)->setToolButtonStyle(fits ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    }
}

void LiveToolbar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void LiveToolbar::updateNames() {
    const auto shorten = [this](const QString& name) {
        return fontMetrics().elidedText(name, Qt::ElideMiddle, nameWidth);
    };
    const QString opensMenu = QStringLiteral(" \u25be");
    source_->setText((sourceName_.isEmpty() ? tr("Source") : shorten(sourceName_)) + opensMenu);
    source_->setToolTip(sourceName_.isEmpty() ? tr("Choose what to recognise") : tr("Source: %1").arg(sourceName_));
    source_->setAccessibleName(source_->toolTip());
    model_->setText((modelName_.isEmpty() ? tr("Model") : shorten(modelName_)) + opensMenu);
    model_->setToolTip(modelName_.isEmpty() ? tr("Choose the model") : tr("Model: %1").arg(modelName_));
    model_->setAccessibleName(model_->toolTip());
}

void LiveToolbar::retranslate() {
    strength_->setAccessibleName(tr("Attention strength"));
    strength_->setToolTip(tr("How strongly the attention covers the picture"));
    updateNames();
}

} // namespace livegloss::ui
