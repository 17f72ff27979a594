#include "frame_intake.h"

#include "vision/preprocess.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

constexpr float kPackScale = 32767.5F;

std::vector<std::uint16_t> prepare(const Frame& frame, const model::ModelConfig& config) {
    const auto side = static_cast<std::size_t>(config.resolution);
    std::vector<float> input(3 * side * side);
    vision::prepareInput(frame, config.resize, config.resolution, input);
    return packInput(input);
}

/// Settings that recognition can only take up with a new run.
bool needsNewRun(const SessionSettings& a, const SessionSettings& b) {
    return a.windowFrames != b.windowFrames || a.strideFrames != b.strideFrames || a.stability != b.stability ||
           a.minConfidence != b.minConfidence || a.skipSimilar != b.skipSimilar;
}

} // namespace

std::vector<std::uint16_t> packInput(const std::vector<float>& values) {
    std::vector<std::uint16_t> packed(values.size());
    std::transform(values.begin(), values.end(), packed.begin(), [](float value) {
        return static_cast<std::uint16_t>((std::clamp(value, -1.0F, 1.0F) + 1.0F) * kPackScale + 0.5F);
    });
    return packed;
}

void unpackInput(const std::vector<std::uint16_t>& packed, float* values) {
    std::transform(packed.begin(), packed.end(), values,
                   [](std::uint16_t value) { return static_cast<float>(value) * (1.0F / kPackScale) - 1.0F; });
}

void FrameIntake::setModel(engine::LoadedModelPtr model, std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    model_ = std::move(model);
    chooser_.reset();
    if (model_) {
        chooser_.emplace(model_->config().fps);
    }
    epoch_ = epoch;
    statistics_.follow(epoch);
    discardEverything();
    if (run_) {
        auto next = std::make_shared<Run>(*run_);
        next->epoch = epoch;
        next->model = model_;
        next->fromClipStart = next->live; // frames of a file may have gone by without this model
        run_ = std::move(next);
    }
    changed_.notify_all();
}

void FrameIntake::setSettings(const SessionSettings& settings) {
    const std::scoped_lock lock(mutex_);
    const bool restart = needsNewRun(settings_, settings);
    settings_ = settings;
    if (!run_ || !restart) {
        return;
    }
    entries_.emplace_back(EndOfRun{run_, false});
    auto next = std::make_shared<Run>(*run_);
    next->settings = settings;
    next->fromClipStart = false;
    next->newRound = false;
    run_ = std::move(next);
    changed_.notify_all();
}

void FrameIntake::beginRun(const RunStart& start, std::optional<MediaTime> dropFrom) {
    const std::scoped_lock lock(mutex_);
    if (dropFrom) {
        dropFrames(*dropFrom);
    }
    auto run = std::make_shared<Run>();
    static_cast<RunStart&>(*run) = start;
    run->epoch = epoch_;
    run->model = model_;
    run->settings = settings_;
    run_ = std::move(run);
    changed_.notify_all();
}

bool FrameIntake::offer(const FramePtr& frame, std::stop_token stop) {
    const std::scoped_lock feed(feedMutex_);
    RunPtr run;
    {
        const std::scoped_lock lock(mutex_);
        run = run_;
    }
    if (!run || !run->model) {
        return true;
    }
    if (fedRun_.lock() != run) {
        fedRun_ = run;
        resampler_.emplace(run->model->config().fps);
        walk_ = {};
    }
    return enqueueSlots(resampler_->push(frame), run, stop);
}

void FrameIntake::endRun(bool complete, std::stop_token stop) {
    const std::scoped_lock feed(feedMutex_);
    RunPtr run;
    {
        const std::scoped_lock lock(mutex_);
        run = run_;
    }
    if (!run) {
        return;
    }
    const bool holdsSlots = run->model && fedRun_.lock() == run;
    const bool fed = !holdsSlots || enqueueSlots(resampler_->finish(), run, stop);
    fedRun_.reset();
    if (!fed && stop.stop_requested()) {
        return; // a command came in between: it begins another run, ends this one or discards all
    }
    const std::scoped_lock lock(mutex_);
    if (run_ == run) {
        run_.reset();
        entries_.emplace_back(EndOfRun{std::move(run), fed && complete});
        changed_.notify_all();
    }
}

bool FrameIntake::requestOffline(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    if (!model_) {
        return false;
    }
    entries_.emplace_back(OfflinePass{epoch, ticket_.load()});
    changed_.notify_all();
    return true;
}

void FrameIntake::discardAll(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    statistics_.follow(epoch);
    discardEverything();
    run_.reset();
    changed_.notify_all();
}

std::uint64_t FrameIntake::epoch() const {
    const std::scoped_lock lock(mutex_);
    return epoch_;
}

void FrameIntake::dropFrames(MediaTime from) {
    std::vector<RunPtr> ended;
    for (const Entry& entry : entries_) {
        if (const auto* end = std::get_if<EndOfRun>(&entry)) {
            ended.push_back(end->run);
        }
    }
    std::erase_if(entries_, [&](const Entry& entry) {
        const auto* frame = std::get_if<PreparedFrame>(&entry);
        const bool goes =
            frame != nullptr && frame->time >= from && std::find(ended.begin(), ended.end(), frame->run) == ended.end();
        if (goes) {
            countOut(*frame);
        }
        return goes;
    });
}

/// It waits no longer.
void FrameIntake::countOut(const PreparedFrame& frame) {
    bytes_ -= frame.pixels.size() * sizeof(std::uint16_t);
    frames_ -= frame.leftOut() ? 0 : 1;
}

void FrameIntake::discardEverything() {
    entries_.clear();
    entries_.emplace_back(Forget{});
    frames_ = 0;
    bytes_ = 0;
    ++ticket_;
}

bool FrameIntake::enqueueSlots(const std::vector<FramePtr>& slots, const RunPtr& run, const std::stop_token& stop) {
    for (const FramePtr& slot : slots) {
        int pattern = 1;
        {
            const std::scoped_lock lock(mutex_);
            pattern = patternOf(*run).every;
        }
        PreparedFrame frame{run, {}, slot->time + run->offset, slot->capturedAt, pattern, slot->index};
        if (walk_.leavesOut(pattern)) {
            statistics_.leftOutByPattern(run->epoch);
        } else {
            frame.pixels = prepare(*slot, run->model->config());
        }
        if (!enqueue(std::move(frame), stop)) {
            return false;
        }
    }
    return true;
}

FramePattern FrameIntake::patternOf(const Run& run) const {
    if (settings_.framePattern != automaticPattern) {
        return {std::clamp(settings_.framePattern, 1, coarsestPattern), false};
    }
    return {run.live && chooser_ ? chooser_->pattern() : 1, true};
}

FramePattern FrameIntake::pattern() const {
    const std::scoped_lock lock(mutex_);
    return run_ && model_ ? patternOf(*run_) : FramePattern{};
}

double FrameIntake::modelFps() const {
    const std::scoped_lock lock(mutex_);
    return model_ ? model_->config().fps : 0.0;
}

void FrameIntake::recognised(const Run& run, const RecognitionCost& cost, Instant now) {
    const std::scoped_lock lock(mutex_);
    if (run.live && run.model == model_ && chooser_) {
        chooser_->recognised(cost, now);
    }
}

bool FrameIntake::enqueue(PreparedFrame frame, const std::stop_token& stop) {
    const std::size_t size = frame.pixels.size() * sizeof(std::uint16_t);
    std::unique_lock lock(mutex_);
    if (frame.run->live) {
        while (!frame.leftOut() && frames_ >= kLiveQueue) {
            dropOldestFrame();
        }
        forgetOldGaps();
    } else {
        const auto hasRoom = [&] { return run_ != frame.run || frames_ == 0 || bytes_ + size <= maxBacklogBytes_; };
        while (!hasRoom()) {
            statistics_.stalledByBacklog(frame.run->epoch);
            changed_.wait_for(lock, stop, std::chrono::milliseconds(250), hasRoom);
            if (stop.stop_requested()) {
                return false;
            }
        }
    }
    if (run_ != frame.run) {
        return true; // the run was given up meanwhile
    }
    bytes_ += size;
    frames_ += frame.leftOut() ? 0 : 1;
    entries_.emplace_back(std::move(frame));
    changed_.notify_all();
    return true;
}

/// Its place in time stays, so that the frames around it keep their distance.
void FrameIntake::dropOldestFrame() {
    const auto oldest = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
        const auto* frame = std::get_if<PreparedFrame>(&entry);
        return frame != nullptr && !frame->leftOut();
    });
    auto& dropped = std::get<PreparedFrame>(*oldest);
    countOut(dropped);
    dropped.pixels = {};
    statistics_.droppedByOverload(dropped.run->epoch);
}

void FrameIntake::forgetOldGaps() {
    const auto isGap = [](const Entry& entry) {
        const auto* frame = std::get_if<PreparedFrame>(&entry);
        return frame != nullptr && frame->leftOut();
    };
    for (auto gaps = std::ranges::count_if(entries_, isGap); gaps >= static_cast<std::ptrdiff_t>(kMostLeftOut);
         --gaps) {
        entries_.erase(std::ranges::find_if(entries_, isGap));
    }
}

void FrameIntake::reportAttentionGap() {
    const std::scoped_lock lock(mutex_);
    attentionGap_ = true;
    changed_.notify_all();
}

std::optional<Task> FrameIntake::take(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return !entries_.empty() || attentionGap_; }) || stop.stop_requested()) {
        return std::nullopt;
    }
    if (entries_.empty()) {
        attentionGap_ = false;
        return Task(AttentionGap{});
    }
    if (auto* end = std::get_if<EndOfRun>(&entries_.front())) {
        Task task(std::move(*end));
        entries_.pop_front();
        return task;
    }
    if (const auto* pass = std::get_if<OfflinePass>(&entries_.front())) {
        Task task(*pass);
        entries_.pop_front();
        return task;
    }
    if (std::holds_alternative<Forget>(entries_.front())) {
        entries_.pop_front();
        return Task(Forget{});
    }
    std::vector<PreparedFrame> batch;
    std::size_t pictures = 0;
    while (!entries_.empty()) {
        auto* frame = std::get_if<PreparedFrame>(&entries_.front());
        if (frame == nullptr || (!batch.empty() && frame->run != batch.front().run)) {
            break;
        }
        if (!frame->leftOut() && ++pictures > kBatch) {
            break;
        }
        countOut(*frame);
        batch.push_back(std::move(*frame));
        entries_.pop_front();
    }
    changed_.notify_all();
    return Task(std::move(batch));
}

std::int64_t FrameIntake::backlog() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::int64_t>(frames_);
}

} // namespace livegloss::session
