#include "evaluation_run.h"

#include "commands.h"
#include "dataset_media.h"
#include "engine/threads.h"
#include "evaluation/cleanup.h"
#include "evaluation/scoring.h"
#include "process_time.h"
#include "synth_clips.h"
#include "terminal.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace livegloss::cli {

namespace {

session::ClipOptions clipOptions(const EvaluationOptions& options) {
    session::ClipOptions clip;
    clip.batchFrames = options.online.empty() ? 4 : 1;
    clip.framePattern = options.frames.pattern;
    clip.skipSimilar = options.frames.skipSimilar;
    clip.offline.minConfidence = 0.0F;
    clip.offline.beamWidth = options.decoding.beam;
    clip.offline.mergeRepeats = options.decoding.mergeRepeats;
    clip.offline.language = options.language;
    return clip;
}

/// What live recognition made of one clip with one setting.
struct OnlineClip {
    evaluation::Words committed;
    std::vector<evaluation::GlossEvent> events;
    int revisions = 0;
    std::int64_t decodes = 0;
    double decodeSeconds = 0.0; ///< processor time of the calling thread
};
struct ScoredClip {
    evaluation::Words offline;
    session::FrameCounts frames;
    std::string damage; ///< for people; empty: nothing is missing
    std::vector<OnlineClip> online;
};

/// Runs live recognition over what the encoder gave.
OnlineClip replayed(const EvaluationOptions& options, const OnlineSetting& setting,
                    const session::ClipRecording& recording) {
    OnlineClip online;
    CaptionEvents events;
    std::vector<session::CaptionGloss> committed;
    session::ClipOptions replay = clipOptions(options);
    replay.online = true;
    replay.offlinePass = false;
    replay.stream.window = {setting.windowFrames, setting.strideFrames};
    replay.stream.stability = setting.stability;
    replay.stream.minConfidence = setting.minConfidence;
    replay.stream.beamWidth = options.decoding.beam;
    replay.stream.language = options.language;
    replay.onCaptions = [&](const session::CaptionUpdate& update) {
        ++online.decodes;
        committed.insert(committed.end(), update.committed.begin(), update.committed.end());
        events.observe(committed, update.provisional, toSeconds(update.newestFrame));
    };
    const double start = threadSeconds();
    const session::ClipResult result = valueOrFail(session::replayClip(options.model, recording, replay));
    online.decodeSeconds = threadSeconds() - start;
    online.committed = wordsOf(result.committed);
    online.events = events.glossEvents();
    online.revisions = events.revisions();
    return online;
}

/// An error where the clip cannot be read or recognised.
Result<ScoredClip> scoreClip(const EvaluationOptions& options, const TestClip& clip) {
    session::ClipOptions encode = clipOptions(options);
    if (!options.online.empty()) {
        encode.recording = std::make_shared<session::ClipRecording>();
    }
    session::ClipRecogniser recogniser(options.model, encode);
    const auto fed = clip.feed([&](const FramePtr& frame) -> Result<void> {
        if (interrupted()) {
            return failure(ErrorCode::Cancelled, "evaluation was stopped");
        }
        return recogniser.push(frame);
    });
    if (!fed) {
        return tl::unexpected(fed.error());
    }
    const auto result = recogniser.finish();
    if (!result) {
        return tl::unexpected(result.error());
    }
    ScoredClip scored{wordsOf(result->offline), result->frames, fed->damage, {}};
    scored.frames.dropped += fed->lostFrames;
    for (const OnlineSetting& setting : options.online) {
        scored.online.push_back(replayed(options, setting, *encode.recording));
    }
    return scored;
}

evaluation::Words counted(const EvaluationOptions& options, evaluation::Words words) {
    return options.phoenixCleanup ? evaluation::cleanPhoenixWords(std::move(words)) : words;
}

void addTo(EvaluationScores& scores, const EvaluationOptions& options, const TestClip& clip, ScoredClip scored) {
    scores.frames.captured += scored.frames.captured;
    scores.frames.encoded += scored.frames.encoded;
    scores.frames.reused += scored.frames.reused;
    scores.frames.interpolated += scored.frames.interpolated;
    scores.frames.dropped += scored.frames.dropped;
    if (!scored.damage.empty()) {
        scores.damaged.push_back({clip.id, scored.damage});
    }
    scores.offline.push_back({clip.id, clip.reference, counted(options, scored.offline)});
    scores.recognised.push_back(std::move(scored.offline));
    for (std::size_t i = 0; i < scored.online.size(); ++i) {
        OnlineClip& one = scored.online[i];
        OnlineScores& all = scores.online[i];
        all.utterances.push_back({clip.id, clip.reference, counted(options, std::move(one.committed))});
        all.delays.add(clip.spans, one.events);
        all.revisions += one.revisions;
        all.decodes += one.decodes;
        all.decodeSeconds += one.decodeSeconds;
    }
}

/// Clips side by side, each on one thread (its video's decoder aside) where there are as many clips as threads:
/// drawing, encoding and decoding then all keep every core busy. On a device other than the processor one after the
/// other.
class ClipQueue {
public:
    ClipQueue(const EvaluationOptions& options, const std::vector<TestClip>& clips)
        : options_(options), clips_(clips), scored_(clips.size()), threads_(engine::computeThreads()) {}
    ~ClipQueue() { engine::setComputeThreads(threads_); }
    ClipQueue(const ClipQueue&) = delete;
    ClipQueue& operator=(const ClipQueue&) = delete;

    /// One for each clip; empty ones only where interrupted.
    std::vector<std::optional<Result<ScoredClip>>> run() {
        const bool alone = !options_.model->compute().device.empty();
        const int workers = alone ? 1 : std::clamp(static_cast<int>(clips_.size()), 1, threads_);
        engine::setComputeThreads(threads_ / workers);
        {
            std::vector<std::jthread> others;
            for (int i = 1; i < workers; ++i) {
                others.emplace_back([this] { work(); });
            }
            work();
        }
        if (problem_) {
            std::rethrow_exception(problem_);
        }
        return std::move(scored_);
    }

private:
    void work() {
        for (std::size_t index = next_++; index < clips_.size() && !interrupted(); index = next_++) {
            try {
                Result<ScoredClip> scored = scoreClip(options_, clips_[index]);
                if (interrupted()) {
                    return;
                }
                const std::scoped_lock lock(mutex_);
                if (scored) {
                    soFar_ += evaluation::countErrors(
                        evaluation::alignWords(clips_[index].reference, counted(options_, scored->offline)));
                }
                scored_[index] = std::move(scored);
                options_.progress(++done_, soFar_);
            } catch (...) {
                const std::scoped_lock lock(mutex_);
                problem_ = problem_ ? problem_ : std::current_exception();
                next_ = clips_.size();
            }
        }
    }

    const EvaluationOptions& options_;
    const std::vector<TestClip>& clips_;
    std::vector<std::optional<Result<ScoredClip>>> scored_;
    const int threads_;
    std::atomic<std::size_t> next_{0};
    std::mutex mutex_; ///< over what follows and scored_
    std::size_t done_ = 0;
    evaluation::ErrorCounts soFar_;
    std::exception_ptr problem_;
};

} // namespace

std::vector<TestClip> clipsOfDataset(const dataset::Dataset& data, const std::string& split) {
    std::vector<TestClip> clips;
    for (const dataset::Clip& listed : data.split(split)) {
        TestClip clip;
        clip.id = listed.id;
        clip.reference = listed.glosses;
        for (const dataset::SignSpan& span : listed.spans) {
            clip.spans.push_back({span.gloss, span.startSeconds, span.endSeconds});
        }
        clip.feed = [listed](const FrameTaker& take) {
            return forEachFrame(listed, take).map([&listed](const media::SourceLosses& losses) {
                return FedClip{losses.frames, damageText(listed, losses)};
            });
        };
        clips.push_back(std::move(clip));
    }
    return clips;
}

std::vector<TestClip> clipsOfSigner(int count, const std::string& split, std::uint64_t seed) {
    std::vector<TestClip> clips;
    for (int number = 0; number < count; ++number) {
        const synth::ClipRequest request = synthRequest(split, seed, number);
        const std::shared_ptr<const synth::Clip> drawn = synth::makeClip(request);
        TestClip clip;
        clip.id = synthClipId(split, seed, number);
        for (const synth::SignSpan& span : drawn->spans()) {
            clip.spans.push_back({span.gloss, span.firstFrame / request.fps, (span.lastFrame + 1) / request.fps});
        }
        clip.reference = wordsOf(clip.spans);
        clip.feed = [drawn, fps = request.fps](const FrameTaker& take) {
            return drawFrames(*drawn, fps, take).map([] { return FedClip(); });
        };
        clips.push_back(std::move(clip));
    }
    return clips;
}

EvaluationScores evaluateClips(const EvaluationOptions& options, const std::vector<TestClip>& clips) {
    const auto start = std::chrono::steady_clock::now();
    EvaluationScores scores;
    for (const OnlineSetting& setting : options.online) {
        scores.online.emplace_back().setting = setting;
    }
    options.progress(0, {});
    std::vector<std::optional<Result<ScoredClip>>> scored = ClipQueue(options, clips).run();
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (!scored[i]) {
            throw CommandFailure{{ErrorCode::Cancelled, "evaluation was stopped", {}}};
        }
        if (*scored[i]) {
            addTo(scores, options, clips[i], std::move(**scored[i]));
        } else {
            scores.failures.push_back({clips[i].id, std::move(scored[i]->error())});
        }
    }
    scores.seconds = secondsSince(start);
    return scores;
}

double offlineWer(const EvaluationOptions& options, const std::vector<TestClip>& clips) {
    const EvaluationScores scores = evaluateClips(options, clips);
    if (!scores.failures.empty()) {
        const FailedClip& first = scores.failures.front();
        throw CommandFailure{
            {first.error.code,
             std::to_string(scores.failures.size()) + " of " + std::to_string(clips.size()) +
                 " clips could not be recognised, " + first.id + " first: " + first.error.message,
             "Word errors are compared on whole parts of a data set; livegloss-cli dataset check lists "
             "what is wrong with it."}};
    }
    const evaluation::ErrorCounts total = evaluation::scoreCorpus(scores.offline).total;
    if (total.referenceWords == 0) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the clips have no reference glosses to count errors on",
                              "Give data with glosses, or --synth COUNT."}};
    }
    return total.werPercent();
}

} // namespace livegloss::cli
