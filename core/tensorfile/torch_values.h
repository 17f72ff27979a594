#pragma once

#include "torch_layout.h"

#include <cstdint>
#include <span>

namespace livegloss::tensorfile {

/// Reads a whole storage to check its checksum and length. Storages without a checksum pass. Throws Refusal.
void verifyStorage(const FileBytes& file, const TorchStorage& storage);

/// A compressed storage as a whole, its checksum verified; null where the storage lies plainly in the file.
using UnpackedStorage = std::shared_ptr<const std::vector<std::byte>>;
/// Throws Refusal.
UnpackedStorage unpackStorage(const FileBytes& file, const TorchStorage& storage);

/// Where a tensor's values come from.
struct TensorPlace {
    const TorchTensor& tensor;
    const TorchStorage& storage;
    UnpackedStorage unpacked;
};
/// Row-major values; `destination` holds exactly the tensor's elements. Throws Refusal.
void readTorchFloats(const FileBytes& file, const TensorPlace& place, std::span<float> destination);
/// As above for integers; false where the values are no integers of 64 bits.
bool readTorchIntegers(const FileBytes& file, const TensorPlace& place, std::span<std::int64_t> destination);

} // namespace livegloss::tensorfile
