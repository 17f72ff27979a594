#include "ui/attention/region_panel.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/sheets/over_time_chart.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/labels.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>

#include <algorithm>

namespace livegloss::ui {

namespace {

using attention::RegionOrigin;
using attention::RegionSource;

const QString pathKey = QStringLiteral("attentionOverTime/path");
const QString cascadeKey = QStringLiteral("attentionOverTime/faceDetector");
const QString ownKey = QStringLiteral("attentionOverTime/ownDetector");
const QString detectorKey = QStringLiteral("attentionOverTime/detectorFile");
constexpr RegionOrigin allOrigins[] = {RegionOrigin::None, RegionOrigin::Truth, RegionOrigin::FaceDetector,
                                       RegionOrigin::OwnDetector};

QString askForDetector(QWidget* parent, const QString& lastFile) {
    return askForFile(parent, RegionPanel::tr("Choose a Detector of Hands and Face"),
                      RegionPanel::tr("Detectors (*.onnx)"), folderOf(lastFile), QStandardPaths::DocumentsLocation);
}

} // namespace

RegionPanel::RegionPanel(QWidget* parent)
    : QWidget(parent),
      choose_(askForDetector),
      check_(attention::checkDetector),
      heading_(wrappedLabel("heading")),
      draw_(new QPushButton),
      remove_(new QPushButton),
      originLabel_(wrappedLabel("")),
      originBox_(new QComboBox),
      chooseDetector_(new QPushButton),
      note_(wrappedLabel("muted")),
      explanation_(wrappedLabel("muted")),
      path_(new QCheckBox),
      pathExplanation_(wrappedLabel("muted")) {
    build();
    draw_->installEventFilter(this);
    connect(draw_, &QPushButton::clicked, this, [this](bool draw) {
        if (!byKeyboard_) {
            Q_EMIT drawingAsked(draw);
            return;
        }
        draw_->setChecked(false);
        Q_EMIT placingAsked();
    });
    connect(remove_, &QPushButton::clicked, this, &RegionPanel::removalAsked);
    connect(path_, &QCheckBox::toggled, this, &RegionPanel::pathToggled);
    connect(chooseDetector_, &QPushButton::clicked, this, &RegionPanel::chooseDetector);
    connect(originBox_, &QComboBox::activated, this, [this] {
        wanted_ = static_cast<RegionOrigin>(originBox_->currentData().toInt());
        setNote({}, false);
        take(wanted_);
    });
    retranslate();
}

void RegionPanel::build() {
    setObjectName(QStringLiteral("regionPanel"));
    draw_->setObjectName(QStringLiteral("drawRegion"));
    remove_->setObjectName(QStringLiteral("removeRegion"));
    chooseDetector_->setObjectName(QStringLiteral("chooseDetector"));
    draw_->setCheckable(true);
    remove_->setEnabled(false);
    note_->hide();
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
    column->addWidget(chooseDetector_, 0, Qt::AlignLeft);
    column->addWidget(note_);
    column->addWidget(path_);
    column->addWidget(pathExplanation_);
}

void RegionPanel::setServices(ChooseFile choose, Check check) {
    choose_ = std::move(choose);
    check_ = std::move(check);
}

void RegionPanel::setChoices(bool truth, bool cascade, bool file) {
    truth_ = truth;
    cascade_ = cascade;
    file_ = file;
    tellMissingDetector();
    fill();
    take(truth_ ? RegionOrigin::Truth : offers(wanted_) ? wanted_ : RegionOrigin::None);
}

bool RegionPanel::offers(RegionOrigin origin) const {
    switch (origin) {
    case RegionOrigin::None:
        return true;
    case RegionOrigin::Truth:
        return truth_;
    case RegionOrigin::FaceDetector:
        return file_ && cascade_;
    case RegionOrigin::OwnDetector:
        break;
    }
    return file_ && !detector_.isEmpty() && !detectorMissing_;
}

void RegionPanel::take(RegionOrigin origin) {
    RegionSource source{origin, {}};
    if (origin == RegionOrigin::OwnDetector) {
        source.detector = detector_.toStdString();
    }
    const bool changed = source != source_;
    source_ = source;
    originBox_->setCurrentIndex(std::max(0, originBox_->findData(static_cast<int>(origin))));
    explanation_->setText(origin != RegionOrigin::None || truth_ ? OverTimeTexts::originDefinition(source)
                          : !file_ ? tr("Hands and face are looked for in video files only. A region of your own can "
                                        "be drawn on any video.")
                          : !cascade_ ? tr("To have the face found, install the package opencv-data. A region of your "
                                           "own can always be drawn on the video.")
                                      : OverTimeTexts::originDefinition(source));
    if (changed) {
        Q_EMIT originChanged();
    }
}

void RegionPanel::chooseDetector() {
    const QString path = choose_(this, detector_);
    if (path.isEmpty()) {
        return;
    }
    chooseDetector_->setEnabled(false);
    setNote(tr("Trying out %1…").arg(QFileInfo(path).fileName()), false);
    runInBackground(
        this, [check = check_, file = std::filesystem::path(path.toStdString())] { return check(file); },
        [this, path](const Result<attention::DetectorParts>& checked) { takeDetector(path, checked); });
}

void RegionPanel::takeDetector(const QString& path, const Result<attention::DetectorParts>& checked) {
    chooseDetector_->setEnabled(true);
    if (!checked) {
        setNote(withHint(checked.error()), true);
        return;
    }
    const QString name = QFileInfo(path).fileName();
    detector_ = path;
    detectorMissing_ = false;
    wanted_ = RegionOrigin::OwnDetector;
    fill();
    take(RegionOrigin::None); // what was measured with the same file before it changed does not stay
    take(offers(wanted_) ? wanted_ : RegionOrigin::None);
    setNote(!checked->face    ? tr("%1 finds hands, but no faces.").arg(name)
            : !checked->hands ? tr("%1 finds faces, but no hands.").arg(name)
                              : tr("%1 finds hands and faces.").arg(name),
            false);
}

/// Its path is kept: the drive that it lies on may come back.
void RegionPanel::tellMissingDetector() {
    const bool missing = !detector_.isEmpty() && !QFileInfo(detector_).isFile();
    if (missing == detectorMissing_) {
        return;
    }
    detectorMissing_ = missing;
    if (missing && wanted_ == RegionOrigin::OwnDetector) {
        setNote(tr("The detector %1 is no longer there. Choose it anew.").arg(detector_), true);
    } else if (!missing) {
        setNote({}, false);
    }
}

void RegionPanel::setNote(const QString& text, bool warning) {
    note_->setProperty("role", warning ? QStringLiteral("warning") : QStringLiteral("muted"));
    note_->setStyleSheet(QStringLiteral("/**/")); // takes up the role
    note_->setText(text);
    note_->setVisible(!text.isEmpty());
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
    for (const RegionOrigin origin : allOrigins) {
        if (offers(origin)) {
            const RegionSource source{origin, detector_.toStdString()};
            originBox_->addItem(OverTimeTexts::origin(source), static_cast<int>(origin));
            originBox_->setItemData(originBox_->count() - 1, OverTimeTexts::originDefinition(source), Qt::ToolTipRole);
        }
    }
}

void RegionPanel::saveState(QSettings& store) const {
    store.setValue(pathKey, path_->isChecked());
    store.setValue(cascadeKey, wanted_ == RegionOrigin::FaceDetector);
    store.setValue(ownKey, wanted_ == RegionOrigin::OwnDetector);
    store.setValue(detectorKey, detector_);
}

void RegionPanel::restoreState(const QSettings& store) {
    path_->setChecked(store.value(pathKey, false).toBool());
    detector_ = store.value(detectorKey).toString();
    const bool own = store.value(ownKey, false).toBool();
    wanted_ = store.value(cascadeKey, false).toBool() ? RegionOrigin::FaceDetector
              : own                                   ? RegionOrigin::OwnDetector
                                                      : RegionOrigin::None;
    setChoices(truth_, cascade_, file_);
}

/// Without a mouse nothing can be dragged.
bool RegionPanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress || event->type() == QEvent::MouseButtonPress) {
        byKeyboard_ = event->type() == QEvent::KeyPress;
    }
    return QWidget::eventFilter(watched, event);
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
                         "keys, with and without Shift. By keyboard, this button puts one into the middle."));
    remove_->setText(tr("Remove"));
    originLabel_->setText(tr("Hands and face"));
    originBox_->setAccessibleName(tr("Hands and face"));
    chooseDetector_->setText(tr("Choose a Detector…"));
    chooseDetector_->setToolTip(tr("A network of your own that finds hands and face, as an ONNX file. The "
                                   "documentation, docs/attention.md, says which kinds are understood."));
    path_->setText(tr("Path of the weights across frames"));
    pathExplanation_->setText(
        tr("Where the centre of what the weights across frames emphasise went in the last second; "
           "known once the clip is measured, or while “Across frames” is shown."));
    fill();
    take(source_.origin);
}

} // namespace livegloss::ui
