#include "data_type.h"
#include "file_kind.h"
#include "safetensors_header.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <unordered_map>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t lengthBytes = 8;
constexpr std::size_t partBytes = 1U << 20;

} // namespace

struct SafetensorsReader::Contents {
    std::filesystem::path path;
    std::shared_ptr<const FileBytes> file;
    Metadata metadata;
    std::vector<TensorInfo> tensors;
    std::unordered_map<std::string_view, const TensorInfo*> byName; ///< into `tensors`

    /// Throws Refusal.
    const TensorInfo& find(std::string_view name) const {
        const auto found = byName.find(name);
        if (found == byName.end()) {
            throw Refusal{ErrorCode::NotFound, joined("there is no tensor ", quotedName(name)), "Choose another file."};
        }
        return *found->second;
    }

    void readFloats(const TensorInfo& tensor, std::span<float> destination) const {
        if (destination.size() != static_cast<std::size_t>(elementCount(tensor.shape))) {
            throw Refusal{ErrorCode::InvalidArgument,
                          joined("tensor ", quotedName(tensor.name), " has the shape ", shapeText(tensor.shape),
                                 ", not ", destination.size(), " values"),
                          {}};
        }
        // In parts, so that a large tensor is not in memory twice.
        const std::size_t width = dataTypeSize(tensor.type);
        std::vector<std::byte> part(std::min<std::size_t>(partBytes, tensor.bytes));
        std::uint64_t offset = tensor.offset;
        while (!destination.empty()) {
            const std::size_t count = std::min(destination.size(), part.size() / width);
            file->read(offset, std::span(part).first(count * width));
            convertToFloats(tensor.type, part, destination.first(count));
            offset += count * width;
            destination = destination.subspan(count);
        }
    }

    std::vector<std::byte> readBytes(const TensorInfo& tensor) const {
        std::vector<std::byte> bytes(tensor.bytes);
        file->read(tensor.offset, bytes);
        return bytes;
    }
};

SafetensorsReader::SafetensorsReader(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

namespace {

/// Says what the file is where that can be told: copying it again would not help then.
void refuseOtherKind(const FileBytes& file) {
    const FileKind kind = tellKind(file);
    if (kind == FileKind::Zip || kind == FileKind::Pickle) {
        refuseUnsupported("it is a PyTorch checkpoint, not a model of LiveGloss",
                          "Import it first: on the Models page of the window, or with livegloss-cli import.");
    }
}

} // namespace

Result<SafetensorsReader> SafetensorsReader::open(const std::filesystem::path& path) {
    return guarded(path, [&path] {
        auto contents = std::make_shared<Contents>();
        contents->path = path;
        contents->file = FileBytes::open(path);
        const FileBytes& file = *contents->file;
        if (file.size() < lengthBytes) {
            refuse(joined("only ", file.size(), " bytes long; the header's length needs ", lengthBytes));
        }
        std::uint64_t headerBytes = 0;
        file.read(0, std::as_writable_bytes(std::span(&headerBytes, 1)));
        const std::uint64_t present = file.size() - lengthBytes;
        if (headerBytes > present || headerBytes > longestSafetensorsHeader) {
            refuseOtherKind(file);
            refuse(joined("its first 8 bytes announce a header of ", headerBytes,
                          headerBytes > present ? " bytes, more than the file holds" : " bytes, more than is allowed"));
        }
        FileInput input(file, lengthBytes, headerBytes);
        ByteStream stream(input, headerBytes);
        SafetensorsHeader header = readSafetensorsHeader(stream, present - headerBytes);
        contents->metadata = std::move(header.metadata);
        contents->tensors = std::move(header.tensors);
        for (TensorInfo& tensor : contents->tensors) {
            tensor.offset += lengthBytes + headerBytes;
            contents->byName.emplace(tensor.name, &tensor);
        }
        return SafetensorsReader(std::move(contents));
    });
}

const std::filesystem::path& SafetensorsReader::path() const {
    return contents_->path;
}
const Metadata& SafetensorsReader::metadata() const {
    return contents_->metadata;
}
const std::vector<TensorInfo>& SafetensorsReader::tensors() const {
    return contents_->tensors;
}

const TensorInfo* SafetensorsReader::find(std::string_view name) const {
    const auto found = contents_->byName.find(name);
    return found == contents_->byName.end() ? nullptr : found->second;
}

Result<std::vector<std::byte>> SafetensorsReader::readBytes(std::string_view name) const {
    return guarded(contents_->path, [&] { return contents_->readBytes(contents_->find(name)); });
}

Result<void> SafetensorsReader::readFloatsInto(std::string_view name, std::span<float> destination) const {
    const auto read = guarded(contents_->path, [&] {
        contents_->readFloats(contents_->find(name), destination);
        return true;
    });
    if (!read) {
        return tl::unexpected(read.error());
    }
    return {};
}

Result<std::vector<float>> SafetensorsReader::readFloats(std::string_view name) const {
    return guarded(contents_->path, [&] {
        const TensorInfo& tensor = contents_->find(name);
        std::vector<float> values(static_cast<std::size_t>(elementCount(tensor.shape)));
        contents_->readFloats(tensor, values);
        return values;
    });
}

Result<std::vector<std::int64_t>> SafetensorsReader::readIntegers(std::string_view name) const {
    return guarded(contents_->path, [&] {
        const TensorInfo& tensor = contents_->find(name);
        std::vector<std::int64_t> values(static_cast<std::size_t>(elementCount(tensor.shape)));
        if (!convertToIntegers(tensor.type, contents_->readBytes(tensor), values)) {
            refuseUnsupported(joined("tensor ", quotedName(tensor.name), " (", dataTypeName(tensor.type),
                                     ") does not hold integers of 64 bits"),
                              "Read it as numbers with fractions.");
        }
        return values;
    });
}

} // namespace livegloss::tensorfile
