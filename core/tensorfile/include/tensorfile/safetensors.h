#pragma once

#include "base/result.h"
#include "tensorfile/tensor_types.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

struct TensorInfo {
    std::string name;
    DataType type = DataType::F32;
    Shape shape;
    std::uint64_t offset = 0; ///< of the first byte, in the file
    std::uint64_t bytes = 0;
};

/// A .safetensors file, checked completely when it is opened: every size, offset and name in the header has to agree
/// with every other and with the file, so that reading a tensor can only fail when the file itself goes away or
/// shrinks. Reads copy out of the file (nothing is mapped). Threads may share one reader.
class SafetensorsReader {
public:
    /// NotFound, PermissionDenied, or Unreadable with the byte offset or the tensor's name in the message.
    static Result<SafetensorsReader> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const;
    const Metadata& metadata() const;
    /// Ordered by their place in the file.
    const std::vector<TensorInfo>& tensors() const;
    /// Null when there is none.
    const TensorInfo* find(std::string_view name) const;

    /// Row-major values, converted from any type (F16, BF16, F64, integers). NotFound when there is no such tensor.
    Result<std::vector<float>> readFloats(std::string_view name) const;
    /// Values of an integer or Bool tensor. Unsupported for floating point and for U64 values past int64.
    Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const;
    /// As readFloats, into memory of the caller; `destination` holds exactly the tensor's elements.
    Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const;
    /// The tensor's bytes as they lie in the file (little-endian).
    Result<std::vector<std::byte>> readBytes(std::string_view name) const;

private:
    struct Contents;
    explicit SafetensorsReader(std::shared_ptr<const Contents> contents);
    std::shared_ptr<const Contents> contents_;
};

/// Collects tensors and writes them as one .safetensors file.
class SafetensorsWriter {
public:
    void setMetadata(std::string key, std::string value);
    /// Copies `values`. `storeAs` may be F32 or F16 (round to nearest even; InvalidArgument at save() when a finite
    /// value does not fit). Names must be unique and shapes must match; save() reports it otherwise.
    void addFloats(std::string name, Shape shape, std::span<const float> values, DataType storeAs = DataType::F32);
    void addIntegers(std::string name, Shape shape, std::span<const std::int64_t> values);

    /// Writes a temporary file beside `path`, flushes it to the disk and renames it over `path`: afterwards `path`
    /// holds either the old or the new contents, whole. WriteFailed otherwise. `progress` gets the share that is
    /// written, 0..1, for every tensor and once more before the rename; Cancelled where it returns false.
    Result<void> save(const std::filesystem::path& path, const std::function<bool(double)>& progress = {}) const;

private:
    struct Entry {
        DataType type = DataType::F32;
        Shape shape;
        std::vector<std::byte> bytes;
    };
    void add(std::string name, Shape shape, std::size_t valueCount, DataType type, std::vector<std::byte> bytes);

    Metadata metadata_;
    std::vector<std::pair<std::string, Entry>> entries_;
    std::optional<Error> firstError_;
};

} // namespace livegloss::tensorfile
