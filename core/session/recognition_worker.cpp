#include "recognition_worker.h"

#include "base/log.h"
#include "base/thread_priority.h"
#include "gloss_times.h"
#include "session/offline_marks.h"
#include "vision/preprocess.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <string>
#include <utility>

namespace livegloss::session {

namespace {

/// Side of an attention picture, about.
constexpr int kMapPixels = 192;

CaptionList listOf(const std::vector<CaptionGloss>& glosses) {
    return std::make_shared<const std::vector<CaptionGloss>>(glosses);
}

} // namespace

RecognitionWorker::RecognitionWorker(FrameIntake& intake, SessionState& state, PictureBoard& board,
                                     StatisticsMeter& statistics, const SessionParts& parts)
    : intake_(intake),
      state_(state),
      board_(board),
      statistics_(statistics),
      clock_(parts.clock),
      makeEncoder_(parts.makeEncoder),
      liveFeatureRows_(parts.liveFeatureRows),
      givesWay_(parts.givesWayToDrawing),
      attention_(intake, board),
      store_(featureRowsOfFile),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

RecognitionWorker::~RecognitionWorker() = default;

void RecognitionWorker::work(const std::stop_token& stop) {
    if (givesWay_ && !giveWayToDrawing()) {
        log(LogLevel::Debug, "recognition runs at the priority of drawing");
    }
    while (auto task = intake_.take(stop)) {
        try {
            if (auto* frames = std::get_if<std::vector<PreparedFrame>>(&*task)) {
                recognise(std::move(*frames));
            } else if (const auto* end = std::get_if<EndOfRun>(&*task)) {
                endRun(*end);
            } else if (const auto* pass = std::get_if<OfflinePass>(&*task)) {
                offlinePass(*pass, stop);
            } else if (std::holds_alternative<Forget>(*task)) {
                forget();
            } else if (auto filled = attention_.fillGap(); !filled) {
                state_.failAttention(epoch_, std::move(filled.error()));
            }
        } catch (const std::exception& problem) {
            fail({ErrorCode::Internal, std::string("Recognition stopped: ") + problem.what(), {}});
        }
    }
}

void RecognitionWorker::recognise(std::vector<PreparedFrame> frames) {
    if (frames.front().run != run_) {
        startRun(frames.front().run, frames.front().time);
    }
    if (!recogniser_) {
        return;
    }
    std::vector<MediaTime> times;
    std::vector<std::uint8_t> encoded;
    for (const PreparedFrame& frame : frames) {
        times.push_back(frame.time);
        encoded.push_back(frame.leftOut() ? 0 : 1);
    }
    newestTime_ = times.back();
    std::erase_if(frames, [](const PreparedFrame& frame) { return frame.leftOut(); });
    const std::size_t size = frames.empty() ? 0 : frames.front().pixels.size();
    input_.resize(frames.size() * size);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        unpackInput(frames[i].pixels, input_.data() + i * size);
    }
    encode(frames, {input_, times, encoded});
}

/// `pictures`: the encoded frames of `batch`.
void RecognitionWorker::encode(const std::vector<PreparedFrame>& pictures, const FrameBatch& batch) {
    const Instant start = clock_->now();
    const std::int64_t firstIndex = recogniser_->encodedFrames();
    if (!pictures.empty()) {
        attention_.remember(pictures, firstIndex, requestAttention());
    }
    auto output = recogniser_->push(batch, attentionWanted_);
    if (!output) {
        fail(std::move(output.error()));
        return;
    }
    if (output->deviceFailure) {
        state_.loseDevice(epoch_, std::move(*output->deviceFailure), engine::computeDevice(run_->model));
    }
    statistics_.encoded(run_->epoch, static_cast<int>(pictures.size()) - output->reused, output->reused);
    showAttention(output->attention, firstIndex, pictures);
    attention_.take(output->requested);
    takeCaptions(*output);
    const auto ahead = static_cast<std::size_t>(run_->model->config().framesAhead());
    for (const PreparedFrame& picture : pictures) {
        awaited_.push_back(picture.capturedAt);
    }
    while (awaited_.size() > ahead + 1) {
        awaited_.pop_front();
    }
    if (output->captions && awaited_.size() == ahead + 1) {
        statistics_.caption(run_->epoch, awaited_.front());
    }
    const Instant end = clock_->now();
    const double seconds = std::chrono::duration<double>(end - start).count();
    intake_.recognised(*run_,
                       {static_cast<int>(batch.times.size()), static_cast<int>(pictures.size()), output->encodeSeconds,
                        seconds - output->encodeSeconds},
                       end);
}

/// Tells the encoder what is wanted now. False: it leaves attention to others.
bool RecognitionWorker::requestAttention() {
    return recogniser_->requestAttention(attention_.encoderRequest(run_));
}

void RecognitionWorker::startRun(const RunPtr& run, MediaTime firstTime) {
    giveUpRun();
    awaited_.clear();
    if (run->epoch != epoch_) {
        epoch_ = run->epoch;
        history_.clear();
        store_.clear();
        attentionRange_.reset();
        attention_.clear();
    } else if (!history_.knowsWholeClip()) {
        state_.publishOffline(epoch_, nullptr, false); // it was about less than will be seen now
    }
    state_.beginRun(epoch_);
    attention_.startRun(run, firstTime);
    run_ = run;
    lastRun_ = run;
    notSure_ = false;
    const model::TemporalLayout layout = model::temporalLayout(run->model->config().convType);
    const MediaTime frame = frameDuration(run->model->config());
    history_.beginRun(firstTime, run->fromClipStart, run->newRound,
                      {.warmUp = frame * layout.receptiveField, .sameSign = frame * layout.stride * 2});
    StreamOptions options;
    options.window = {run->settings.windowFrames, run->settings.strideFrames};
    options.stability = run->settings.stability;
    options.minConfidence = run->settings.minConfidence;
    options.maxFeatureRows = run->live ? liveFeatureRows_ : featureRowsOfFile;
    options.skipSimilar = run->settings.skipSimilar;
    options.clock = clock_;
    recogniser_.emplace(run->model, options, makeEncoder_);
    publishCaptions();
}

/// Ends a run that something else replaces (a seek): its tail was never certain, its features still count.
void RecognitionWorker::giveUpRun() {
    if (recogniser_) {
        history_.dropProvisional();
        keepFeatures(false);
    }
    recogniser_.reset();
    run_.reset();
}

/// Lets go of the model and of what came of it.
void RecognitionWorker::forget() {
    recogniser_.reset();
    run_.reset();
    lastRun_.reset();
    store_.clear();
    attention_.clear();
}

void RecognitionWorker::keepFeatures(bool complete) {
    store_.add(recogniser_->takeFeatures(), complete);
}

void RecognitionWorker::endRun(const EndOfRun& end) {
    if (end.run != run_ || !recogniser_) {
        return;
    }
    requestAttention(); // results for a view that was left meanwhile would be taken for the present one's
    auto output = recogniser_->finish();
    if (!output) {
        fail(std::move(output.error()));
        return;
    }
    attention_.take(output->requested);
    attention_.endRun();
    takeCaptions(*output);
    history_.endRun(newestTime_ + frameDuration(run_->model->config()));
    notSure_ = false;
    publishCaptions();
    if (end.complete && run_->fromClipStart) {
        history_.keepWholeClip();
    }
    keepFeatures(end.complete && run_->fromClipStart);
    recogniser_.reset();
    run_.reset();
}

void RecognitionWorker::offlinePass(const OfflinePass& pass, const std::stop_token& stop) {
    giveUpRun();
    const engine::LoadedModelPtr model = lastRun_ ? lastRun_->model : nullptr;
    if (pass.epoch != epoch_ || !model) {
        state_.setOfflineRunning(pass.epoch, false);
        return;
    }
    history_.showWholeClip();
    publishCaptions();
    OfflineDecodeOptions options;
    options.minConfidence = lastRun_->settings.minConfidence;
    options.cancelled = [&] { return stop.stop_requested() || !intake_.stillWanted(pass.ticket); };
    std::vector<CaptionGloss> glosses;
    std::vector<TimeSpan> seen;
    for (const ClipFeatures& part : store_.parts()) {
        seen.push_back({part.times.front(), part.times.back() + frameDuration(model->config())});
        auto decoded = decodeOffline(model, part, options);
        if (!decoded) {
            state_.setOfflineRunning(pass.epoch, false);
            if (decoded.error().code != ErrorCode::Cancelled) {
                state_.failRecognition(pass.epoch, std::move(decoded.error()));
            }
            return;
        }
        std::move(decoded->begin(), decoded->end(), std::back_inserter(glosses));
    }
    const int stride = model::temporalLayout(model->config().convType).stride;
    const MediaTime step = frameDuration(model->config()) * stride;
    state_.publishOffline(pass.epoch, listOf(markChangesWithin(seen, history_.committed(), glosses, step)),
                          seenFromStart(seen));
}

/// Whether `seen` goes from the clip's beginning to its own end; of a live source: whether it is all there was.
bool RecognitionWorker::seenFromStart(const std::vector<TimeSpan>& seen) const {
    if (lastRun_->live) {
        return !seen.empty() && store_.keptAll();
    }
    const model::ModelConfig& config = lastRun_->model->config();
    const MediaTime frame = frameDuration(config);
    MediaTime nextBy = frame;
    for (const TimeSpan& span : seen) {
        if (span.begin > nextBy) {
            return false;
        }
        nextBy = span.end + frame * model::temporalLayout(config.convType).receptiveField; // less holds no sign
    }
    return !seen.empty();
}

void RecognitionWorker::showAttention(const std::vector<engine::SpatialAttention>& attention, std::int64_t firstIndex,
                                      const std::vector<PreparedFrame>& frames) {
    const model::ModelConfig& config = run_->model->config();
    const vision::Region region = vision::visibleRegion(config.resize, config.resolution);
    for (const engine::SpatialAttention& map : attention) {
        const std::int64_t place = map.frameIndex - firstIndex;
        if (place < 0 || place >= static_cast<std::int64_t>(frames.size()) || map.columns <= 0) {
            continue;
        }
        attentionRange_.add(map.weights);
        const int scale = std::max(4, kMapPixels / map.columns);
        auto picture = std::make_shared<const vision::RgbaPicture>(
            vision::heatMap(map.weights, map.rows, map.columns, attentionRange_.low(), attentionRange_.high(),
                            vision::ColourMap::Inferno, scale));
        const PreparedFrame& frame = frames[static_cast<std::size_t>(place)];
        board_.addAttention(run_->epoch, frame.time, std::move(picture), region, frameDuration(config) * frame.pattern);
    }
}

void RecognitionWorker::takeCaptions(const StreamOutput& output) {
    if (!output.captions) {
        return;
    }
    const bool changed = history_.apply(*output.captions);
    if (changed || notSure_ != output.captions->notSure) {
        notSure_ = output.captions->notSure;
        publishCaptions();
    }
}

void RecognitionWorker::publishCaptions() {
    state_.publishCaptions(epoch_, listOf(history_.committed()), listOf(history_.provisional()), notSure_);
}

void RecognitionWorker::fail(Error error) {
    state_.failRecognition(epoch_, std::move(error));
    state_.setOfflineRunning(epoch_, false);
    history_.dropProvisional();
    publishCaptions();
    if (recogniser_) {
        keepFeatures(false);
        store_.noteMissing();
        recogniser_.reset(); // run_ stays: its remaining frames are passed over
    }
}

} // namespace livegloss::session
