#pragma once

#include "torch_layout.h"

#include <cstdint>
#include <span>

namespace livegloss::tensorfile {

/// Reads a whole storage to check its checksum and length. Storages without a checksum pass. Throws Refusal.
void verifyStorage(const FileBytes& file, const TorchStorage& storage);

/// Row-major values; `destination` holds exactly the tensor's elements. Throws Refusal.
void readTorchFloats(const FileBytes& file, const TorchStorage& storage, const TorchTensor& tensor,
                     std::span<float> destination);
/// As above for integers; false where the values are no integers of 64 bits.
bool readTorchIntegers(const FileBytes& file, const TorchStorage& storage, const TorchTensor& tensor,
                       std::span<std::int64_t> destination);

} // namespace livegloss::tensorfile
