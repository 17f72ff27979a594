#include "linear_backends.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>
#include <vector>

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

DataType dataType(Element element) {
    return element == Element::F32 ? DataType::f32 : DataType::bf16;
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

dnnl::matmul::primitive_desc describe(const Memory::desc& source, const Memory::desc& weights, const Memory::desc& bias,
                                      const Memory::desc& destination, const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return {processor(), source, weights, bias, destination, attributes};
#else
    return {dnnl::matmul::desc(source, weights, bias, destination), attributes, processor()};
#endif
}

class OneDnnLinear final : public Linear {
public:
    OneDnnLinear(const LinearSpec& spec, Weights weights, Weights bias)
        : Linear(spec), biasValues_(bias.begin(), bias.end()) {
        stayOnThisThread();
        biasValues_.resize(static_cast<std::size_t>(spec.outputs), 0.0F);
        const Memory::desc plain = matrix(spec.inputs, spec.outputs, DataType::f32, spec.outputs);
        const Memory::desc any({spec.inputs, spec.outputs}, dataType(spec.source), Memory::format_tag::any);
        const auto layout = describeFor(std::max(spec.expectedRows, 1), spec.inputs, any);
        weights_ = Memory(layout.weights_desc(), processor(), nullptr);
        weights_.set_data_handle(packed_.room<std::byte>(layout.weights_desc().get_size()));
        dnnl::stream stream(processor());
        // oneDNN only reads it.
        Memory given(plain, processor(), const_cast<float*>(weights.data()));
        dnnl::reorder(given, weights_).execute(stream, given, weights_);
        stream.wait();
    }
    std::size_t bytes() const override { return packed_.bytes() + biasValues_.size() * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        stayOnThisThread();
        const Prepared& prepared = preparedFor(rows, static_cast<Memory::dim>(strideOf(sourceStride)));
        Memory from(prepared.description.src_desc(), processor(), const_cast<void*>(source));
        Memory to(prepared.description.dst_desc(), processor(), destination);
        Memory bias(prepared.description.bias_desc(), processor(), const_cast<float*>(biasValues_.data()));
        const Memory::desc needed = prepared.description.scratchpad_desc();
        Memory scratchpad(needed, processor(),
                          space.scratchpad.room<std::byte>(std::max<std::size_t>(needed.get_size(), 1)));
        dnnl::stream stream(processor());
        prepared.primitive.execute(stream, {{DNNL_ARG_SRC, from},
                                            {DNNL_ARG_WEIGHTS, weights_},
                                            {DNNL_ARG_BIAS, bias},
                                            {DNNL_ARG_DST, to},
                                            {DNNL_ARG_SCRATCHPAD, scratchpad}});
        stream.wait();
    }

private:
    struct Prepared {
        dnnl::matmul::primitive_desc description;
        dnnl::matmul primitive;
    };

    dnnl::matmul::primitive_desc describeFor(Memory::dim rows, Memory::dim stride, const Memory::desc& weights) const {
        dnnl::post_ops operations;
        appendActivation(operations, spec().activation);
        if (spec().accumulate) {
            operations.append_sum(1.0F);
        }
        dnnl::primitive_attr attributes;
        attributes.set_post_ops(operations);
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        return describe(matrix(rows, spec().inputs, dataType(spec().source), stride), weights,
                        matrix(1, spec().outputs, DataType::f32, spec().outputs),
                        matrix(rows, spec().outputs, dataType(spec().destination), spec().outputs), attributes);
    }

    /// One primitive for every number of rows that comes up; those stay few: whole frames of one model.
    const Prepared& preparedFor(Memory::dim rows, Memory::dim stride) const {
        const std::scoped_lock lock(mutex_);
        auto& place = prepared_[{rows, stride}];
        if (!place) {
            const auto description = describeFor(rows, stride, weights_.get_desc());
            place = std::make_unique<Prepared>(Prepared{description, dnnl::matmul(description)});
        }
        return *place;
    }

    std::vector<float> biasValues_;
    AlignedBuffer packed_;
    Memory weights_;
    mutable std::mutex mutex_;
    mutable std::map<std::pair<Memory::dim, Memory::dim>, std::unique_ptr<Prepared>> prepared_;
};

} // namespace

bool oneDnnMultiplies(Element element) {
    constexpr Memory::dim size = 16;
    try {
        describe(matrix(size, size, dataType(element), size), matrix(size, size, dataType(element), size),
                 matrix(1, size, DataType::f32, size), matrix(size, size, DataType::f32, size), {});
        return true;
    } catch (const dnnl::error&) {
        return false;
    }
}

std::unique_ptr<Linear> makeOneDnnLinear(const LinearSpec& spec, Weights weights, Weights bias) {
    try {
        return std::make_unique<OneDnnLinear>(spec, weights, bias);
    } catch (const dnnl::error& error) {
        throw std::invalid_argument(std::string("oneDNN cannot run a layer: ") + error.what());
    }
}

} // namespace livegloss::kernels
