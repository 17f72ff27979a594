#pragma once

#include "tensorfile/tensor_source.h"
#include "tensorfile/torch_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace livegloss::fuzz {

/// A file in memory that holds these bytes, with a path by which it can be opened. Every call overwrites the last
/// one's.
std::filesystem::path fileOf(std::string_view contents);
inline std::string_view asText(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Opens a PyTorch file and reads its smaller tensors in both ways.
void readEverything(const std::filesystem::path& path);

/// Ends the run where a reader does not keep its word.
void require(bool holds, const char* what);

} // namespace livegloss::fuzz
