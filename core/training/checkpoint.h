#pragma once

#include "base/result.h"
#include "training/losses.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace livegloss::training {

/// Everything that a stage needs to go on: tensors by name and a few facts.
using CheckpointFacts = std::map<std::string, std::string>;

/// Writes floating point tensors as F32 and integer tensors as I64; replaces `path` as a whole.
Result<void> writeCheckpoint(const std::filesystem::path& path, const std::vector<NamedParameter>& tensors,
                             const CheckpointFacts& facts);
/// Reads values into `tensors`, all of which have to be there with the same shape.
Result<CheckpointFacts> readCheckpoint(const std::filesystem::path& path, const std::vector<NamedParameter>& tensors);

/// SHA-256 of names, shapes and values.
std::string checksum(const std::vector<NamedParameter>& tensors);

/// Parameters and buffers of a module under `prefix`. Aliases, not copies.
std::vector<NamedParameter> moduleTensors(const torch::nn::Module& module, const std::string& prefix);

} // namespace livegloss::training
