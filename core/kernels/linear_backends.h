#pragma once

#include "kernels/linear.h"

namespace livegloss::kernels {

using Weights = std::span<const float>;

std::unique_ptr<Linear> makePortableLinear(const LinearSpec& spec, Weights weights, Weights bias);
#ifdef LIVEGLOSS_WITH_AVX2
std::unique_ptr<Linear> makeAvx2Linear(const LinearSpec& spec, Weights weights, Weights bias);
#endif
#ifdef LIVEGLOSS_WITH_AMX
/// Reads Bf16.
std::unique_ptr<Linear> makeAmxLinear(const LinearSpec& spec, Weights weights, Weights bias);
/// F32 in and out, by weights rounded to Bf16; for few rows.
std::unique_ptr<Linear> makeNarrowLinear(const LinearSpec& spec, Weights weights, Weights bias);
#endif
#ifdef LIVEGLOSS_WITH_ONEDNN
std::unique_ptr<Linear> makeOneDnnLinear(const LinearSpec& spec, Weights weights, Weights bias);
/// Whether oneDNN has a matrix product for `element` on this processor.
bool oneDnnMultiplies(Element element);
#endif

} // namespace livegloss::kernels
