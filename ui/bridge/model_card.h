#pragma once

#include "base/result.h"
#include "model/model_config.h"
#include "model/model_layout.h"

#include <cstdint>
#include <filesystem>

namespace livegloss::ui {

/// What a model file says of itself.
struct ModelCard {
    model::ModelConfig config;
    std::int64_t parameters = 0; ///< learnt numbers; a matrix that two layers share counts once
    std::vector<model::PartCost> costs = {};
    std::string source = {}; ///< file that it was imported from
    bool backbone = false;   ///< only an image tower, to train on: hidden and classes are 0
};

/// Reads the header and checks it; the weights stay on the disk. Any thread. Errors say which key or shape is wrong.
Result<ModelCard> readModelCard(const std::filesystem::path& path);

} // namespace livegloss::ui
