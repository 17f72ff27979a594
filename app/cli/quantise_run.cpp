#include "quantise_run.h"

#include "commands.h"
#include "engine/quantise.h"
#include "session/offline_recogniser.h"
#include "terminal.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace livegloss::cli {
namespace {

constexpr double mostFeatureError = 1e-2;

/// Frame features of all clips, one after the other.
std::vector<float> featuresOf(const CalibrationRequest& request, const engine::LoadedModelPtr& model,
                              const std::string& what) {
    std::vector<float> features;
    for (std::size_t i = 0; i < request.clips.size(); ++i) {
        const auto source = media::parseSource(request.clips[i]);
        if (source.kind != media::SourceKind::File) {
            throw CommandFailure{{ErrorCode::InvalidArgument, media::displayName(source) + " is no video file",
                                  "Calibration reads files: --calibration clip1.mp4 clip2.mp4"}};
        }
        session::OfflineOptions options;
        options.clip.offlinePass = false;
        options.clip.recording = std::make_shared<session::ClipRecording>();
        options.maxSeconds = request.seconds;
        options.cancelled = [] { return interrupted(); };
        options.progress = [&](const session::Progress& progress) {
            request.progress(what, progress.fraction ? (static_cast<double>(i) + *progress.fraction) /
                                                           static_cast<double>(request.clips.size())
                                                     : -1.0);
        };
        valueOrFail(session::recogniseOffline(source, model, options));
        const auto add = [&features](const std::vector<engine::FrameFeature>& some) {
            for (const engine::FrameFeature& feature : some) {
                features.insert(features.end(), feature.values.begin(), feature.values.end());
            }
        };
        for (const session::RecordedBatch& batch : options.clip.recording->batches) {
            add(batch.features);
        }
        add(options.clip.recording->last);
    }
    return features;
}

double relativeError(const std::vector<float>& actual, const std::vector<float>& exact) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double right = static_cast<double>(exact[i]);
        difference += std::pow(static_cast<double>(actual[i]) - right, 2);
        norm += right * right;
    }
    return actual.size() == exact.size() && norm > 0.0 ? std::sqrt(difference / norm) : INFINITY;
}

/// Names of the layers in 8 bits, the one farthest off first.
std::vector<std::string> worstFirst(const CalibrationRequest& request, const model::Quantisation& scales) {
    const engine::ComparedModel compared = valueOrFail(engine::loadCompared(request.model, scales));
    featuresOf(request, compared.model, "Comparing layers");
    std::vector<std::pair<double, std::string>> layers;
    for (const auto& [name, error] : compared.errors()) {
        layers.emplace_back(error, name);
    }
    std::ranges::sort(layers, std::greater());
    std::vector<std::string> names;
    std::ranges::transform(layers, std::back_inserter(names), [](const auto& layer) { return layer.second; });
    return names;
}

/// Keeps layers in f32, a sixteenth of them more each time, until the features are close enough.
void settle(const CalibrationRequest& request, const std::vector<float>& exact, model::Quantisation& scales) {
    std::vector<std::string> worst;
    std::size_t kept = 0;
    const std::size_t step = std::max<std::size_t>(scales.layers.size() / 16, 1);
    while (true) {
        const auto quantised = valueOrFail(engine::loadQuantised(request.model, scales));
        scales.featureError = relativeError(featuresOf(request, quantised, "Trying 8 bits"), exact);
        if (scales.featureError <= mostFeatureError || kept == scales.layers.size()) {
            return;
        }
        if (worst.empty()) {
            worst = worstFirst(request, scales);
        }
        for (const std::size_t end = std::min(kept + step, worst.size()); kept < end; ++kept) {
            scales.layers.find(worst[kept])->second.keepF32 = true;
        }
    }
}

double werOf(const CalibrationRequest& request, const engine::LoadedModelPtr& model, const std::vector<TestClip>& clips,
             const std::string& what) {
    EvaluationOptions options;
    options.model = model;
    options.progress = [&](std::size_t done, const evaluation::ErrorCounts&) {
        request.progress(what, static_cast<double>(done) / static_cast<double>(clips.size()));
    };
    return offlineWer(options, clips);
}

} // namespace

Calibration calibrate(const CalibrationRequest& request) {
    const engine::ObservedModel observed = valueOrFail(engine::loadObserved(request.model));
    const std::vector<float> exact = featuresOf(request, observed.model, "Calibrating");
    model::Quantisation scales;
    scales.levels = request.bits == 8 ? 255 : 127;
    scales.layers = observed.scales();
    scales.frames = static_cast<int>(exact.size()) / observed.model->config().embedDim;
    for (const std::string& clip : request.clips) {
        scales.clips.push_back(std::filesystem::path(clip).filename().string());
    }
    if (exact.empty()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the calibration clips hold no frames",
                              "Give clips of people signing, some seconds long."}};
    }
    settle(request, exact, scales);
    Calibration calibration{scales, std::nullopt};
    if (engine::quantisationLevels() < scales.levels) {
        scales.levels = engine::quantisationLevels();
        const auto here = valueOrFail(engine::loadQuantised(request.model, scales));
        calibration.errorHere = relativeError(featuresOf(request, here, "Trying 7 bits"), exact);
    }
    return calibration;
}

model::QuantisationCheck checkWordErrors(const CalibrationRequest& request, const model::Quantisation& scales,
                                         const std::vector<TestClip>& clips, const std::string& dataName) {
    // What would run without 8 bits.
    const engine::Precision without = engine::chooseCompute({}).precision;
    model::QuantisationCheck check;
    check.data = dataName;
    check.clips = static_cast<int>(clips.size());
    check.baseline = engine::precisionName(without);
    const auto baseline = valueOrFail(engine::loadModel(request.model, {engine::EngineKind::Fast, without}));
    check.baselineWer = werOf(request, baseline, clips, "Word errors in " + check.baseline);
    const auto quantised = valueOrFail(engine::loadQuantised(request.model, scales));
    check.int8Wer = werOf(request, quantised, clips, "Word errors in int8");
    return check;
}

int layersInInt8(const model::Quantisation& scales) {
    return static_cast<int>(
        std::ranges::count_if(scales.layers, [](const auto& layer) { return !layer.second.keepF32; }));
}

} // namespace livegloss::cli
