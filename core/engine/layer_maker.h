#pragma once

#include "kernels/linear.h"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace livegloss::engine {

/// Makes a large layer of the encoder in another way than the packer would; null: as the packer would. `name` as
/// model::quantisableLayers() has it; weights [inputs, outputs].
using LayerMaker = std::function<std::unique_ptr<const kernels::Linear>(
    const std::string& name, const kernels::LinearSpec& spec, std::span<const float> weights,
    std::span<const float> bias, kernels::Backend backend)>;

} // namespace livegloss::engine
