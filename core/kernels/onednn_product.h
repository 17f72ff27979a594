#pragma once

#include "kernels/linear.h"

#include <map>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

namespace livegloss::kernels {

/// A matrix product by oneDNN over weights that it has packed.
struct OneDnnProductSpec {
    using DataType = dnnl::memory::data_type;
    int inputs = 0;
    int outputs = 0;
    DataType source = DataType::f32;
    DataType weights = DataType::f32;
    DataType destination = DataType::f32;
    bool withBias = false; ///< f32
    Activation activation = Activation::None;
    bool accumulate = false;
    int expectedRows = 1;
};

/// Any thread may run it with a workspace of its own. oneDNN stays on the calling thread.
class OneDnnProduct {
public:
    /// `weights` [inputs, outputs] of type `given`, only read. Throws dnnl::error.
    OneDnnProduct(const OneDnnProductSpec& spec, const void* weights, dnnl::memory::data_type given);

    /// `bias` [outputs], or null without one.
    void run(const void* source, int rows, std::size_t sourceStride, void* destination, const float* bias,
             Workspace& space) const;
    std::size_t bytes() const { return packed_.bytes(); }
    /// Whether oneDNN has this product on this processor.
    static bool available(const OneDnnProductSpec& spec);

private:
    struct Prepared {
        dnnl::matmul::primitive_desc description;
        dnnl::matmul primitive;
    };
    const Prepared& preparedFor(dnnl::memory::dim rows, dnnl::memory::dim stride) const;

    OneDnnProductSpec spec_;
    AlignedBuffer packed_;
    dnnl::memory weights_;
    mutable std::mutex mutex_;
    mutable std::map<std::pair<dnnl::memory::dim, dnnl::memory::dim>, std::unique_ptr<Prepared>> prepared_;
};

} // namespace livegloss::kernels
