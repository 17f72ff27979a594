#include "onednn_product.h"

#include <algorithm>
#include <omp.h>
#include <unordered_map>

namespace livegloss::kernels {
namespace {

using Memory = dnnl::memory;
using DataType = Memory::data_type;

const dnnl::engine& processor() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

/// oneDNN's threads are OpenMP's, which starts as many for every thread that calls it. Here every caller is one of
/// several workers and stays alone.
void stayOnThisThread() {
    thread_local bool limited = false;
    if (!limited) {
        ::omp_set_num_threads(1);
        limited = true;
    }
}

Memory::desc matrix(Memory::dim rows, Memory::dim columns, DataType type, Memory::dim stride) {
    return {{rows, columns}, type, Memory::dims{stride, 1}};
}

void appendActivation(dnnl::post_ops& operations, Activation activation) {
    const auto append = [&operations](dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
        operations.append_eltwise(algorithm, alpha, 0.0F);
#else
        operations.append_eltwise(1.0F, algorithm, alpha, 0.0F);
#endif
    };
    switch (activation) {
    case Activation::Silu:
        append(dnnl::algorithm::eltwise_swish, 1.0F);
        break;
    case Activation::Gelu:
        append(dnnl::algorithm::eltwise_gelu_erf, 0.0F);
        break;
    case Activation::Relu:
        append(dnnl::algorithm::eltwise_relu, 0.0F);
        break;
    case Activation::None:
        break;
    }
}

dnnl::matmul::primitive_desc describe(const OneDnnProductSpec& spec, Memory::dim rows, Memory::dim stride,
                                      const Memory::desc& weights) {
    dnnl::post_ops operations;
    appendActivation(operations, spec.activation);
    if (spec.accumulate) {
        operations.append_sum(1.0F);
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(operations);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const Memory::desc source = matrix(rows, spec.inputs, spec.source, stride);
    const Memory::desc destination = matrix(rows, spec.outputs, spec.destination, spec.outputs);
    const Memory::desc bias = spec.withBias ? matrix(1, spec.outputs, DataType::f32, spec.outputs) : Memory::desc();
#if DNNL_VERSION_MAJOR >= 3
    return {processor(), source, weights, bias, destination, attributes};
#else
    return {dnnl::matmul::desc(source, weights, bias, destination), attributes, processor()};
#endif
}

} // namespace

OneDnnProduct::OneDnnProduct(const OneDnnProductSpec& spec, const void* weights, DataType given) : spec_(spec) {
    stayOnThisThread();
    const Memory::desc plain = matrix(spec.inputs, spec.outputs, given, spec.outputs);
    const Memory::desc any({spec.inputs, spec.outputs}, spec.weights, Memory::format_tag::any);
    const auto layout = describe(spec, std::max(spec.expectedRows, 1), spec.inputs, any);
    weights_ = Memory(layout.weights_desc(), processor(), nullptr);
    weights_.set_data_handle(packed_.room<std::byte>(layout.weights_desc().get_size()));
    dnnl::stream stream(processor());
    // oneDNN only reads it.
    Memory from(plain, processor(), const_cast<void*>(weights));
    dnnl::reorder(from, weights_).execute(stream, from, weights_);
    stream.wait();
}

void OneDnnProduct::run(const void* source, int rows, std::size_t sourceStride, void* destination, const float* bias,
                        Workspace& space) const {
    stayOnThisThread();
    const Prepared& prepared = preparedFor(rows, static_cast<Memory::dim>(sourceStride));
    Memory from(prepared.description.src_desc(), processor(), const_cast<void*>(source));
    Memory to(prepared.description.dst_desc(), processor(), destination);
    const Memory::desc needed = prepared.description.scratchpad_desc();
    Memory scratchpad(needed, processor(),
                      space.scratchpad.room<std::byte>(std::max<std::size_t>(needed.get_size(), 1)));
    std::unordered_map<int, Memory> arguments{
        {DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DST, to}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
    if (spec_.withBias) {
        arguments.emplace(DNNL_ARG_BIAS,
                          Memory(prepared.description.bias_desc(), processor(), const_cast<float*>(bias)));
    }
    dnnl::stream stream(processor());
    prepared.primitive.execute(stream, arguments);
    stream.wait();
}

/// One primitive for every number of rows that comes up; those stay few: whole frames of one model.
const OneDnnProduct::Prepared& OneDnnProduct::preparedFor(Memory::dim rows, Memory::dim stride) const {
    const std::scoped_lock lock(mutex_);
    auto& place = prepared_[{rows, stride}];
    if (!place) {
        const auto description = describe(spec_, rows, stride, weights_.get_desc());
        place = std::make_unique<Prepared>(Prepared{description, dnnl::matmul(description)});
    }
    return *place;
}

bool OneDnnProduct::available(const OneDnnProductSpec& spec) {
    try {
        const Memory::dim width = spec.inputs;
        describe(spec, std::max(spec.expectedRows, 1), width, matrix(width, spec.outputs, spec.weights, spec.outputs));
        return true;
    } catch (const dnnl::error&) {
        return false;
    }
}

} // namespace livegloss::kernels
