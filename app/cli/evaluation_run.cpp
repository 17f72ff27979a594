#include "evaluation_run.h"

#include "commands.h"
#include "dataset_media.h"
#include "synth/signer.h"
#include "terminal.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace livegloss::cli {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double secondsSince(SteadyTime start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

const std::map<std::string, synth::Split> kSplits{
    {"train", synth::Split::Train}, {"dev", synth::Split::Dev}, {"test", synth::Split::Test}};

Result<void> feedDrawing(const synth::Clip& clip, double fps, session::ClipRecogniser& recogniser) {
    synth::RenderedFrame picture;
    for (int index = 0; index < clip.frames(); ++index) {
        clip.render(index, picture, false);
        auto frame = std::make_shared<Frame>();
        frame->width = frame->height = picture.size;
        frame->rgb = picture.rgb;
        frame->time = fromSeconds(index / fps);
        frame->index = index;
        if (auto pushed = recogniser.push(frame); !pushed) {
            return pushed;
        }
    }
    return {};
}

session::ClipOptions clipOptions(const EvaluationOptions& options) {
    session::ClipOptions clip;
    clip.batchFrames = options.online.empty() ? 4 : 1;
    clip.framePattern = options.frames.pattern;
    clip.skipSimilar = options.frames.skipSimilar;
    clip.offline.minConfidence = 0.0F;
    clip.offline.beamWidth = options.beam;
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
    replay.stream.beamWidth = options.beam;
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
    double end = 0.0;
    for (evaluation::TruthSpan span : clip.spans) {
        end = std::max(end, span.endSeconds);
        span.startSeconds += scores.offset;
        span.endSeconds += scores.offset;
        scores.signs.push_back(std::move(span));
    }
    for (evaluation::GlossEvent event : events.glossEvents()) {
        end = std::max(end, event.committedSeconds);
        event.committedSeconds += scores.offset;
        if (event.provisionalSeconds) {
            *event.provisionalSeconds += scores.offset;
        }
        scores.events.push_back(std::move(event));
    }
    scores.revisions += events.revisions();
    scores.offset += end + 60.0; // far apart, so that no sign is paired with the next clip's glosses
}

void scoreClip(const EvaluationOptions& options, const TestClip& clip, EvaluationScores& scores) {
    session::ClipOptions encode = clipOptions(options);
    if (!options.online.empty()) {
        encode.recording = std::make_shared<session::ClipRecording>();
    }
    session::ClipRecogniser recogniser(options.model, encode);
    valueOrFail(clip.feed(recogniser));
    const session::ClipResult result = valueOrFail(recogniser.finish());
    scores.frames.captured += result.frames.captured;
    scores.frames.encoded += result.frames.encoded;
    scores.frames.reused += result.frames.reused;
    scores.frames.interpolated += result.frames.interpolated;
    scores.frames.dropped += result.frames.dropped;
    scores.offline.push_back({clip.id, clip.reference, wordsOf(result.offline)});
    scores.signers.push_back(clip.signer);
    for (OnlineScores& online : scores.online) {
        scoreOnline(options, clip, *encode.recording, online);
    }
}

} // namespace

std::vector<TestClip> clipsOfDataset(const dataset::Dataset& data, const std::string& split) {
    std::vector<TestClip> clips;
    for (const dataset::Clip& listed : data.split(split)) {
        TestClip clip;
        clip.id = listed.id;
        clip.signer = listed.signer;
        clip.reference = listed.glosses;
        for (const dataset::SignSpan& span : listed.spans) {
            clip.spans.push_back({span.gloss, span.startSeconds, span.endSeconds});
        }
        clip.feed = [listed](session::ClipRecogniser& recogniser) {
            return forEachFrame(listed, [&](const FramePtr& frame) { return recogniser.push(frame); });
        };
        clips.push_back(std::move(clip));
    }
    return clips;
}

std::vector<TestClip> clipsOfSigner(int count, const std::string& split, std::uint64_t seed) {
    if (!kSplits.contains(split)) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the synthetic signer has no split " + split,
                              "Its splits are train, dev and test."}};
    }
    std::vector<TestClip> clips;
    for (int number = 0; number < count; ++number) {
        synth::ClipRequest request;
        request.seed = seed * 1'000'003U + static_cast<std::uint64_t>(number);
        request.split = kSplits.at(split);
        const std::shared_ptr<const synth::Clip> drawn = synth::makeClip(request);
        TestClip clip;
        clip.id = split + "-" + std::to_string(seed) + "-" + std::to_string(number);
        clip.signer = drawn->signerName();
        for (const synth::SignSpan& span : drawn->spans()) {
            clip.spans.push_back({span.gloss, span.firstFrame / request.fps, (span.lastFrame + 1) / request.fps});
        }
        clip.reference = wordsOf(clip.spans);
        clip.feed = [drawn, fps = request.fps](session::ClipRecogniser& recogniser) {
            return feedDrawing(*drawn, fps, recogniser);
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
        scoreClip(options, clips[i], scores);
        const evaluation::Utterance& last = scores.offline.back();
        soFar += evaluation::countErrors(evaluation::alignWords(last.reference, last.hypothesis));
    }
    scores.seconds = secondsSince(start);
    return scores;
}

} // namespace livegloss::cli
