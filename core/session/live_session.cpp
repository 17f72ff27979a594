#include "session/live_session.h"

#include "frame_intake.h"
#include "picture_board.h"
#include "player.h"
#include "recognition_worker.h"
#include "session_state.h"
#include "statistics_meter.h"

#include <string>
#include <utility>

namespace livegloss::session {

/// Members end in the opposite order: first the threads that feed, then the one that recognises.
class LiveSession::Impl {
public:
    explicit Impl(const SessionParts& parts)
        : statistics(parts.clock),
          intake(statistics, parts.backlogBytes),
          worker(intake, state, board, statistics, parts),
          player(parts, state, board, intake, statistics) {}

    SessionState state;
    PictureBoard board;
    StatisticsMeter statistics;
    FrameIntake intake;
    RecognitionWorker worker;
    Player player;
};

LiveSession::LiveSession(std::shared_ptr<const Clock> clock) {
    SessionParts parts;
    parts.clock = std::move(clock);
    impl_ = std::make_unique<Impl>(parts);
}

LiveSession::LiveSession(SessionParts parts) : impl_(std::make_unique<Impl>(parts)) {}

LiveSession::~LiveSession() = default;

void LiveSession::open(const media::SourceRequest& source, bool startPaused) {
    impl_->player.open(source, startPaused);
}

void LiveSession::setModel(engine::LoadedModelPtr model) {
    const bool recognises = model != nullptr;
    const std::uint64_t epoch = impl_->state.beginModel(engine::computeDevice(model));
    impl_->board.dropAttention(epoch);
    impl_->intake.setModel(std::move(model), epoch);
    if (recognises) {
        impl_->player.restartRecognition();
    }
}

void LiveSession::setSettings(const SessionSettings& settings) {
    impl_->board.setAttentionVisible(settings.attention);
    impl_->worker.setAttentionWanted(settings.attention);
    impl_->worker.setView(settings.view);
    impl_->intake.setSettings(settings);
    impl_->player.setPlayback(settings.loop, settings.rate, settings.readAheadFrames);
}

void LiveSession::play() {
    impl_->player.play();
}

void LiveSession::pause() {
    impl_->player.pause();
}

void LiveSession::stop() {
    impl_->player.stop();
}

void LiveSession::seek(MediaTime time) {
    impl_->player.seek(time);
}

void LiveSession::step(int frames) {
    impl_->player.step(frames);
}

void LiveSession::close() {
    impl_->player.close();
}

std::shared_ptr<const Snapshot> LiveSession::snapshot() const {
    auto snapshot = std::make_shared<Snapshot>(impl_->state.read());
    snapshot->position = impl_->board.position();
    engine::ComputeDevice device = std::move(snapshot->statistics.device);
    snapshot->statistics = impl_->statistics.read();
    snapshot->statistics.backlog = impl_->intake.backlog();
    snapshot->statistics.pattern = impl_->intake.pattern();
    snapshot->statistics.modelFps = impl_->intake.modelFps();
    snapshot->statistics.device = std::move(device);
    return snapshot;
}

Picture LiveSession::picture() const {
    return impl_->board.picture();
}

} // namespace livegloss::session
