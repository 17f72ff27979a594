#pragma once

#include "tensorfile/safetensors.h"
#include "tensorfile/tensor_source.h"

#include <string>
#include <variant>

namespace livegloss::importing {

/// What a safetensors file says of itself; nothing for other formats.
inline tensorfile::Metadata factsOf(const tensorfile::TensorSource& source) {
    tensorfile::Metadata facts;
    if (source.format() == tensorfile::TensorFileFormat::Safetensors) {
        for (const auto& [key, value] : source.scalars()) {
            if (const auto* text = std::get_if<std::string>(&value)) {
                facts.emplace(key, *text);
            }
        }
    }
    return facts;
}

} // namespace livegloss::importing
