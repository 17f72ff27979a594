#include "engine/benchmark.h"

#include "engine/streaming_encoder.h"
#include "engine/threads.h"
#include "fast_blocks.h"
#include "frame_workers.h"
#include "int8_layers.h"
#include "kernels/int8_linear.h"
#include "load_network.h"
#include "prepared_network.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stdexcept>

namespace livegloss::engine {
namespace {

using Clock = std::chrono::steady_clock;
using torch::Tensor;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Fresh weights have zeros where training starts from the plain CLIP; a benchmark wants every part at work.
void fillZeros(const model::AdaptSign& network) {
    const torch::NoGradGuard guard;
    for (Tensor parameter : network->parameters()) {
        if (parameter.count_nonzero().item<std::int64_t>() == 0) {
            parameter.normal_(0.0, 0.02);
        }
    }
}

std::vector<float> countingValues(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<float>(i * 2654435761U % 2048U) / 1024.0F - 1.0F;
    }
    return values;
}

} // namespace

namespace {

model::AdaptSign randomNetwork(const model::ModelConfig& config, std::uint64_t seed) {
    torch::manual_seed(seed);
    model::AdaptSign network(config);
    network->eval();
    fillZeros(network);
    return network;
}

/// Scales for a network that no file holds: from a few random frames.
model::Quantisation randomScales(const model::ModelConfig& config, std::uint64_t seed) {
    constexpr int frames = 4;
    const auto record = std::make_shared<ChannelRecord>();
    const ComputeChoice choice = chooseCompute({EngineKind::Fast, Precision::F32});
    const LoadedModelPtr model = makeLoadedModel(randomNetwork(config, seed), choice, ChannelRecord::maker(record));
    const Tensor pictures = torch::rand({frames, 3, config.resolution, config.resolution}) * 2 - 1;
    const auto count = static_cast<std::size_t>(pictures.numel());
    const auto pushed = makeStreamingEncoder(model, {false})->push({pictures.data_ptr<float>(), count}, frames, false);
    if (!pushed) {
        throw std::runtime_error(pushed.error().message);
    }
    model::Quantisation scales;
    scales.layers = record->scales();
    return scales;
}

} // namespace

Result<LoadedModelPtr> randomModel(const model::ModelConfig& config, std::uint64_t seed, ComputeRequest request) try {
    computeThreads();
    const ComputeChoice choice = chooseCompute(request);
    LayerMaker maker;
    if (choice.precision == Precision::Int8) {
        maker = int8Maker(randomScales(config, seed));
    }
    return makeLoadedModel(randomNetwork(config, seed), choice, maker, &request);
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("cannot make a model of these sizes: ") + error.what());
}

std::vector<StageTime> stageTimes(const LoadedModelPtr& model, std::span<const float> images, int frames, int rounds) {
    const TorchModel& network = torchModel(model);
    std::vector<StageTime> times;
    if (!network.fast) {
        return times;
    }
    FastBlocks blocks(*network.fast);
    const auto tokens = static_cast<std::size_t>(frames * model->config().tokens() * model->config().width);
    std::vector<float> rows(tokens);
    std::vector<float> norm(tokens);
    std::vector<float> query(static_cast<std::size_t>(frames * model->config().width));
    FastOutput output;
    output.tokens = rows.data();
    output.bareNorm = norm.data();
    output.query = query.data();
    blocks.run(images.data(), frames, output);
    StageSeconds table{};
    blocks.measure(&table);
    for (int round = 0; round < rounds; ++round) {
        blocks.run(images.data(), frames, output);
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        times.push_back({std::string(stageNames[i]), table[i] / (static_cast<double>(frames) * rounds)});
    }
    return times;
}

Result<double> plainPassSeconds(const LoadedModelPtr& model, std::span<const float> images, int frames,
                                int threads) try {
    const TorchModel& held = torchModel(model);
    if (held.fast) {
        return failure(ErrorCode::Unsupported, "the fast engine has no plain network");
    }
    const std::int64_t side = model->config().resolution;
    const Tensor batch = torch::from_blob(const_cast<float*>(images.data()), {1, frames, 3, side, side});
    const int shares = std::min(threads, frames);
    FrameWorkers workers(shares);
    const Clock::time_point begin = Clock::now();
    workers.run(shares, [&](int share) {
        const torch::NoGradGuard guard;
        const int first = frames * share / shares;
        model::AdaptSign(held.network)->encodeFrames(batch.narrow(1, first, frames * (share + 1) / shares - first));
    });
    return secondsSince(begin);
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("the network failed: ") + error.what());
}

namespace {

constexpr int productRows = 197;

kernels::LinearSpec productSpec(const ComputeChoice& choice) {
    const auto element = choice.precision == Precision::Bf16 ? kernels::Element::Bf16 : kernels::Element::F32;
    kernels::LinearSpec spec;
    spec.inputs = 768;
    spec.outputs = 3072;
    spec.source = element;
    spec.destination = element;
    spec.expectedRows = productRows;
    if (choice.precision == Precision::Int8 && choice.backend == kernels::backendName(kernels::Backend::Amx)) {
        spec.destination = kernels::Element::Bf16; // as the engine's layers hand on
    }
    return spec;
}

std::unique_ptr<const kernels::Linear> productLayer(const ComputeChoice& choice, const kernels::LinearSpec& spec) {
    const std::vector<float> weights = countingValues(static_cast<std::size_t>(spec.inputs * spec.outputs));
    const kernels::InstructionSet set = kernels::usableInstructionSet();
    return choice.precision == Precision::Int8
               ? kernels::makeInt8Linear(spec, weights, {}, {}, kernels::int8Levels(set), kernels::bestInt8Backend(set))
               : kernels::makeLinear(spec, weights, {}, kernels::bestBackend(spec.source, set));
}

} // namespace

struct ProductMeter::Parts {
    explicit Parts(const ComputeChoice& choice, int threads)
        : layer(productLayer(choice, productSpec(choice))),
          source(countingValues(static_cast<std::size_t>(productRows * layer->spec().inputs))),
          workers(threads) {
        for (int i = 0; i < threads; ++i) {
            destinations.emplace_back(static_cast<std::size_t>(productRows * layer->spec().outputs));
        }
        spaces.resize(static_cast<std::size_t>(threads));
    }

    std::unique_ptr<const kernels::Linear> layer;
    std::vector<float> source;                    ///< read as whatever the layer reads
    std::vector<std::vector<float>> destinations; ///< a worker's each, and the next
    std::vector<kernels::Workspace> spaces;
    FrameWorkers workers;
};

ProductMeter::ProductMeter(const ComputeChoice& choice, int threads)
    : parts_(std::make_unique<Parts>(choice, threads)) {}
ProductMeter::~ProductMeter() = default;

double ProductMeter::turn(double seconds) {
    const kernels::LinearSpec& spec = parts_->layer->spec();
    const double operations = 2.0 * productRows * spec.inputs * spec.outputs;
    std::mutex mutex;
    double done = 0.0;
    parts_->workers.run(parts_->workers.count(), [&](int worker) {
        kernels::Workspace& space = parts_->spaces[static_cast<std::size_t>(worker)];
        float* const destination = parts_->destinations[static_cast<std::size_t>(worker)].data();
        double own = 0.0;
        for (const Clock::time_point begin = Clock::now(); own == 0.0 || secondsSince(begin) < seconds;) {
            parts_->layer->run(parts_->source.data(), productRows, 0, destination, space);
            own += operations;
        }
        const std::scoped_lock lock(mutex);
        done += own;
    });
    return done;
}

std::size_t packedBytes(const LoadedModelPtr& model) {
    const TorchModel& network = torchModel(model);
    return network.fast ? network.fast->bytes() : 0;
}

} // namespace livegloss::engine
