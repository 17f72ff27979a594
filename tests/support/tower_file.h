#pragma once

#include "random_model.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

namespace livegloss::test {

/// Writes a small CLIP image tower as OpenAI names it, in a .safetensors file.
inline Result<void> writeTower(const std::filesystem::path& path) {
    const std::filesystem::path whole = path.string().append(".whole.safetensors");
    RandomModel random(6);
    if (auto saved = random.save(whole.string()); !saved) {
        return saved;
    }
    const auto reader = tensorfile::SafetensorsReader::open(whole);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    tensorfile::SafetensorsWriter writer;
    const std::string prefix = "conv2d.";
    for (const tensorfile::TensorInfo& tensor : reader->tensors()) {
        const bool adapted =
            std::ranges::any_of(std::array{"Adapter", "prefix", "aggblocks", "ada_weight", "query", "ln_post_cls"},
                                [&](const char* part) { return tensor.name.find(part) != std::string::npos; });
        if (tensor.name.starts_with("conv2d.visual.") && !adapted) {
            writer.addFloats(tensor.name.substr(prefix.size()), tensor.shape, *reader->readFloats(tensor.name));
        }
    }
    std::filesystem::remove(whole);
    return writer.save(path);
}

} // namespace livegloss::test
