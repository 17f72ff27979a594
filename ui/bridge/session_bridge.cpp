#include "ui/bridge/session_bridge.h"

#include <algorithm>
#include <utility>

namespace livegloss::ui {

namespace {

constexpr int displayTickMs = 16;
constexpr int slowTickMs = 200;
constexpr int pollsAfterCommand = 60;

SnapshotPtr orEmpty(SnapshotPtr snapshot) {
    static const SnapshotPtr empty = [] {
        auto value = std::make_shared<session::Snapshot>();
        value->committed = std::make_shared<const std::vector<session::CaptionGloss>>();
        value->provisional = value->committed;
        return value;
    }();
    return snapshot ? snapshot : empty;
}

} // namespace

SessionBridge::SessionBridge(std::unique_ptr<Recogniser> recogniser, QObject* parent)
    : QObject(parent), recogniser_(std::move(recogniser)), snapshot_(orEmpty(recogniser_->snapshot())) {
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &SessionBridge::poll);
}

SessionBridge::~SessionBridge() = default;

void SessionBridge::open(const media::SourceRequest& source, bool startPaused) {
    const bool waits = source.kind == media::SourceKind::File || source.kind == media::SourceKind::TestPattern;
    playWhenLetGo_ = waits && holdsFiles_ && !startPaused;
    request_ = source;
    Q_EMIT sourceRequested();
    recogniser_->open(source, startPaused || playWhenLetGo_);
    expectChange();
}

void SessionBridge::holdFiles(bool hold) {
    holdsFiles_ = hold;
    const session::State state = snapshot_->state;
    if (!hold && std::exchange(playWhenLetGo_, false) && state != session::State::Failed) {
        recogniser_->play();
        expectChange();
    }
}

void SessionBridge::reopen() {
    if (request_) {
        open(*request_);
    }
}

void SessionBridge::close() {
    playWhenLetGo_ = false;
    request_.reset();
    Q_EMIT sourceRequested();
    recogniser_->close();
    expectChange();
}

void SessionBridge::play() {
    playWhenLetGo_ = false;
    const bool fromStart = snapshot_->state == session::State::Ended && snapshot_->source.seekable;
    const bool again = snapshot_->state == session::State::Failed || snapshot_->state == session::State::Ended;
    if (fromStart) {
        Q_EMIT jumped(MediaTime{0});
    } else if (again) {
        Q_EMIT sourceRequested();
    }
    recogniser_->play();
    expectChange();
}

void SessionBridge::pause() {
    playWhenLetGo_ = false;
    recogniser_->pause();
    expectChange();
}

void SessionBridge::togglePlaying() {
    if (isPlaying()) {
        pause();
    } else {
        play();
    }
}

void SessionBridge::stop() {
    playWhenLetGo_ = false;
    recogniser_->stop();
    expectChange();
}

void SessionBridge::seek(MediaTime time) {
    if (!snapshot_->source.seekable) {
        return;
    }
    MediaTime target = std::max(time, MediaTime{0});
    if (snapshot_->source.duration) {
        target = std::min(target, *snapshot_->source.duration);
    }
    Q_EMIT jumped(target);
    recogniser_->seek(target);
    expectChange();
}

void SessionBridge::step(int frames) {
    if (!snapshot_->source.seekable) {
        return;
    }
    playWhenLetGo_ = false;
    recogniser_->step(frames);
    expectChange();
}

void SessionBridge::setModel(engine::LoadedModelPtr model) {
    recogniser_->setModel(std::move(model));
    expectChange();
}

void SessionBridge::setSettings(const session::SessionSettings& settings) {
    settings_ = settings;
    recogniser_->setSettings(settings);
    expectChange();
}

void SessionBridge::poll() {
    const SnapshotPtr before = snapshot_;
    snapshot_ = orEmpty(recogniser_->snapshot());
    session::Picture picture = recogniser_->picture();
    const bool newPicture = picture.serial != picture_.serial || picture.frame != picture_.frame;
    picture_ = std::move(picture);
    fastPollsLeft_ = std::max(0, fastPollsLeft_ - 1);
    chooseInterval();

    if (newPicture) {
        Q_EMIT pictureChanged();
    }
    if (snapshot_ == before) {
        return;
    }
    if (snapshot_->state != before->state) {
        Q_EMIT stateChanged();
    }
    if (snapshot_->captionRevision != before->captionRevision || snapshot_->committed != before->committed ||
        snapshot_->provisional != before->provisional || snapshot_->offline != before->offline ||
        snapshot_->offlineRunning != before->offlineRunning) {
        Q_EMIT captionsChanged();
    }
    Q_EMIT snapshotChanged();
}

void SessionBridge::expectChange() {
    fastPollsLeft_ = pollsAfterCommand;
    chooseInterval();
}

void SessionBridge::chooseInterval() {
    using session::State;
    const State state = snapshot_->state;
    int interval = slowTickMs;
    if (state == State::Playing || state == State::Opening || fastPollsLeft_ > 0) {
        interval = displayTickMs;
    } else if (state == State::Idle ||
               (state == State::Failed && !snapshot_->source.live && !snapshot_->offlineRunning)) {
        interval = 0;
    }
    if (interval == 0) {
        timer_.stop();
    } else if (!timer_.isActive() || timer_.interval() != interval) {
        timer_.start(interval);
    }
}

} // namespace livegloss::ui
