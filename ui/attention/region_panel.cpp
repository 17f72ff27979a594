#include "ui/attention/region_panel.h"

#include "ui/sheets/over_time_chart.h"
#include "ui/style/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>

#include <algorithm>

namespace livegloss::ui {

namespace {

using attention::RegionOrigin;

const QString pathKey = QStringLiteral("attentionOverTime/path");
const QString originKey = QStringLiteral("attentionOverTime/faceDetector");

QLabel* wrapped(const char* role) {
    auto* label = new QLabel;
    label->setWordWrap(true);
    label->setProperty("role", QString::fromLatin1(role));
    return label;
}

} // namespace

RegionPanel::RegionPanel(QWidget* parent)
    : QWidget(parent),
      heading_(wrapped("heading")),
      draw_(new QPushButton),
      remove_(new QPushButton),
      originLabel_(wrapped("")),
      originBox_(new QComboBox),
      explanation_(wrapped("muted")),
      path_(new QCheckBox),
      pathExplanation_(wrapped("muted")) {
    setObjectName(QStringLiteral("regionPanel"));
    draw_->setObjectName(QStringLiteral("drawRegion"));
    remove_->setObjectName(QStringLiteral("removeRegion"));
    draw_->setCheckable(true);
    remove_->setEnabled(false);
    originBox_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    originBox_->setMinimumContentsLength(12);
    originLabel_->setBuddy(originBox_);
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    row->addWidget(draw_);
    row->addWidget(remove_);
    row->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, grid, 0, 0);
    column->setSpacing(grid);
    column->addWidget(heading_);
    column->addLayout(row);
    column->addWidget(originLabel_);
    column->addWidget(originBox_);
    column->addWidget(explanation_);
    column->addWidget(path_);
    column->addWidget(pathExplanation_);
    connect(draw_, &QPushButton::clicked, this, &RegionPanel::drawingAsked);
    connect(remove_, &QPushButton::clicked, this, &RegionPanel::removalAsked);
    connect(path_, &QCheckBox::toggled, this, &RegionPanel::pathToggled);
    connect(originBox_, &QComboBox::activated, this, [this] {
        wanted_ = static_cast<RegionOrigin>(originBox_->currentData().toInt());
        take(wanted_);
    });
    retranslate();
}

void RegionPanel::setChoices(bool truth, bool detector) {
    truth_ = truth;
    detector_ = detector;
    fill();
    const bool keeps = wanted_ == RegionOrigin::FaceDetector && detector_;
    take(truth_ ? RegionOrigin::Truth : keeps ? wanted_ : RegionOrigin::None);
}

void RegionPanel::take(RegionOrigin origin) {
    const bool changed = origin != origin_;
    origin_ = origin;
    originBox_->setCurrentIndex(std::max(0, originBox_->findData(static_cast<int>(origin))));
    explanation_->setText(origin == RegionOrigin::None && !detector_ && !truth_
                              ? tr("To have the face found, install the package opencv-data. A region of your own can "
                                   "always be drawn on the video.")
                              : OverTimeTexts::originDefinition(origin));
    if (changed) {
        Q_EMIT originChanged();
    }
}

void RegionPanel::setDrawing(bool drawing) {
    draw_->setChecked(drawing);
}

void RegionPanel::setHasRegion(bool has) {
    remove_->setEnabled(has);
    draw_->setText(has ? tr("Draw Anew") : tr("Draw a Region"));
}

bool RegionPanel::showsPath() const {
    return path_->isChecked();
}

void RegionPanel::fill() {
    originBox_->clear();
    for (const RegionOrigin origin : {RegionOrigin::None, RegionOrigin::Truth, RegionOrigin::FaceDetector}) {
        const bool there = origin == RegionOrigin::None || (origin == RegionOrigin::Truth ? truth_ : detector_);
        if (there) {
            originBox_->addItem(OverTimeTexts::origin(origin), static_cast<int>(origin));
            originBox_->setItemData(originBox_->count() - 1, OverTimeTexts::originDefinition(origin), Qt::ToolTipRole);
        }
    }
}

void RegionPanel::saveState(QSettings& store) const {
    store.setValue(pathKey, path_->isChecked());
    store.setValue(originKey, wanted_ == RegionOrigin::FaceDetector);
}

void RegionPanel::restoreState(const QSettings& store) {
    path_->setChecked(store.value(pathKey, false).toBool());
    wanted_ = store.value(originKey, false).toBool() ? RegionOrigin::FaceDetector : RegionOrigin::None;
    setChoices(truth_, detector_);
}

void RegionPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void RegionPanel::retranslate() {
    heading_->setText(tr("Regions"));
    setHasRegion(remove_->isEnabled());
    draw_->setToolTip(tr("Drag a rectangle on the video. Its edges resize it and its name moves it; so do the arrow "
                         "keys, with and without Shift."));
    remove_->setText(tr("Remove"));
    originLabel_->setText(tr("Hands and face"));
    originBox_->setAccessibleName(tr("Hands and face"));
    path_->setText(tr("Path of the weights across frames"));
    pathExplanation_->setText(
        tr("Where the centre of what the weights across frames emphasise went in the last second; "
           "known once the clip is measured, or while “Across frames” is shown."));
    fill();
    take(origin_);
}

} // namespace livegloss::ui
