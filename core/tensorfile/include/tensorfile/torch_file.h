#pragma once

#include "base/result.h"
#include "tensorfile/tensor_source.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

/// A tensor of a PyTorch file: a view into a storage that it may share with others.
struct TorchTensor : SourceTensor {
    std::vector<std::int64_t> strides; ///< in elements, one for each dimension
    std::int64_t storageOffset = 0;    ///< in elements
    std::string storage;               ///< the storage's key in the file
};

/// A PyTorch file: torch.save's zip archives and the layout before PyTorch 1.6, and TorchScript archives, of which only
/// the tensors are read. The pickles inside are read by a restricted reader that builds plain values and nothing else:
/// no code of the file is ever run. Values are read from the file on demand; each storage's checksum is verified the
/// first time one of its tensors is read. Threads may share one file.
class TorchFile {
public:
    /// NotFound, PermissionDenied, Unreadable or Unsupported, with the byte offset or the key in the message.
    static Result<TorchFile> open(const std::filesystem::path& path);

    TensorFileFormat format() const;
    const std::filesystem::path& path() const;
    /// In the order of the pickle. Parameters that appear under two names are listed under both.
    const std::vector<TorchTensor>& tensors() const;
    /// Null when there is none of this full name.
    const TorchTensor* find(std::string_view name) const;
    const Scalars& scalars() const;

    /// Row-major values whatever the strides are. NotFound, InvalidArgument (size), Unreadable.
    Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const;
    Result<std::vector<float>> readFloats(std::string_view name) const;
    /// Values of an integer or Bool tensor. Unsupported for floating point.
    Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const;

private:
    struct Contents;
    explicit TorchFile(std::shared_ptr<const Contents> contents);
    std::shared_ptr<const Contents> contents_;
};

} // namespace livegloss::tensorfile
