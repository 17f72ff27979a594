#include "tensorfile/tensor_source.h"

#include "file_kind.h"
#include "tensorfile/safetensors.h"
#include "tensorfile/torch_file.h"

#include <new>

namespace livegloss::tensorfile {
namespace {

class SafetensorsSource : public TensorSource {
public:
    explicit SafetensorsSource(SafetensorsReader reader) : reader_(std::move(reader)) {
        for (const TensorInfo& tensor : reader_.tensors()) {
            tensors_.push_back({tensor.name, {}, tensor.name, tensor.type, tensor.shape});
        }
        for (const auto& [key, value] : reader_.metadata()) {
            scalars_.emplace(key, value);
        }
    }

    TensorFileFormat format() const override { return TensorFileFormat::Safetensors; }
    const std::filesystem::path& path() const override { return reader_.path(); }
    const std::vector<SourceTensor>& tensors() const override { return tensors_; }
    const SourceTensor* find(std::string_view name) const override {
        const TensorInfo* found = reader_.find(name);
        return found == nullptr ? nullptr : &tensors_[static_cast<std::size_t>(found - reader_.tensors().data())];
    }
    const Scalars& scalars() const override { return scalars_; }
    Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const override {
        return reader_.readFloatsInto(name, destination);
    }
    Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const override {
        return reader_.readIntegers(name);
    }

private:
    SafetensorsReader reader_;
    std::vector<SourceTensor> tensors_; ///< as many and in the same order as the reader's
    Scalars scalars_;
};

class TorchSource : public TensorSource {
public:
    explicit TorchSource(TorchFile file) : file_(std::move(file)) {
        tensors_.assign(file_.tensors().begin(), file_.tensors().end());
    }

    TensorFileFormat format() const override { return file_.format(); }
    const std::filesystem::path& path() const override { return file_.path(); }
    const std::vector<SourceTensor>& tensors() const override { return tensors_; }
    const SourceTensor* find(std::string_view name) const override {
        const TorchTensor* found = file_.find(name);
        return found == nullptr ? nullptr : &tensors_[static_cast<std::size_t>(found - file_.tensors().data())];
    }
    const Scalars& scalars() const override { return file_.scalars(); }
    Result<void> readFloatsInto(std::string_view name, std::span<float> destination) const override {
        return file_.readFloatsInto(name, destination);
    }
    Result<std::vector<std::int64_t>> readIntegers(std::string_view name) const override {
        return file_.readIntegers(name);
    }

private:
    TorchFile file_;
    std::vector<SourceTensor> tensors_; ///< as many and in the same order as the file's
};

} // namespace

std::string_view formatName(TensorFileFormat format) {
    switch (format) {
    case TensorFileFormat::Safetensors:
        return "safetensors";
    case TensorFileFormat::TorchZip:
        return "PyTorch checkpoint";
    case TensorFileFormat::TorchLegacy:
        return "PyTorch checkpoint (before version 1.6)";
    case TensorFileFormat::TorchScript:
        return "TorchScript archive";
    }
    return {};
}

Result<std::vector<float>> TensorSource::readFloats(std::string_view name) const try {
    const SourceTensor* tensor = find(name);
    std::vector<float> values(tensor == nullptr ? 0 : static_cast<std::size_t>(elementCount(tensor->shape)));
    if (auto read = readFloatsInto(name, values); !read) {
        return tl::unexpected(read.error());
    }
    return values;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory,
                   "not enough memory for tensor '" + std::string(name) + "' of '" + path().string() + "'");
}

Result<std::shared_ptr<const TensorSource>> openTensorFile(const std::filesystem::path& path) {
    const auto kind = guarded(path, [&path] { return tellKind(*FileBytes::open(path)); });
    if (!kind) {
        return tl::unexpected(kind.error());
    }
    if (*kind == FileKind::Safetensors) {
        auto reader = SafetensorsReader::open(path);
        if (!reader) {
            return tl::unexpected(reader.error());
        }
        return std::make_shared<SafetensorsSource>(std::move(*reader));
    }
    auto file = TorchFile::open(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    return std::make_shared<TorchSource>(std::move(*file));
}

} // namespace livegloss::tensorfile
