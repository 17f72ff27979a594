#include "ui/widgets/message_panel.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QAccessible>
#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace livegloss::ui {

namespace {

constexpr int usualWidth = 56 * grid;

QLabel* textLabel(QWidget* parent, const char* name) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setFocusPolicy(Qt::NoFocus);
    return label;
}

} // namespace

MessagePanel::MessagePanel(QWidget* parent)
    : QFrame(parent),
      icon_(new QLabel(this)),
      title_(textLabel(this, "messageTitle")),
      reason_(textLabel(this, "messageReason")),
      advice_(textLabel(this, "messageAdvice")),
      detail_(textLabel(this, "messageDetail")),
      progress_(new QProgressBar(this)),
      buttons_(new QHBoxLayout) {
    setObjectName(QStringLiteral("messagePanel"));
    reason_->setProperty("role", QStringLiteral("muted"));
    detail_->setProperty("role", QStringLiteral("muted"));
    progress_->setRange(0, 0);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(4);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(3 * grid, 3 * grid, 3 * grid, 3 * grid);
    column->setSpacing(grid);
    auto* heading = new QHBoxLayout;
    heading->setSpacing(grid + grid / 2);
    heading->addWidget(icon_, 0, Qt::AlignTop);
    heading->addWidget(title_, 1);
    column->addLayout(heading);
    column->addWidget(reason_);
    column->addWidget(advice_);
    column->addWidget(detail_);
    column->addWidget(progress_);
    buttons_->setContentsMargins(0, grid, 0, 0);
    buttons_->setSpacing(grid);
    column->addLayout(buttons_);
}

void MessagePanel::show(const Message& message) {
    message_ = message;
    paintIcon();
    title_->setText(message.title);
    reason_->setText(message.reason);
    reason_->setVisible(!message.reason.isEmpty());
    advice_->setText(message.advice);
    advice_->setVisible(!message.advice.isEmpty());
    detail_->setText(tr("Details: %1").arg(message.detail));
    detail_->setVisible(!message.detail.isEmpty());
    progress_->setVisible(message.busy);
    setAccessibleName(message.title);
    setAccessibleDescription(
        QStringList{message.reason, message.advice, message.detail}.join(QLatin1Char(' ')).trimmed());
    makeButtons();
    setVisible(true);
    if (message.isError) {
        QAccessibleEvent alert(this, QAccessible::Alert);
        QAccessible::updateAccessibility(&alert);
    }
}

void MessagePanel::paintIcon() {
    const ThemeColours& colours = themeColours(palette());
    icon_->setPixmap(
        iconPixmap(message_.icon, 3 * grid, devicePixelRatioF(), message_.isError ? colours.error : colours.accent));
}

void MessagePanel::placeIn(const QRect& area) {
    for (QWidget* child : findChildren<QWidget*>()) {
        child->ensurePolished();
    }
    layout()->invalidate();
    const int wished = std::max(usualWidth, layout()->totalMinimumSize().width());
    const int width = std::min(wished, area.width() - 2 * grid);
    const int needed = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width) : sizeHint().height();
    const int height = std::min(needed, area.height());
    setGeometry(area.center().x() - width / 2, area.center().y() - height / 2, width, height);
}

bool MessagePanel::event(QEvent* event) {
    const bool handled = QFrame::event(event);
    if (event->type() == QEvent::LayoutRequest && parentWidget() != nullptr) {
        placeIn(parentWidget()->rect());
    } else if (event->type() == QEvent::PaletteChange && !message_.icon.isEmpty()) {
        paintIcon();
    }
    return handled;
}

void MessagePanel::makeButtons() {
    while (QLayoutItem* item = buttons_->takeAt(0)) {
        if (QWidget* old = item->widget()) {
            old->hide();
            old->deleteLater();
        }
        delete item;
    }
    for (const Message::Button& button : message_.buttons) {
        auto* widget = new QPushButton(button.text, this);
        widget->setObjectName(QStringLiteral("button-") + button.action->objectName());
        widget->setProperty("primary", buttons_->count() == 0);
        widget->setToolTip(button.action->toolTip());
        connect(widget, &QPushButton::clicked, button.action, &QAction::trigger);
        buttons_->addWidget(widget);
        widget->setVisible(true); // a hidden one would not count in the height
    }
    buttons_->addStretch();
}

} // namespace livegloss::ui
