#pragma once

#include "base/result.h"
#include "tensorfile/tensor_types.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace livegloss::tensorfile {

enum class TensorFileFormat {
    Safetensors,
    TorchZip,    ///< torch.save since PyTorch 1.6
    TorchLegacy, ///< torch.save before that
    TorchScript, ///< torch.jit.save, which is also what OpenAI's CLIP files are
};
/// For people: "PyTorch checkpoint", "safetensors", ...
std::string_view formatName(TensorFileFormat format);

/// One tensor of a file of any format.
struct SourceTensor {
    std::string name;  ///< unique in the file: `group`/`key`, or `key` alone where there is no group
    std::string group; ///< top-level entry of a checkpoint ("model_state_dict"); empty where the tensors lie at the top
    std::string key;   ///< the tensor's own name below it ("conv2d.visual.proj"); levels are joined by dots
    DataType type = DataType::F32;
    Shape shape;
};

/// A single value beside the tensors, such as a checkpoint's epoch.
using Scalar = std::variant<bool, std::int64_t, double, std::string>;
/// Named like tensors ("epoch", "scheduler_state_dict/last_epoch").
using Scalars = std::map<std::string, Scalar, std::less<>>;

/// Read access to the tensors of one open file. Opening checks every name, size and offset; tensors are read from the
/// file on demand, so that what nobody asks for costs no memory. Threads may share a source.
class TensorSource {
public:
    virtual ~TensorSource() = default;

    virtual TensorFileFormat format() const = 0;
    virtual const std::filesystem::path& path() const = 0;
    /// In the order of the file.
    virtual const std::vector<SourceTensor>& tensors() const = 0;
    /// Null when there is none of this full name.
    virtual const SourceTensor* find(std::string_view name) const = 0;
    /// Numbers, texts and truth values of a checkpoint; a safetensors file's metadata as texts.
    virtual const Scalars& scalars() const = 0;

    /// Row-major values, converted from any type; `destination` holds exactly the tensor's elements. NotFound,
    /// InvalidArgument (size), Unreadable (checksum, file cut short).
    virtual Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const = 0;
    /// Values of an integer or Bool tensor. Unsupported for floating point and for U64 values past int64.
    virtual Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const = 0;

    Result<std::vector<float>> readFloats(std::string_view name) const;
};

/// Opens a file whose format is told from its contents, not from its name. Errors: NotFound, PermissionDenied,
/// Unreadable (damaged, or not allowed to be in such a file), Unsupported (another known format; the message says which
/// and the hint what to do), OutOfMemory.
Result<std::shared_ptr<const TensorSource>> openTensorFile(const std::filesystem::path& path);

} // namespace livegloss::tensorfile
