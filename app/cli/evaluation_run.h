#pragma once

#include "caption_events.h"
#include "dataset/dataset.h"
#include "decode/label_scorer.h"
#include "decode_options.h"
#include "engine/loaded_model.h"
#include "evaluation/word_error.h"
#include "frame_options.h"
#include "session/clip_recogniser.h"
#include "session/live_session.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace livegloss::cli {

/// What was missing of a clip whose frames were fed.
struct FedClip {
    std::int64_t lostFrames = 0;
    std::string damage; ///< for people; empty: nothing was
};
using FrameTaker = std::function<Result<void>(const FramePtr&)>;
/// One clip to recognise: its reference, where known the moments of its signs, and a way to feed its frames.
struct TestClip {
    std::string id;
    evaluation::Words reference;
    std::vector<evaluation::TruthSpan> spans;
    std::function<Result<FedClip>(const FrameTaker&)> feed;
};
/// The clips of one part of a data set.
std::vector<TestClip> clipsOfDataset(const dataset::Dataset& data, const std::string& split);
/// The clips that `synth --split SPLIT --seed SEED --clips COUNT` writes, without the files. Throws CommandFailure.
std::vector<TestClip> clipsOfSigner(int count, const std::string& split, std::uint64_t seed);

/// How live recognition is set while it is evaluated.
struct OnlineSetting {
    int windowFrames = 64;
    int strideFrames = 0;
    int stability = 2;
    float minConfidence = session::SessionSettings{}.minConfidence;
};
/// What live recognition made of all clips with one setting.
struct OnlineScores {
    OnlineSetting setting;
    std::vector<evaluation::Utterance> utterances;
    evaluation::DelayMeter delays;
    int revisions = 0;
    std::int64_t decodes = 0;
    double decodeSeconds = 0.0; ///< spent after the encoder, of processor time
};

struct EvaluationOptions {
    engine::LoadedModelPtr model;
    DecodeChoice decoding;
    decode::LanguageFusion language;
    FrameOptions frames;
    bool phoenixCleanup = false;       ///< recognised glosses count after the clean-up of published work on PHOENIX
    std::vector<OnlineSetting> online; ///< each is evaluated; the encoder runs once whatever their number
    /// Called on any of the threads, one at a time.
    std::function<void(std::size_t done, const evaluation::ErrorCounts& soFar)> progress = [](auto, const auto&) {};
};
/// A clip of which frames are missing, and how many.
struct DamagedClip {
    std::string id;
    std::string message;
};
/// A clip without a score, and why.
struct FailedClip {
    std::string id;
    Error error;
};
struct EvaluationScores {
    std::vector<evaluation::Utterance> offline;
    std::vector<evaluation::Words> recognised; ///< of the same clips, before any clean-up
    std::vector<FailedClip> failures;          ///< not among the others
    std::vector<DamagedClip> damaged;          ///< among the others, recognised from the frames that they have
    std::vector<OnlineScores> online;
    session::FrameCounts frames;
    double seconds = 0.0;
};
/// Recognises every clip that can be read. Throws CommandFailure, also when interrupted.
EvaluationScores evaluateClips(const EvaluationOptions& options, const std::vector<TestClip>& clips);
/// The offline word error rate in per cent, of every clip or of none: throws CommandFailure also where a clip cannot be
/// recognised, or where no clip has a reference.
double offlineWer(const EvaluationOptions& options, const std::vector<TestClip>& clips);

} // namespace livegloss::cli
