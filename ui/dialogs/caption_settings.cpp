#include "ui/dialogs/caption_settings.h"

#include "ui/widgets/labels.h"

#include <QComboBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

#include <algorithm>

namespace livegloss::ui {

namespace {

QLabel* labelFor(QWidget* control) {
    auto* label = new QLabel(control->parentWidget());
    label->setBuddy(control);
    return label;
}

/// Families that people choose among: none that only programs use, and no signs instead of letters.
QStringList families() {
    QStringList all = QFontDatabase::families(QFontDatabase::Latin);
    all.removeIf([](const QString& family) { return QFontDatabase::isPrivateFamily(family); });
    return all;
}

} // namespace

CaptionSettings::CaptionSettings(Preferences& preferences, QWidget* parent)
    : QObject(parent),
      preferences_(preferences),
      heading_(wrappedLabel("heading", parent)),
      size_(new QSpinBox(parent)),
      font_(new QComboBox(parent)),
      colour_(new QComboBox(parent)),
      ground_(new QComboBox(parent)) {
    sizeLabel_ = labelFor(size_);
    fontLabel_ = labelFor(font_);
    colourLabel_ = labelFor(colour_);
    groundLabel_ = labelFor(ground_);
    size_->setRange(smallestCaption, largestCaption);
    size_->setSingleStep(4);
    size_->setObjectName(QStringLiteral("captionSize"));
    font_->setObjectName(QStringLiteral("captionFont"));
    font_->addItem(QString(), QString());
    for (const QString& family : families()) {
        font_->addItem(family, family);
    }
    font_->setMaxVisibleItems(16);
    font_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    colour_->setObjectName(QStringLiteral("captionColour"));
    colour_->addItems({QString(), QString(), QString(), QString()});
    ground_->setObjectName(QStringLiteral("captionGround"));
    ground_->addItems({QString(), QString(), QString()});
}

void CaptionSettings::addTo(QFormLayout* form) {
    form->addRow(heading_);
    form->addRow(sizeLabel_, size_);
    form->addRow(fontLabel_, font_);
    form->addRow(colourLabel_, colour_);
    form->addRow(groundLabel_, ground_);
}

void CaptionSettings::showValues() {
    const AppSettings& values = preferences_.values();
    size_->setValue(values.captionPixels);
    font_->setCurrentIndex(std::max(0, font_->findData(values.captionFont)));
    colour_->setCurrentIndex(static_cast<int>(values.captionColour));
    ground_->setCurrentIndex(static_cast<int>(values.captionGround));
}

void CaptionSettings::connectControls() {
    connect(size_, &QSpinBox::valueChanged, this,
            [this](int pixels) { preferences_.set(&AppSettings::captionPixels, pixels); });
    connect(font_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::captionFont, font_->itemData(index).toString()); });
    connect(colour_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::captionColour, static_cast<CaptionColour>(index)); });
    connect(ground_, &QComboBox::activated, this,
            [this](int index) { preferences_.set(&AppSettings::captionGround, static_cast<CaptionGround>(index)); });
}

void CaptionSettings::retranslate() {
    heading_->setText(tr("Captions"));
    sizeLabel_->setText(tr("&Size"));
    size_->setSuffix(tr(" px"));
    fontLabel_->setText(tr("Fo&nt"));
    font_->setItemText(0, tr("As the desktop"));
    colourLabel_->setText(tr("&Colour"));
    const QString colours[] = {tr("White"), tr("Yellow"), tr("Cyan"), tr("Green")};
    for (int index = 0; index < colour_->count(); ++index) {
        colour_->setItemText(index, colours[index]);
    }
    groundLabel_->setText(tr("Back&ground"));
    const QString grounds[] = {tr("Nearly black"), tr("Black"), tr("Dark blue")};
    for (int index = 0; index < ground_->count(); ++index) {
        ground_->setItemText(index, grounds[index]);
    }
    for (auto [control, label] : {std::pair<QWidget*, QLabel*>{size_, sizeLabel_},
                                  {font_, fontLabel_},
                                  {colour_, colourLabel_},
                                  {ground_, groundLabel_}}) {
        control->setAccessibleName(label->text().remove(QLatin1Char('&')));
    }
}

} // namespace livegloss::ui
