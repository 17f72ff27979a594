#pragma once

#include "kernels/bfloat16.h"
#include "kernels/instruction_set.h"
#include "kernels/workspace.h"

#include <cstddef>
#include <memory>
#include <span>

namespace livegloss::kernels {

/// After the bias. Silu(z) = z * sigmoid(z); Gelu is the exact one, with the error function.
enum class Activation { None, Silu, Gelu, Relu };

/// Who multiplies.
enum class Backend {
    Portable, ///< plain C++: what the others are compared with
    Avx2,     ///< own kernel, weights in panels of 16 outputs
    Avx512,   ///< own kernel in 8 bits, by VNNI; in f32 oneDNN is as quick
    OneDnn,
    /// Own kernels for tiles. A layer that reads F32 keeps its weights in Bf16 all the same and multiplies them as
    /// floats: for few rows, where reading the weights is all that takes time.
    Amx
};
std::string_view backendName(Backend backend); ///< "portable", "avx2", "avx512", "onednn", "amx"

struct LinearSpec {
    int inputs = 0;
    int outputs = 0;
    Activation activation = Activation::None;
    bool accumulate = false; ///< adds to what the destination holds (F32, no activation)
    /// Element of the source. Bf16: weights are rounded to it too, sums stay f32.
    Element source = Element::F32;
    Element destination = Element::F32;
    int expectedRows = 1; ///< weights are packed for about so many at a time
};

/// A linear layer with its weights packed for one way of multiplying. Immutable: any thread may run it with a workspace
/// of its own. A row's result depends on that row alone, bit for bit, with all but OneDnn.
class Linear {
public:
    virtual ~Linear() = default;
    const LinearSpec& spec() const { return spec_; }

    /// destination[r] = activation(source[r] W + b), or += W and b's part, for `rows` rows. The source's rows begin
    /// `sourceStride` elements apart (0: inputs, none between); the destination's follow one another. The two do not
    /// overlap.
    virtual void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const = 0;
    /// What the packed weights take.
    virtual std::size_t bytes() const = 0;

protected:
    explicit Linear(const LinearSpec& spec) : spec_(spec) {}
    std::size_t strideOf(int sourceStride) const {
        return static_cast<std::size_t>(sourceStride > 0 ? sourceStride : spec_.inputs);
    }

private:
    LinearSpec spec_;
};

/// Whether this build and processor can run `backend` on `element`.
bool backendAvailable(Backend backend, Element element, InstructionSet set);
/// The fastest: own kernels with AVX2, and with AMX for Bf16; else oneDNN.
Backend bestBackend(Element element, InstructionSet set);

/// Packs weights [inputs, outputs] (row-major) and a bias [outputs] or none; both are copied. Throws
/// std::invalid_argument for a layer that the backend cannot run.
std::unique_ptr<Linear> makeLinear(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                                   Backend backend);

} // namespace livegloss::kernels
