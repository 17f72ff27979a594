#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace livegloss::engine {

enum class EngineKind {
    Fast,     ///< packed weights, kernels for the processor at hand
    Reference ///< LibTorch in f32
};
enum class Precision {
    Auto, ///< int8 where the processor has it (VNNI) and the model a passed check; bf16 with AMX; else f32
    F32,
    Bf16, ///< weights and activations; sums, residual, layer norm, softmax, and, but for their weights with AMX,
          ///< aggregation and temporal head stay f32
    Int8  ///< the large layers' products, by scales in the model's file; everything else as in f32, with AMX as in bf16
};

/// What a person asks for.
struct ComputeRequest {
    EngineKind engine = EngineKind::Fast;
    Precision precision = Precision::Auto;
    /// "auto": the first CUDA device there is, else the processor; "cpu"; "cuda", "cuda:1"; or "torch:" and any device
    /// name of LibTorch.
    std::string device = "auto";
    bool operator==(const ComputeRequest&) const = default;
};

/// Why it was chosen.
enum class ComputeReason {
    AskedFor,     ///< engine or precision named by the person
    NoAmx,        ///< automatic: f32, because bf16 is slower here
    Amx,          ///< automatic: bf16
    RoundedOnly,  ///< bf16 asked for, but not in the processor: f32 arithmetic on rounded values, slower than f32
    CheckedInt8,  ///< automatic: int8, which the processor multiplies and the model passed its check with
    Int8NotFast,  ///< int8 asked for, but the processor has no products of its own for it
    NoFastKernels ///< the reference engine, because the fast one has nothing for this processor
};

/// What runs.
struct ComputeChoice {
    EngineKind engine = EngineKind::Reference;
    Precision precision = Precision::F32; ///< never Auto
    ComputeReason reason = ComputeReason::AskedFor;
    std::string processor;    ///< as it calls itself
    std::string instructions; ///< "portable", "avx2", "avx512", "vnni", "amx"
    std::string backend;      ///< who multiplies: "avx2", "avx512", "onednn", "amx", "libtorch"
    /// Where LibTorch runs the encoder instead, "cuda:0"; empty: nowhere. What stands above is for when it fails, and
    /// for the temporal head.
    std::string device;
    Precision devicePrecision = Precision::F32;
};

/// What `request` comes to on this processor, within LIVEGLOSS_MAX_ISA, for a model that did or did not pass a check of
/// its int8 scales.
ComputeChoice chooseCompute(ComputeRequest request, bool int8Checked = false);
/// One English sentence for logs and the command line.
std::string describe(const ComputeChoice& choice);

std::string_view engineName(EngineKind engine);      ///< "fast", "reference"
std::string_view precisionName(Precision precision); ///< "auto", "f32", "bf16", "int8"
std::optional<EngineKind> engineNamed(std::string_view name);
std::optional<Precision> precisionNamed(std::string_view name);

} // namespace livegloss::engine
