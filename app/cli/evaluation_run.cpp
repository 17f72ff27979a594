#include "evaluation_run.h"

#include "commands.h"
#include "dataset_media.h"
#include "evaluation/scoring.h"
#include "process_time.h"
#include "synth_clips.h"
#include "terminal.h"

#include <chrono>
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

/// Runs live recognition over what the encoder gave.
void scoreOnline(const EvaluationOptions& options, const TestClip& clip, const session::ClipRecording& recording,
                 OnlineScores& scores) {
    CaptionEvents events;
    std::vector<session::CaptionGloss> committed;
    session::ClipOptions replay = clipOptions(options);
    replay.online = true;
    replay.offlinePass = false;
    replay.stream.window = {scores.setting.windowFrames, scores.setting.strideFrames};
    replay.stream.stability = scores.setting.stability;
    replay.stream.minConfidence = scores.setting.minConfidence;
    replay.stream.beamWidth = options.decoding.beam;
    replay.stream.language = options.language;
    replay.onCaptions = [&](const session::CaptionUpdate& update) {
        ++scores.decodes;
        committed.insert(committed.end(), update.committed.begin(), update.committed.end());
        events.observe(committed, update.provisional, toSeconds(update.newestFrame));
    };
    const auto start = std::chrono::steady_clock::now();
    const session::ClipResult result = valueOrFail(session::replayClip(options.model, recording, replay));
    scores.decodeSeconds += secondsSince(start);
    scores.utterances.push_back({clip.id, clip.reference, wordsOf(result.committed)});
    scores.delays.add(clip.spans, events.glossEvents());
    scores.revisions += events.revisions();
}

/// Leaves the scores as they are where the clip cannot be read or recognised.
Result<void> scoreClip(const EvaluationOptions& options, const TestClip& clip, EvaluationScores& scores) {
    session::ClipOptions encode = clipOptions(options);
    if (!options.online.empty()) {
        encode.recording = std::make_shared<session::ClipRecording>();
    }
    session::ClipRecogniser recogniser(options.model, encode);
    const auto fed = clip.feed(recogniser);
    if (!fed) {
        return tl::unexpected(fed.error());
    }
    const auto result = recogniser.finish();
    if (!result) {
        return tl::unexpected(result.error());
    }
    scores.frames.captured += result->frames.captured;
    scores.frames.encoded += result->frames.encoded;
    scores.frames.reused += result->frames.reused;
    scores.frames.interpolated += result->frames.interpolated;
    scores.frames.dropped += result->frames.dropped + fed->lostFrames;
    if (!fed->damage.empty()) {
        scores.damaged.push_back({clip.id, fed->damage});
    }
    scores.offline.push_back({clip.id, clip.reference, wordsOf(result->offline)});
    for (OnlineScores& online : scores.online) {
        scoreOnline(options, clip, *encode.recording, online);
    }
    return {};
}

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
        clip.feed = [listed](session::ClipRecogniser& recogniser) {
            return forEachFrame(listed, [&](const FramePtr& frame) { return recogniser.push(frame); })
                .map([&listed](const media::SourceLosses& losses) {
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
        clip.feed = [drawn, fps = request.fps](session::ClipRecogniser& recogniser) {
            return drawFrames(*drawn, fps, [&](const FramePtr& frame) { return recogniser.push(frame); }).map([] {
                return FedClip();
            });
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
    evaluation::ErrorCounts soFar;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (interrupted()) {
            throw CommandFailure{{ErrorCode::Cancelled, "evaluation was stopped", {}}};
        }
        options.progress(i, soFar);
        if (auto scored = scoreClip(options, clips[i], scores); !scored) {
            scores.failures.push_back({clips[i].id, std::move(scored.error())});
            continue;
        }
        const evaluation::Utterance& last = scores.offline.back();
        soFar += evaluation::countErrors(evaluation::alignWords(last.reference, last.hypothesis));
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
