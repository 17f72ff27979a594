#pragma once

#include "base/result.h"
#include "model/model_config.h"
#include "model/model_layout.h"
#include "model/quantisation.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::model {

/// What a model file says of itself.
struct ModelDescription {
    ModelConfig config;
    bool backbone = false; ///< only an image tower, to train on: hidden and classes are 0
    std::string source;    ///< file that it was imported from
    /// Learnt numbers. Of a recogniser a matrix that two layers share counts once; of a backbone, all that the file
    /// has.
    std::int64_t parameters = 0;
    std::vector<PartCost> costs; ///< of a backbone its blocks alone
    std::optional<Quantisation> quantisation;
    std::string
        quantisationProblem; ///< why what the file says of 8 bits cannot be used; empty: it can, or says nothing
};

/// Reads the header and checks it; the weights stay on the disk. Any thread. Errors say which key or shape is wrong.
Result<ModelDescription> describeModelFile(const std::filesystem::path& path);

} // namespace livegloss::model
