#pragma once

#include "base/result.h"
#include "engine/benchmark.h"

#include "bench_attention.h"
#include "bench_head.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

enum class BenchSubject {
    Fast,
    Reference, ///< the reference engine: LibTorch in f32, the exact savings included
    Plain      ///< the network as the paper writes it, by LibTorch in f32
};

struct BenchRequest {
    std::string model;
    std::string config = "vit-b16";
    std::vector<BenchSubject> subjects;
    engine::Precision precision = engine::Precision::Auto;
    int threads = 0;
    int batch = 0;
    double seconds = 10.0;
    bool attention = false; ///< also measure what attention costs the first engine
};

struct SubjectResult {
    BenchSubject subject = BenchSubject::Fast;
    std::string description; ///< what runs, and why
    int frames = 0;
    double framesPerSecond = 0.0;
    double msPerFrame = 0.0;    ///< median of the turns
    double cpuMsPerFrame = 0.0; ///< processor time of all threads, median of the turns
    double gflops = 0.0;
    std::optional<double> shareOfPeak;   ///< of what a turn of products next to it gave, by processor time; median
    std::optional<double> relativeError; ///< of the frame features, where the reference engine ran too
    std::optional<HeadTimes> head;       ///< none for Plain, whose head is the reference's
    std::vector<engine::StageTime> stages;
};

struct BenchResult {
    std::string processor;
    std::string instructions;
    std::string model;
    int threads = 0;
    int batch = 0;
    double gflopPerFrame = 0.0;
    double peakGflops = 0.0; ///< of packed matrix products, all threads, median of the turns; 0 without the fast engine
    std::vector<SubjectResult> subjects;
    double ratioToReference = 0.0; ///< fast over reference, median over turns of processor time; 0: not both measured
    double ratioToPlain = 0.0;
    double headRatio = 0.0; ///< as ratioToReference, of the temporal head
    std::vector<AttentionCost> attention;
    std::size_t packedBytes = 0;
    std::size_t peakMemoryBytes = 0; ///< of this process, with every engine named
};

/// The file's model, or one of the sizes asked for with random weights.
Result<engine::LoadedModelPtr> benchModel(const BenchRequest& request, engine::ComputeRequest compute);
/// Engines in turn, until each has had its time. Errors as engine::loadModel.
Result<BenchResult> runBench(const BenchRequest& request);

} // namespace livegloss::cli
