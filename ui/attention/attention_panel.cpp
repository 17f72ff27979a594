#include "ui/attention/attention_panel.h"

#include "ui/sheets/attention_texts.h"
#include "ui/style/theme.h"
#include "ui/widgets/labels.h"

#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QSettings>
#include <QSlider>
#include <QVBoxLayout>

#include <algorithm>

namespace livegloss::ui {

namespace {

using attention::Colours;
using attention::Normalisation;
using attention::Shown;
using engine::AttentionSource;

constexpr Shown allShown[] = {Shown::Adapted, Shown::Frozen, Shown::SideBySide, Shown::Difference, Shown::CrossFrame};
constexpr AttentionSource allSources[] = {AttentionSource::ClassToken, AttentionSource::AggregationQuery,
                                          AttentionSource::Patch};
constexpr Normalisation allNormalisations[] = {Normalisation::Clip, Normalisation::Absolute, Normalisation::Frame};
constexpr Colours allColours[] = {Colours::Inferno, Colours::Cividis,  Colours::Viridis,
                                  Colours::Grey,    Colours::Contours, Colours::Jet};
constexpr int smoothingChoices[] = {0, 200, 500}; // ms
const QString settingsGroup = QStringLiteral("attentionView/");

template <class Enum>
void add(QComboBox* box, const QString& text, Enum value, const QString& tip) {
    box->addItem(text, static_cast<int>(value));
    box->setItemData(box->count() - 1, tip, Qt::ToolTipRole);
}

void choose(QComboBox* box, int value) {
    box->setCurrentIndex(std::max(0, box->findData(value)));
}

/// Scrolling the panel must not change what lies under the pointer on the way.
class WheelGuard final : public QObject {
public:
    using QObject::QObject;
    void watch(QWidget* widget) {
        widget->setFocusPolicy(Qt::StrongFocus);
        widget->installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Wheel && !static_cast<QWidget*>(watched)->hasFocus()) {
            event->ignore();
            return true;
        }
        return QObject::eventFilter(watched, event);
    }
};

void guardWheel(QWidget* inside) {
    auto* guard = new WheelGuard(inside);
    for (QComboBox* box : inside->findChildren<QComboBox*>()) {
        guard->watch(box);
    }
    for (QSlider* slider : inside->findChildren<QSlider*>()) {
        guard->watch(slider);
    }
}

/// A stored number if it is one of the choices.
template <class Enum, std::size_t Count>
Enum stored(const QSettings& store, const char* key, const Enum (&choices)[Count], Enum fallback) {
    const int value = store.value(settingsGroup + QLatin1String(key), static_cast<int>(fallback)).toInt();
    const auto found =
        std::ranges::find_if(choices, [value](Enum choice) { return static_cast<int>(choice) == value; });
    return found != std::end(choices) ? *found : fallback;
}

} // namespace

AttentionPanel::AttentionPanel(QWidget* parent)
    : QScrollArea(parent),
      shown_(new QComboBox),
      source_(new QComboBox),
      block_(new QComboBox),
      head_(new QComboBox),
      colours_(new QComboBox),
      normalisation_(new QComboBox),
      smoothing_(new QComboBox),
      strength_(new QSlider(Qt::Horizontal)),
      definition_(wrappedLabel("muted")),
      sourceDefinition_(wrappedLabel("muted")),
      notice_(wrappedLabel("warning")),
      scaleRule_(wrappedLabel("muted")),
      bars_(new ScaleBars),
      numbers_(wrappedLabel("")),
      noCause_(wrappedLabel("muted")) {
    build();
    retranslate();
}

void AttentionPanel::build() {
    setObjectName(QStringLiteral("attentionPanel"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumWidth(38 * grid);
    auto* contents = new QWidget;
    contents->setObjectName(QStringLiteral("attentionPanelContents"));
    column_ = new QVBoxLayout(contents);
    column_->setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid);
    column_->setSpacing(grid);
    for (QLabel*& heading : headings_) {
        heading = wrappedLabel("heading");
    }
    const auto form = [this] {
        auto* layout = new QFormLayout;
        layout->setHorizontalSpacing(grid);
        layout->setVerticalSpacing(grid);
        layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
        layout->setRowWrapPolicy(QFormLayout::WrapLongRows);
        column_->addLayout(layout);
        return layout;
    };
    column_->addWidget(headings_[0]);
    column_->addWidget(shown_);
    column_->addWidget(definition_);
    column_->addWidget(notice_);
    what_ = form();
    column_->addWidget(sourceDefinition_);
    column_->addSpacing(grid);
    column_->addWidget(headings_[1]);
    column_->addWidget(bars_);
    column_->addWidget(numbers_);
    column_->addWidget(noCause_);
    column_->addSpacing(grid);
    column_->addWidget(headings_[2]);
    drawing_ = form();
    column_->addWidget(scaleRule_);
    column_->addStretch();
    const auto row = [](QFormLayout* layout, QWidget* field) {
        auto* label = new QLabel;
        label->setBuddy(field);
        layout->addRow(label, field);
    };
    for (QComboBox* box : {source_, block_, head_}) {
        row(what_, box);
    }
    for (QWidget* field : std::initializer_list<QWidget*>{colours_, normalisation_, smoothing_, strength_}) {
        row(drawing_, field);
    }
    for (QComboBox* box : {shown_, source_, block_, head_, colours_, normalisation_, smoothing_}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(12);
        connect(box, &QComboBox::activated, this, &AttentionPanel::takeChoices);
    }
    strength_->setRange(20, 100);
    connect(strength_, &QSlider::valueChanged, this, &AttentionPanel::takeChoices);
    notice_->hide();
    numbers_->hide();
    setWidget(contents);
    guardWheel(contents);
}

void AttentionPanel::addOnTop(QWidget* widget) {
    column_->insertWidget(0, widget);
}

void AttentionPanel::addBelow(QWidget* widget) {
    column_->insertWidget(column_->count() - 1, widget);
    guardWheel(widget);
}

void AttentionPanel::setModel(const model::ModelConfig& config) {
    config_ = config;
    fillChoices();
    const attention::View fitting = fitted(view_, config_);
    const bool changed = !(fitting == view_);
    view_ = fitting;
    showChoices();
    if (changed) {
        Q_EMIT viewChanged();
    }
}

void AttentionPanel::choosePatch(int patch) {
    view_.source = AttentionSource::Patch;
    view_.patch = patch;
    showChoices();
    Q_EMIT viewChanged();
}

void AttentionPanel::fillChoices() {
    filling_ = true;
    for (QComboBox* box : {shown_, source_, block_, head_, colours_, normalisation_, smoothing_}) {
        box->clear();
    }
    for (const Shown shown : allShown) {
        if (shown == Shown::CrossFrame && config_.window == 0) {
            continue; // this model looks at single frames
        }
        add(shown_, AttentionTexts::shown(shown), shown, AttentionTexts::definition(shown));
    }
    for (const AttentionSource source : allSources) {
        if (source != AttentionSource::AggregationQuery || (view_.shown == Shown::Adapted && config_.aggregation)) {
            add(source_, AttentionTexts::source(source), source, AttentionTexts::sourceDefinition(source));
        }
    }
    for (int block = 0; block < config_.layers; ++block) {
        const bool last = block + 1 == config_.layers;
        add(block_, last ? tr("%1 (last)").arg(block + 1) : QString::number(block + 1),
            last ? engine::lastBlock : block, {});
    }
    add(head_, tr("Mean of all"), engine::meanOfHeads, {});
    for (int head = 0; head < config_.heads; ++head) {
        add(head_, QString::number(head + 1), head, {});
    }
    for (const Colours colours : allColours) {
        add(colours_, AttentionTexts::colours(colours), colours, {});
    }
    for (const Normalisation normalisation : allNormalisations) {
        add(normalisation_, AttentionTexts::normalisation(normalisation), normalisation,
            AttentionTexts::normalisationDefinition(normalisation, view_.shown));
    }
    for (const int ms : smoothingChoices) {
        smoothing_->addItem(
            ms == 0 ? tr("None: exact, may flicker") : tr("Over %1 s").arg(QLocale().toString(ms / 1000.0)), ms);
    }
    filling_ = false;
}

void AttentionPanel::showChoices() {
    filling_ = true;
    choose(shown_, static_cast<int>(view_.shown));
    choose(source_, static_cast<int>(view_.source));
    choose(block_, view_.block);
    choose(head_, view_.head);
    choose(colours_, static_cast<int>(style_.colours));
    choose(normalisation_, static_cast<int>(style_.normalisation));
    choose(smoothing_, static_cast<int>(style_.smoothingSeconds * 1000.0 + 0.5));
    strength_->setValue(static_cast<int>(style_.strength * 100.0 + 0.5));
    const bool across = view_.shown == Shown::CrossFrame;
    block_->setEnabled(!across);
    head_->setEnabled(!across);
    colours_->setEnabled(!across && view_.shown != Shown::Difference);
    definition_->setText(AttentionTexts::definition(view_.shown));
    sourceDefinition_->setText(AttentionTexts::sourceDefinition(view_.source));
    scaleRule_->setText(AttentionTexts::normalisationDefinition(style_.normalisation, view_.shown));
    const QString meaning = view_.shown == Shown::CrossFrame ? AttentionTexts::temporalWeightDefinition()
                                                             : AttentionTexts::sharesDefinition();
    numbers_->setToolTip(meaning);
    numbers_->setAccessibleDescription(meaning);
    filling_ = false;
}

void AttentionPanel::takeChoices() {
    if (filling_) {
        return;
    }
    attention::View view = view_;
    view.shown = static_cast<Shown>(shown_->currentData().toInt());
    view.source = static_cast<AttentionSource>(source_->currentData().toInt());
    if (config_.layers > 0) {
        view.block = block_->currentData().toInt();
        view.head = head_->currentData().toInt();
        view = fitted(view, config_);
    }
    AttentionStyle style;
    style.colours = static_cast<Colours>(colours_->currentData().toInt());
    style.normalisation = static_cast<Normalisation>(normalisation_->currentData().toInt());
    style.smoothingSeconds = smoothing_->currentData().toInt() / 1000.0;
    style.strength = strength_->value() / 100.0;
    const bool otherView = !(view == view_);
    const bool otherStyle = !(style == style_);
    view_ = view;
    style_ = style;
    fillChoices();
    showChoices();
    if (otherStyle) {
        Q_EMIT styleChanged();
    }
    if (otherView) {
        Q_EMIT viewChanged();
    }
}

void AttentionPanel::setShown(const AttentionView& shown, const session::AttendedPicturePtr& attended) {
    bars_->setBars(barsOf(shown, style_));
    const auto percent = [](float share) { return QLocale().toString(static_cast<double>(share) * 100.0, 'f', 1); };
    QStringList lines;
    for (const attention::Layer& layer : shown.layers()) {
        // A query that gathers from a block, and a model without prefixes, share out nothing to them.
        if (layer.kind == attention::LayerKind::Adapted && layer.prefixShare > 0.0F) {
            lines.append(tr("%1: %2 % on the class token, %3 % on the prefixes, the rest on the patches")
                             .arg(AttentionTexts::layer(layer), percent(layer.classShare), percent(layer.prefixShare)));
        } else if (layer.kind == attention::LayerKind::Adapted || layer.kind == attention::LayerKind::Frozen) {
            lines.append(tr("%1: %2 % on the class token, the rest on the patches")
                             .arg(AttentionTexts::layer(layer), percent(layer.classShare)));
        } else if (layer.kind == attention::LayerKind::Difference) {
            lines.append(tr("%1: %2 on the class token, %3 on the prefixes")
                             .arg(AttentionTexts::layer(layer), AttentionTexts::value(layer, layer.classShare),
                                  AttentionTexts::value(layer, layer.prefixShare)));
        }
    }
    if (attended && view_.shown == Shown::CrossFrame && !shown.layers().empty()) {
        lines.append(tr("Learnt temporal weight: %1")
                         .arg(QLocale().toString(static_cast<double>(attended->temporalWeight), 'g', 3)));
    }
    const QString text = lines.join(QLatin1Char('\n'));
    if (numbers_->text() != text) {
        numbers_->setText(text);
        numbers_->setVisible(!text.isEmpty());
    }
}

void AttentionPanel::setNotice(const QString& text) {
    if (notice_->text() != text) {
        notice_->setText(text);
    }
    notice_->setVisible(!text.isEmpty());
}

void AttentionPanel::saveState(QSettings& store) const {
    store.setValue(settingsGroup + QStringLiteral("shown"), static_cast<int>(view_.shown));
    store.setValue(settingsGroup + QStringLiteral("source"), static_cast<int>(view_.source));
    store.setValue(settingsGroup + QStringLiteral("patch"), view_.patch);
    store.setValue(settingsGroup + QStringLiteral("colours"), static_cast<int>(style_.colours));
    store.setValue(settingsGroup + QStringLiteral("normalisation"), static_cast<int>(style_.normalisation));
    store.setValue(settingsGroup + QStringLiteral("smoothing"),
                   static_cast<int>(style_.smoothingSeconds * 1000.0 + 0.5));
    store.setValue(settingsGroup + QStringLiteral("strength"), static_cast<int>(style_.strength * 100.0 + 0.5));
}

void AttentionPanel::restoreState(const QSettings& store) {
    view_.shown = stored(store, "shown", allShown, view_.shown);
    view_.source = stored(store, "source", allSources, view_.source);
    view_.patch = std::max(0, store.value(settingsGroup + QStringLiteral("patch"), view_.patch).toInt());
    style_.colours = stored(store, "colours", allColours, style_.colours);
    style_.normalisation = stored(store, "normalisation", allNormalisations, style_.normalisation);
    style_.smoothingSeconds = stored(store, "smoothing", smoothingChoices, 200) / 1000.0;
    style_.strength = std::clamp(store.value(settingsGroup + QStringLiteral("strength"), 70).toInt(), 20, 100) / 100.0;
    if (config_.layers > 0) {
        view_ = fitted(view_, config_);
    }
    fillChoices();
    showChoices();
    Q_EMIT styleChanged();
    Q_EMIT viewChanged();
}

void AttentionPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QScrollArea::changeEvent(event);
}

void AttentionPanel::retranslate() {
    headings_[0]->setText(tr("What is shown"));
    headings_[1]->setText(tr("What the colours mean"));
    headings_[2]->setText(tr("Drawing"));
    const auto label = [](QFormLayout* layout, QWidget* field, const QString& text) {
        static_cast<QLabel*>(layout->labelForField(field))->setText(text);
        field->setAccessibleName(text);
    };
    label(what_, source_, tr("Attention of"));
    label(what_, block_, tr("Block"));
    label(what_, head_, tr("Head"));
    label(drawing_, colours_, tr("Colours"));
    label(drawing_, normalisation_, tr("Scale"));
    label(drawing_, smoothing_, tr("Smoothing in time"));
    label(drawing_, strength_, tr("Opacity"));
    shown_->setAccessibleName(headings_[0]->text());
    noCause_->setText(AttentionTexts::noCause());
    fillChoices();
    showChoices();
}

} // namespace livegloss::ui
