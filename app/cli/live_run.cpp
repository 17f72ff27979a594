#include "live_run.h"

#include "commands.h"
#include "process_time.h"
#include "session/offline_recogniser.h"
#include "terminal.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace livegloss::cli {

namespace {

/// The clip's time now: that of the picture on show, and how long it has been there.
class ClipTime {
public:
    double at(const session::Snapshot& snapshot, std::uint64_t pictureSerial) {
        if (pictureSerial != serial_ || snapshot.position != position_) {
            const bool moved = snapshot.position != position_;
            serial_ = pictureSerial;
            position_ = snapshot.position;
            since_ = moved ? std::chrono::steady_clock::now() : since_;
        }
        const double period = snapshot.source.fps > 0.0 ? 1.0 / snapshot.source.fps : 0.04;
        return toSeconds(position_) + std::min(secondsSince(since_), period);
    }

private:
    std::uint64_t serial_ = 0;
    MediaTime position_{-1};
    SteadyTime since_{};
};

void takeEnd(const session::Snapshot& last, LiveRunResult& result) {
    if (last.offline) {
        result.offline = *last.offline;
    }
    const session::Statistics& counts = last.statistics;
    result.frames = {counts.captured, counts.encoded, counts.reused, counts.interpolated,
                     counts.droppedOverload + counts.droppedSource};
    result.source = last.source;
    result.lostFrames = counts.droppedSource;
    result.endsEarly = last.endsEarly;
    result.failure = last.error;
}

} // namespace

LiveRunResult runInRealTime(const LiveRunOptions& options, const engine::LoadedModelPtr& model,
                            const std::function<void(const LiveView&)>& show) {
    const auto start = std::chrono::steady_clock::now();
    LiveRunResult result;
    session::LiveSession session;
    session.setSettings(options.settings);
    session.setModel(model);
    session.open(options.source);
    ClipTime clipTime;
    bool stopping = false;
    for (;;) {
        const auto snapshot = session.snapshot();
        LiveView view;
        view.nowSeconds = clipTime.at(*snapshot, session.picture().serial);
        view.newlyCommitted = result.events.observe(*snapshot->committed, *snapshot->provisional, view.nowSeconds);
        view.provisional = *snapshot->provisional;
        view.notSure = snapshot->notSure;
        view.cannotKeepUp = snapshot->statistics.cannotKeepUp;
        view.pattern = snapshot->statistics.pattern;
        view.modelFps = snapshot->statistics.modelFps;
        result.coarsestPattern = std::max(result.coarsestPattern, view.pattern.every);
        const bool running = snapshot->state == session::State::Playing || snapshot->state == session::State::Opening;
        // What ends the run is told once, by the exception.
        view.notice = running && snapshot->error           ? snapshot->error->message
                      : running && snapshot->deviceFailure ? snapshot->deviceFailure->message
                                                           : std::string();
        show(view);
        if (running) {
            result.statistics = snapshot->statistics;
            result.source = snapshot->source;
        } else if (snapshot->error && snapshot->statistics.captured == 0) {
            throw CommandFailure{*snapshot->error};
        } else if (!snapshot->offlineRunning) {
            takeEnd(*snapshot, result);
            result.wallSeconds = secondsSince(start);
            return result;
        }
        const bool enough = options.maxSeconds > 0.0 && toSeconds(snapshot->position) >= options.maxSeconds;
        if (running && !stopping && (interrupted() || enough)) {
            stopping = true;
            session.stop();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

LiveRunResult runFast(const LiveRunOptions& options, const engine::LoadedModelPtr& model,
                      const std::function<void(const LiveView&)>& show) {
    const auto start = std::chrono::steady_clock::now();
    LiveRunResult result;
    std::vector<session::CaptionGloss> committed;
    session::OfflineOptions offline;
    offline.clip.online = true;
    offline.clip.batchFrames = 1;
    offline.clip.framePattern = options.settings.framePattern;
    offline.clip.skipSimilar = options.settings.skipSimilar;
    offline.clip.stream.window = {options.settings.windowFrames, options.settings.strideFrames};
    offline.clip.stream.stability = options.settings.stability;
    offline.clip.stream.minConfidence = options.settings.minConfidence;
    offline.clip.offline.minConfidence = options.settings.minConfidence;
    offline.clip.onCaptions = [&](const session::CaptionUpdate& update) {
        committed.insert(committed.end(), update.committed.begin(), update.committed.end());
        LiveView view;
        view.nowSeconds = toSeconds(update.newestFrame);
        view.newlyCommitted = result.events.observe(committed, update.provisional, view.nowSeconds);
        view.provisional = update.provisional;
        view.notSure = update.notSure;
        show(view);
    };
    offline.cancelled = [] { return interrupted(); };
    offline.maxSeconds = options.maxSeconds;
    offline.keepPart = true;
    session::OfflineResult recognised = valueOrFail(session::recogniseOffline(options.source, model, offline));
    const int stride = model::temporalLayout(model->config().convType).stride;
    result.offline = session::markChanges(recognised.clip.committed, recognised.clip.offline,
                                          fromSeconds(stride / std::max(1.0, model->config().fps)));
    result.frames = recognised.clip.frames;
    result.coarsestPattern = std::max(1, options.settings.framePattern);
    result.source = recognised.source;
    result.lostFrames = recognised.clip.frames.dropped;
    result.endsEarly = recognised.endsEarly;
    result.failure = std::move(recognised.failure);
    result.wallSeconds = secondsSince(start);
    result.statistics.device = engine::computeDevice(model);
    return result;
}

} // namespace livegloss::cli
