#include "ui/attention/attention_over_time.h"

#include "vision/face_detector.h"

#include <algorithm>

namespace livegloss::ui {

namespace {
constexpr MediaTime pathLength = std::chrono::seconds(1);
}

AttentionOverTime::AttentionOverTime(AttentionView& view, SessionBridge& bridge, QObject* parent)
    : QObject(parent),
      bridge_(bridge),
      panel_(new OverTimePanel),
      regions_(new RegionPanel),
      marks_(new VideoMarks(view)),
      gloss_(new GlossPanel) {
    regions_->setChoices(false, !vision::installedFaceCascade().empty(), false);
    connect(panel_, &OverTimePanel::seekRequested, &bridge_, &SessionBridge::seek);
    connect(gloss_, &GlossPanel::momentChosen, &bridge_, &SessionBridge::seek);
    connect(panel_, &OverTimePanel::momentsChanged, this, &AttentionOverTime::updatePath);
    connect(regions_, &RegionPanel::originChanged, this, &AttentionOverTime::updateRegions);
    connect(regions_, &RegionPanel::drawingAsked, marks_, &VideoMarks::setDrawing);
    connect(regions_, &RegionPanel::placingAsked, marks_, &VideoMarks::placeRegion);
    connect(regions_, &RegionPanel::removalAsked, this, [this] {
        marks_->setRegion(std::nullopt);
        updateRegions();
    });
    connect(regions_, &RegionPanel::pathToggled, this, &AttentionOverTime::updatePath);
    connect(marks_, &VideoMarks::regionChanged, this, &AttentionOverTime::updateRegions);
    connect(marks_, &VideoMarks::drawingEnded, this, [this] { regions_->setDrawing(false); });
    connect(&bridge_, &SessionBridge::captionsChanged, this, &AttentionOverTime::updateGlosses);
}

void AttentionOverTime::setModel(const engine::LoadedModelPtr& model) {
    panel_->setModel(model);
    gloss_->setModel(model);
}

void AttentionOverTime::setView(const attention::View& view, const AttentionStyle& style) {
    panel_->setView(view);
    gloss_->setView(view, style);
}

void AttentionOverTime::updateSource() {
    const auto& request = bridge_.request();
    const session::Snapshot& snapshot = bridge_.snapshot();
    const bool isFile = request && request->kind == media::SourceKind::File;
    OverTimePanel::Clip clip;
    clip.file = isFile ? std::optional<std::filesystem::path>(request->location) : std::nullopt;
    clip.name = QString::fromStdString(snapshot.source.name);
    clip.duration = snapshot.source.duration.value_or(MediaTime{0});
    clip.seekable = snapshot.source.seekable;
    const QString source = request ? QString::fromStdString(request->location) : QString();
    if (source != source_) {
        source_ = source;
        marks_->setRegion(std::nullopt);
        panel_->setClip(clip);
        regions_->setChoices(isFile && attention::hasTruth(request->location), !vision::installedFaceCascade().empty(),
                             isFile);
        updateRegions();
    }
    panel_->setClip(clip);
    gloss_->setClip(clip.file, clip.name);
    updateGlosses();
}

void AttentionOverTime::updatePicture() {
    panel_->setPicture(bridge_.picture());
    updatePath();
}

void AttentionOverTime::updateRegions() {
    regions_->setHasRegion(marks_->region().has_value());
    panel_->setRegions(regions_->source(), marks_->region());
}

void AttentionOverTime::updateGlosses() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    if (snapshot.captionRevision != captions_ || panel_->values().glosses.empty()) {
        captions_ = snapshot.captionRevision;
        const session::CaptionList& list = snapshot.offline ? snapshot.offline : snapshot.committed;
        if (list && !(list->empty() && panel_->values().glosses.empty())) {
            panel_->setGlosses(*list);
            gloss_->setGlosses(*list);
        }
    }
}

void AttentionOverTime::updatePath() {
    std::vector<attention::PicturePoint> path;
    if (regions_->showsPath() && bridge_.picture().frame) {
        const MediaTime now = bridge_.picture().position;
        const std::vector<attention::Moment>& moments = panel_->values().moments;
        auto moment = std::ranges::lower_bound(moments, now - pathLength, {}, &attention::Moment::time);
        for (; moment != moments.end() && moment->time <= now; ++moment) {
            if (moment->centre) {
                path.push_back(*moment->centre);
            }
        }
    }
    marks_->setPath(path);
}

void AttentionOverTime::saveState(QSettings& store) const {
    panel_->saveState(store);
    regions_->saveState(store);
}

void AttentionOverTime::restoreState(const QSettings& store) {
    panel_->restoreState(store);
    regions_->restoreState(store);
}

} // namespace livegloss::ui
