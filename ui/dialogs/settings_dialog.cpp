#include "ui/dialogs/settings_dialog.h"

#include "engine/loaded_model.h"
#include "ui/dialogs/caption_settings.h"
#include "ui/settings/computing.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

/// `values` with what this dialog changes from `other`: a model that came meanwhile, say, stays chosen.
AppSettings withDialogValues(AppSettings values, const AppSettings& other) {
    values.captionPixels = other.captionPixels;
    values.captionFont = other.captionFont;
    values.captionColour = other.captionColour;
    values.captionGround = other.captionGround;
    values.stability = other.stability;
    values.windowFrames = other.windowFrames;
    values.strideFrames = other.strideFrames;
    values.minConfidence = other.minConfidence;
    values.computing = other.computing;
    values.device = other.device;
    values.framePattern = other.framePattern;
    values.skipSimilar = other.skipSimilar;
    values.theme = other.theme;
    values.language = other.language;
    values.singleKeys = other.singleKeys;
    return values;
}

} // namespace

SettingsDialog::SettingsDialog(Preferences& preferences, QWidget* parent)
    : QDialog(parent),
      preferences_(preferences),
      before_(preferences.values()),
      recognitionHeading_(wrappedLabel("heading", this)),
      lookHeading_(wrappedLabel("heading", this)),
      captions_(new CaptionSettings(preferences, this)),
      stability_(new QSlider(Qt::Horizontal, this)),
      fast_(wrappedLabel("muted", this)),
      stable_(wrappedLabel("muted", this)),
      stabilityNote_(wrappedLabel("muted", this)),
      window_(new QSpinBox(this)),
      stride_(new QSpinBox(this)),
      every_(wrappedLabel("muted", this)),
      confidence_(new QSpinBox(this)),
      confidenceNote_(wrappedLabel("muted", this)),
      computing_(new QComboBox(this)),
      computingNote_(wrappedLabel("muted", this)),
      device_(new QComboBox(this)),
      frames_(new QComboBox(this)),
      similar_(new QSpinBox(this)),
      framesNote_(wrappedLabel("muted", this)),
      theme_(new QComboBox(this)),
      language_(new QComboBox(this)),
      singleKeys_(new QCheckBox(this)),
      cancel_(new QPushButton(this)),
      close_(new QPushButton(this)) {
    setObjectName(QStringLiteral("settingsDialog"));
    build();
    retranslate();
    showValues();
    connectControls();
}

QLabel* SettingsDialog::addRow(QFormLayout* form, QWidget* control) {
    auto* label = new QLabel(this);
    label->setBuddy(control);
    form->addRow(label, control);
    return label;
}

void SettingsDialog::prepareControls() {
    confidence_->setRange(0, 95);
    confidence_->setSingleStep(5);
    confidence_->setSuffix(QStringLiteral(" %"));
    confidence_->setObjectName(QStringLiteral("minConfidence"));
    confidence_->setKeyboardTracking(false); // each change starts recognition anew
    stability_->setRange(0, 4);
    stability_->setPageStep(1);
    stability_->setTickPosition(QSlider::TicksBelow);
    stability_->setObjectName(QStringLiteral("stability"));
    computing_->setObjectName(QStringLiteral("computing"));
    computing_->addItems({QString(), QString(), QString(), QString()});
    computingNote_->setObjectName(QStringLiteral("computingNote"));
    device_->setObjectName(QStringLiteral("device"));
    device_->addItem(QString(), QString());
    device_->addItem(QString(), QStringLiteral("cpu"));
    for (const std::string& name : engine::otherDevices()) {
        device_->addItem(QString::fromStdString(name), QString::fromStdString(name));
    }
    frames_->setObjectName(QStringLiteral("framePattern"));
    frames_->addItems({QString(), QString(), QString(), QString()});
    similar_->setObjectName(QStringLiteral("skipSimilar"));
    similar_->setKeyboardTracking(false);
    similar_->setRange(0, mostSkipped);
    theme_->setObjectName(QStringLiteral("theme"));
    language_->setObjectName(QStringLiteral("language"));
    theme_->addItems({QString(), QString(), QString()});
    language_->addItem(QString(), QString());
    language_->addItem(QStringLiteral("English"), QStringLiteral("en"));
    language_->addItem(QStringLiteral("Deutsch"), QStringLiteral("de"));
}

void SettingsDialog::build() {
    prepareControls();
    page_ = new QWidget(this);
    auto* form = new QFormLayout(page_);
    form->setContentsMargins(0, 0, grid, 0);
    form->setHorizontalSpacing(2 * grid);
    form->setVerticalSpacing(grid);
    form->setLabelAlignment(Qt::AlignLeft);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    captions_->addTo(form);
    form->addItem(new QSpacerItem(1, grid));
    form->addRow(recognitionHeading_);
    addRecognition(form);
    form->addItem(new QSpacerItem(1, grid));
    form->addRow(lookHeading_);
    themeLabel_ = addRow(form, theme_);
    languageLabel_ = addRow(form, language_);
    form->addRow(nullptr, singleKeys_);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid);
    buttons->addStretch();
    buttons->addWidget(cancel_);
    buttons->addWidget(close_);
    close_->setDefault(true);
    close_->setProperty("primary", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 2 * grid);
    column->setSpacing(2 * grid);
    auto* scroll = new QScrollArea(this); // for screens that are lower than the settings
    scroll->setWidget(page_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(scroll, 1);
    column->addLayout(buttons);
    setMinimumWidth(58 * grid);
}

void SettingsDialog::addRecognition(QFormLayout* form) {
    auto* stabilityBox = new QWidget(this);
    auto* stabilityRow = new QHBoxLayout(stabilityBox);
    stabilityRow->setContentsMargins(0, 0, 0, 0);
    stabilityRow->setSpacing(grid);
    fast_->setWordWrap(false);
    stable_->setWordWrap(false);
    stabilityRow->addWidget(fast_);
    stabilityRow->addWidget(stability_, 1);
    stabilityRow->addWidget(stable_);

    stabilityLabel_ = addRow(form, stabilityBox);
    stabilityLabel_->setBuddy(stability_);
    form->addRow(nullptr, stabilityNote_);
    windowLabel_ = addRow(form, makeWindowRow());
    windowLabel_->setBuddy(window_);
    confidenceLabel_ = addRow(form, confidence_);
    form->addRow(nullptr, confidenceNote_);
    computingLabel_ = addRow(form, computing_);
    form->addRow(nullptr, computingNote_);
    deviceLabel_ = addRow(form, device_);
    // Nothing to choose where there is only the processor.
    const bool hasChoice = device_->count() > 2;
    device_->setVisible(hasChoice);
    deviceLabel_->setVisible(hasChoice);
    framesLabel_ = addRow(form, frames_);
    similarLabel_ = addRow(form, similar_);
    form->addRow(nullptr, framesNote_);
}

/// "64 frames, every 8 frames".
QWidget* SettingsDialog::makeWindowRow() {
    window_->setObjectName(QStringLiteral("windowFrames"));
    window_->setRange(shortestWindow, longestWindow);
    window_->setSingleStep(8);
    stride_->setObjectName(QStringLiteral("strideFrames"));
    stride_->setRange(0, longestStride);
    stride_->setSingleStep(4);
    every_->setWordWrap(false);
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(grid);
    row->addWidget(window_, 1);
    row->addWidget(every_);
    row->addWidget(stride_, 1);
    return box;
}

void SettingsDialog::showValues() {
    const AppSettings& values = preferences_.values();
    captions_->showValues();
    stability_->setValue(values.stability);
    window_->setValue(values.windowFrames);
    stride_->setValue(values.strideFrames);
    confidence_->setValue(values.minConfidence);
    computing_->setCurrentIndex(static_cast<int>(values.computing));
    device_->setCurrentIndex(std::max(0, device_->findData(values.device)));
    frames_->setCurrentIndex(values.framePattern);
    similar_->setValue(values.skipSimilar);
    theme_->setCurrentIndex(static_cast<int>(values.theme));
    language_->setCurrentIndex(std::max(0, language_->findData(values.language)));
    singleKeys_->setChecked(values.singleKeys);
}

void SettingsDialog::connectControls() {
    captions_->connectControls();
    connect(stability_, &QSlider::valueChanged, this,
            [this](int level) { preferences_.set(&AppSettings::stability, level); });
    for (auto [box, member] : {std::pair{window_, &AppSettings::windowFrames}, {stride_, &AppSettings::strideFrames}}) {
        box->setKeyboardTracking(false); // each change starts recognition anew
        connect(box, &QSpinBox::valueChanged, this, [this, member](int frames) { preferences_.set(member, frames); });
    }
    connect(confidence_, &QSpinBox::valueChanged, this,
            [this](int percent) { preferences_.set(&AppSettings::minConfidence, percent); });
    connect(computing_, &QComboBox::activated, this, [this](int index) {
        preferences_.set(&AppSettings::computing, static_cast<Computing>(index));
        computingNote_->setText(computingText(static_cast<Computing>(index)));
    });
    connect(device_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::device, device_->itemData(index).toString()); });
    connect(frames_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::framePattern, index); });
    connect(similar_, &QSpinBox::valueChanged, this,
            [this](int levels) { preferences_.set(&AppSettings::skipSimilar, levels); });
    connect(theme_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::theme, static_cast<ThemeChoice>(index)); });
    connect(language_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::language, language_->itemData(index).toString()); });
    connect(singleKeys_, &QCheckBox::toggled, this,
            [this](bool enabled) { preferences_.set(&AppSettings::singleKeys, enabled); });
    connect(cancel_, &QPushButton::clicked, this, &SettingsDialog::reject);
    connect(close_, &QPushButton::clicked, this, &QDialog::accept);
}

void SettingsDialog::reject() {
    preferences_.set(withDialogValues(preferences_.values(), before_));
    QDialog::reject();
}

void SettingsDialog::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
        fitTexts();
    }
    QDialog::changeEvent(event);
}

void SettingsDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    fitTexts();
}

/// Notes break into more lines in some languages, which the size that a dialog gets by itself does not foresee.
void SettingsDialog::fitTexts() {
    layout()->activate();
    const QMargins around = layout()->contentsMargins();
    const int page = page_->layout()->totalHeightForWidth(width() - around.left() - around.right());
    const int needed = page + layout()->spacing() + close_->sizeHint().height() + around.top() + around.bottom();
    constexpr int titleBar = 5 * grid;
    resize(width(), std::min(std::max(height(), needed), screen()->availableGeometry().height() - titleBar));
}

void SettingsDialog::retranslateRecognition() {
    stabilityLabel_->setText(tr("C&ommit glosses"));
    stability_->setAccessibleName(tr("Commit glosses, from fast to stable"));
    fast_->setText(tr("fast"));
    stable_->setText(tr("stable"));
    stabilityNote_->setText(tr("Fast shows final glosses sooner; stable makes fewer mistakes."));
    windowLabel_->setText(tr("Look &back on"));
    window_->setSuffix(tr(" frames"));
    window_->setToolTip(tr("The temporal head decodes this many of the newest frames together."));
    every_->setText(tr("every"));
    stride_->setSuffix(tr(" frames"));
    stride_->setSpecialValueText(tr("0.32 s"));
    stride_->setToolTip(
        tr("How many new frames it waits for between two decodes. 0.32 s are 8 frames at 25 a second."));
    stride_->setAccessibleName(tr("New frames between two decodes"));
    confidenceLabel_->setText(tr("Confidence &from"));
    confidenceNote_->setText(
        tr("Glosses below this stay out of the captions. Beside a sure gloss, a quarter of this value is enough."));
    computingLabel_->setText(tr("Com&puting"));
    const QString ways[] = {tr("Automatic"), tr("Fast, f32"), tr("Fast, bf16"), tr("Reference, f32")};
    for (int index = 0; index < computing_->count(); ++index) {
        computing_->setItemText(index, ways[index]);
    }
    computingNote_->setText(computingText(preferences_.values().computing));
    deviceLabel_->setText(tr("&Device"));
    device_->setItemText(0, tr("Automatic"));
    device_->setItemText(1, tr("CPU"));
    framesLabel_->setText(tr("F&rames"));
    const QString patterns[] = {tr("Automatic"), tr("Every frame"), tr("Every 2nd frame"), tr("Every 3rd frame")};
    for (int index = 0; index < frames_->count(); ++index) {
        frames_->setItemText(index, patterns[index]);
    }
    frames_->setToolTip(tr("Automatic: of cameras and streams as many as this computer can, of files all."));
    similarLabel_->setText(tr("S&kip similar"));
    similar_->setSpecialValueText(tr("off"));
    similar_->setSuffix(tr(" of 255 grey levels"));
    similar_->setToolTip(
        tr("A frame takes the results of the one before when no part of the picture has changed more."));
    framesNote_->setText(tr("Fewer frames suit a slow computer, and cost accuracy."));
}

void SettingsDialog::retranslate() {
    setWindowTitle(tr("Settings"));
    captions_->retranslate();
    recognitionHeading_->setText(tr("Recognition"));
    lookHeading_->setText(tr("Look and keys"));
    retranslateRecognition();
    themeLabel_->setText(tr("&Theme"));
    theme_->setItemText(0, tr("As the desktop"));
    theme_->setItemText(1, tr("Light"));
    theme_->setItemText(2, tr("Dark"));
    languageLabel_->setText(tr("&Language"));
    language_->setItemText(0, tr("As the desktop"));
    singleKeys_->setText(tr("Shortcuts of a &single letter or sign"));
    cancel_->setText(tr("Cancel"));
    close_->setText(tr("Close"));
    for (auto [control, label] : {std::pair<QWidget*, QLabel*>{window_, windowLabel_},
                                  {confidence_, confidenceLabel_},
                                  {computing_, computingLabel_},
                                  {device_, deviceLabel_},
                                  {frames_, framesLabel_},
                                  {similar_, similarLabel_},
                                  {theme_, themeLabel_},
                                  {language_, languageLabel_}}) {
        control->setAccessibleName(label->text().remove(QLatin1Char('&')));
    }
}

} // namespace livegloss::ui
