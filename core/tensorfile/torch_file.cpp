#include "tensorfile/torch_file.h"

#include "refusal.h"

namespace livegloss::tensorfile {

struct TorchFile::Contents {
    std::filesystem::path path;
    std::vector<TorchTensor> tensors;
    Scalars scalars;
};

TorchFile::TorchFile(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

Result<TorchFile> TorchFile::open(const std::filesystem::path& path) {
    return failure(ErrorCode::Unsupported, joined("'", path.string(), "': PyTorch files cannot be read yet"));
}
TensorFileFormat TorchFile::format() const {
    return TensorFileFormat::TorchZip;
}
const std::filesystem::path& TorchFile::path() const {
    return contents_->path;
}
const std::vector<TorchTensor>& TorchFile::tensors() const {
    return contents_->tensors;
}
const TorchTensor* TorchFile::find(std::string_view) const {
    return nullptr;
}
const Scalars& TorchFile::scalars() const {
    return contents_->scalars;
}
Result<void> TorchFile::readFloatsInto(std::string_view, std::span<float>) const {
    return failure(ErrorCode::Unsupported, "PyTorch files cannot be read yet");
}
Result<std::vector<float>> TorchFile::readFloats(std::string_view) const {
    return failure(ErrorCode::Unsupported, "PyTorch files cannot be read yet");
}
Result<std::vector<std::int64_t>> TorchFile::readIntegers(std::string_view) const {
    return failure(ErrorCode::Unsupported, "PyTorch files cannot be read yet");
}

} // namespace livegloss::tensorfile
