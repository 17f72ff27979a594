#include "kernels/int8_linear.h"
#include "kernels/linear.h"
#include "kernels/row_kernels.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <random>
#include <utility>
#include <vector>

// Kernels at the sizes of ViT-B/16 and ViT-B/32, on one thread. "FLOP/s" is a rate of processor time, so that other
// programs disturb it less.

namespace {

using namespace livegloss::kernels;

std::vector<float> randomValues(std::size_t count) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> distribution(-1.0F, 1.0F);
    std::vector<float> values(count);
    for (float& value : values) {
        value = distribution(random);
    }
    return values;
}

void report(benchmark::State& state, double operations) {
    state.counters["FLOP/s"] = benchmark::Counter(operations * static_cast<double>(state.iterations()),
                                                  benchmark::Counter::kIsRate, benchmark::Counter::kIs1000);
}

/// What a layer of the encoder reads or writes, in either element.
struct Values {
    std::vector<float> floats;
    std::vector<Bfloat16> narrow;

    Values(std::vector<float> values, Element element) : floats(std::move(values)) {
        if (element == Element::Bf16) {
            narrow.resize(floats.size());
            std::ranges::transform(floats, narrow.begin(), toBfloat16);
        }
    }
    void* data() { return narrow.empty() ? static_cast<void*>(floats.data()) : narrow.data(); }
};

/// Arguments: rows, inputs, outputs.
void linear(benchmark::State& state, Backend backend, Activation activation, Element element) {
    if (!backendAvailable(backend, element, usableInstructionSet())) {
        state.SkipWithError("not in this build or processor");
        return;
    }
    const int rows = static_cast<int>(state.range(0));
    LinearSpec spec;
    spec.inputs = static_cast<int>(state.range(1));
    spec.outputs = static_cast<int>(state.range(2));
    spec.activation = activation;
    spec.source = spec.destination = element;
    spec.expectedRows = rows;
    const auto size = [](int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); };
    const auto layer = makeLinear(spec, randomValues(size(spec.inputs, spec.outputs)),
                                  randomValues(static_cast<std::size_t>(spec.outputs)), backend);
    Values source(randomValues(size(rows, spec.inputs)), element);
    Values destination(std::vector<float>(size(rows, spec.outputs)), element);
    Workspace space;
    for ([[maybe_unused]] auto iteration : state) {
        layer->run(source.data(), rows, 0, destination.data(), space);
        benchmark::DoNotOptimize(destination.data());
    }
    report(state, 2.0 * rows * spec.inputs * spec.outputs);
}

void layerShapes(benchmark::internal::Benchmark* benchmark) {
    for (const int rows : {197, 394, 50}) {
        for (const auto& [inputs, outputs] : {std::pair{768, 2304}, std::pair{768, 768}, std::pair{768, 3072},
                                              std::pair{3072, 768}, std::pair{768, 192}, std::pair{192, 768}}) {
            benchmark->Args({rows, inputs, outputs});
        }
    }
    benchmark->Args({1, 768, 768});
    benchmark->Args({1, 512, 2048}); // a step of the temporal head's LSTM
}

BENCHMARK_CAPTURE(linear, avx2, Backend::Avx2, Activation::None, Element::F32)->Apply(layerShapes);
BENCHMARK_CAPTURE(linear, onednn, Backend::OneDnn, Activation::None, Element::F32)->Apply(layerShapes);
BENCHMARK_CAPTURE(linear, onednn_bf16, Backend::OneDnn, Activation::None, Element::Bf16)->Apply(layerShapes);
BENCHMARK_CAPTURE(linear, amx_bf16, Backend::Amx, Activation::None, Element::Bf16)->Apply(layerShapes);
BENCHMARK_CAPTURE(linear, amx_narrow_weights, Backend::Amx, Activation::None, Element::F32)
    ->Args({1, 768, 768})
    ->Args({2, 768, 768})
    ->Args({1, 512, 2048});
BENCHMARK_CAPTURE(linear, avx2_silu, Backend::Avx2, Activation::Silu, Element::F32)->Args({197, 768, 3072});
BENCHMARK_CAPTURE(linear, onednn_silu, Backend::OneDnn, Activation::Silu, Element::F32)->Args({197, 768, 3072});
BENCHMARK_CAPTURE(linear, onednn_bf16_silu, Backend::OneDnn, Activation::Silu, Element::Bf16)->Args({394, 768, 3072});
BENCHMARK_CAPTURE(linear, amx_bf16_silu, Backend::Amx, Activation::Silu, Element::Bf16)->Args({394, 768, 3072});
BENCHMARK_CAPTURE(linear, avx2_gelu, Backend::Avx2, Activation::Gelu, Element::F32)->Args({197, 768, 3072});

/// The same in 8 bits. Arguments: rows, inputs, outputs.
void int8Linear(benchmark::State& state, Backend backend) {
    const InstructionSet set = usableInstructionSet();
    if (!int8Available(backend, set)) {
        state.SkipWithError("not in this build or processor");
        return;
    }
    const int rows = static_cast<int>(state.range(0));
    LinearSpec spec;
    spec.inputs = static_cast<int>(state.range(1));
    spec.outputs = static_cast<int>(state.range(2));
    spec.expectedRows = rows;
    // As the engine has them: tiles hand on Bf16.
    spec.destination = backend == Backend::Amx ? Element::Bf16 : Element::F32;
    const auto size = [](int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); };
    const auto layer =
        makeInt8Linear(spec, randomValues(size(spec.inputs, spec.outputs)),
                       randomValues(static_cast<std::size_t>(spec.outputs)), {}, int8Levels(set), backend);
    const std::vector<float> source = randomValues(size(rows, spec.inputs));
    Values destination(std::vector<float>(size(rows, spec.outputs)), spec.destination);
    Workspace space;
    for ([[maybe_unused]] auto iteration : state) {
        layer->run(source.data(), rows, 0, destination.data(), space);
        benchmark::DoNotOptimize(destination.data());
    }
    report(state, 2.0 * rows * spec.inputs * spec.outputs);
}
BENCHMARK_CAPTURE(int8Linear, onednn, Backend::OneDnn)->Apply(layerShapes);
BENCHMARK_CAPTURE(int8Linear, avx512, Backend::Avx512)->Apply(layerShapes);
BENCHMARK_CAPTURE(int8Linear, amx, Backend::Amx)->Apply(layerShapes);

/// Argument: tokens.
void attention(benchmark::State& state, InstructionSet kernelsFor, Element element) {
    if (usableInstructionSet() < kernelsFor) {
        state.SkipWithError("not in this build or processor");
        return;
    }
    constexpr int heads = 12;
    constexpr int prefix = 8;
    AttentionCall call;
    call.tokens = static_cast<int>(state.range(0));
    call.heads = heads;
    call.prefix = prefix;
    const std::size_t width = heads * headWidth;
    Values rows(randomValues(static_cast<std::size_t>(call.tokens) * 3 * width), element);
    const std::vector<float> keys = randomValues(width * prefix);
    Values mixed(std::vector<float>(static_cast<std::size_t>(call.tokens) * width), element);
    call.element = element;
    call.queryKeyValue = rows.data();
    call.prefixKeys = keys.data();
    call.prefixValues = keys.data();
    call.mixed = mixed.data();
    Workspace space;
    const RowKernels& kernels = rowKernels(kernelsFor);
    for ([[maybe_unused]] auto iteration : state) {
        kernels.attention(call, space);
        benchmark::DoNotOptimize(mixed.data());
    }
    report(state, 4.0 * call.tokens * (call.tokens + prefix) * static_cast<double>(width));
}
BENCHMARK_CAPTURE(attention, avx2, InstructionSet::Avx2, Element::F32)->Arg(197)->Arg(50);
BENCHMARK_CAPTURE(attention, avx512, InstructionSet::Avx512, Element::F32)->Arg(197)->Arg(50);
BENCHMARK_CAPTURE(attention, avx2_bf16, InstructionSet::Avx2, Element::Bf16)->Arg(197);
BENCHMARK_CAPTURE(attention, amx_bf16, InstructionSet::Amx, Element::Bf16)->Arg(197)->Arg(50);

void layerNorm(benchmark::State& state, InstructionSet kernelsFor) {
    if (usableInstructionSet() < kernelsFor) {
        state.SkipWithError("not in this build or processor");
        return;
    }
    constexpr int width = 768;
    const int rows = static_cast<int>(state.range(0));
    const std::vector<float> values = randomValues(static_cast<std::size_t>(rows) * width);
    std::vector<float> result(values.size());
    const RowKernels& kernels = rowKernels(kernelsFor);
    for ([[maybe_unused]] auto iteration : state) {
        kernels.layerNorm(values.data(), rows, width, result.data());
        benchmark::DoNotOptimize(result.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(values.size() * sizeof(float)));
}
BENCHMARK_CAPTURE(layerNorm, avx2, InstructionSet::Avx2)->Arg(197);
BENCHMARK_CAPTURE(layerNorm, avx512, InstructionSet::Avx512)->Arg(197);

} // namespace

BENCHMARK_MAIN();
