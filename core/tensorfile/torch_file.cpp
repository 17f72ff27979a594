#include "tensorfile/torch_file.h"

#include "data_type.h"
#include "file_kind.h"
#include "torch_layout.h"
#include "torch_values.h"

#include <mutex>
#include <unordered_set>

namespace livegloss::tensorfile {

struct TorchFile::Contents {
    std::filesystem::path path;
    std::shared_ptr<const FileBytes> file;
    TorchLayout layout;
    std::unordered_map<std::string_view, const TorchTensor*> byName; ///< into `layout`
    mutable std::mutex mutex;                                        ///< guards what follows
    mutable std::unordered_set<std::string> verified;                ///< storages whose checksum was right
    mutable UnpackedStorage unpacked;                                ///< the compressed one that was read last
    mutable const TorchStorage* unpackedOf = nullptr;

    /// The tensor of this name and its storage, verified. Throws Refusal.
    TensorPlace prepare(std::string_view name) const {
        const auto found = byName.find(name);
        if (found == byName.end()) {
            throw Refusal{ErrorCode::NotFound, joined("there is no tensor ", quotedName(name)), "Choose another file."};
        }
        const TorchTensor* tensor = found->second;
        const TorchStorage* storage = &layout.storages.at(tensor->storage);
        const std::scoped_lock lock(mutex);
        if (!verified.contains(tensor->storage)) {
            verifyStorage(*file, *storage);
            verified.insert(tensor->storage);
        }
        if (storage->entry == nullptr || !storage->entry->deflated) {
            return {*tensor, *storage, nullptr};
        }
        if (unpackedOf != storage) {
            unpackedOf = nullptr;
            unpacked.reset(); // first, so that there are never two
            unpacked = unpackStorage(*file, *storage);
            unpackedOf = storage;
        }
        return {*tensor, *storage, unpacked};
    }
};

TorchFile::TorchFile(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

Result<TorchFile> TorchFile::open(const std::filesystem::path& path) {
    return guarded(path, [&path] {
        auto contents = std::make_shared<Contents>();
        contents->path = path;
        contents->file = FileBytes::open(path);
        switch (tellKind(*contents->file)) {
        case FileKind::Zip:
            contents->layout = readTorchZip(*contents->file);
            break;
        case FileKind::Pickle:
            contents->layout = readTorchLegacy(*contents->file);
            break;
        case FileKind::Safetensors:
            refuseUnsupported("it is not a PyTorch file", "Open it as safetensors.");
        }
        checkSharing(contents->layout);
        for (const TorchTensor& tensor : contents->layout.tensors) {
            contents->byName.emplace(tensor.name, &tensor);
        }
        return TorchFile(std::move(contents));
    });
}

TensorFileFormat TorchFile::format() const {
    return contents_->layout.format;
}
const std::filesystem::path& TorchFile::path() const {
    return contents_->path;
}
const std::vector<TorchTensor>& TorchFile::tensors() const {
    return contents_->layout.tensors;
}
const TorchTensor* TorchFile::find(std::string_view name) const {
    const auto found = contents_->byName.find(name);
    return found == contents_->byName.end() ? nullptr : found->second;
}
const Scalars& TorchFile::scalars() const {
    return contents_->layout.scalars;
}

Result<void> TorchFile::readFloatsInto(std::string_view name, std::span<float> destination) const {
    const auto read = guarded(contents_->path, [&] {
        const TensorPlace place = contents_->prepare(name);
        if (destination.size() != static_cast<std::size_t>(elementCount(place.tensor.shape))) {
            throw Refusal{ErrorCode::InvalidArgument,
                          joined("tensor ", quotedName(name), " has the shape ", shapeText(place.tensor.shape),
                                 ", not ", destination.size(), " values"),
                          {}};
        }
        readTorchFloats(*contents_->file, place, destination);
        return destination.size();
    });
    if (!read) {
        return tl::unexpected(read.error());
    }
    return {};
}

Result<std::vector<float>> TorchFile::readFloats(std::string_view name) const {
    return guarded(contents_->path, [&] {
        const TensorPlace place = contents_->prepare(name);
        std::vector<float> values(static_cast<std::size_t>(elementCount(place.tensor.shape)));
        readTorchFloats(*contents_->file, place, values);
        return values;
    });
}

Result<std::vector<std::int64_t>> TorchFile::readIntegers(std::string_view name) const {
    return guarded(contents_->path, [&] {
        const TensorPlace place = contents_->prepare(name);
        if (isFloatingPoint(place.tensor.type)) {
            refuseUnsupported(
                joined("tensor ", quotedName(name), " (", dataTypeName(place.tensor.type), ") holds no integers"),
                "Read it as numbers with fractions.");
        }
        std::vector<std::int64_t> values(static_cast<std::size_t>(elementCount(place.tensor.shape)));
        readTorchIntegers(*contents_->file, place, values);
        return values;
    });
}

} // namespace livegloss::tensorfile
