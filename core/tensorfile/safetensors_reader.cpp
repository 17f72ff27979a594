#include "data_type.h"
#include "safetensors_header.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <mutex>
#include <new>
#include <unordered_map>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t longestHeader = 100'000'000;
constexpr std::size_t partBytes = 1U << 20;

std::string quotedPath(const std::filesystem::path& path) {
    std::string text("'");
    text += path.string();
    text += '\'';
    return text;
}

tl::unexpected<Error> unreadable(const std::filesystem::path& path, const std::string& reason) {
    return failure(ErrorCode::Unreadable, quotedPath(path) + ": " + reason,
                   "The file is damaged or is not a .safetensors file; copy or download it again.");
}

} // namespace

struct SafetensorsReader::Contents {
    std::filesystem::path path;
    Metadata metadata;
    std::vector<TensorInfo> tensors;
    std::unordered_map<std::string_view, const TensorInfo*> byName; ///< into `tensors`
    mutable std::mutex mutex;                                       ///< guards `file`
    mutable std::ifstream file; ///< stays open: a file renamed over the path does not change what is read

    Result<void> readAt(std::uint64_t offset, std::byte* destination, std::uint64_t bytes) const {
        const std::scoped_lock lock(mutex);
        file.clear();
        file.seekg(static_cast<std::streamoff>(offset));
        file.read(reinterpret_cast<char*>(destination), static_cast<std::streamsize>(bytes));
        if (!file || static_cast<std::uint64_t>(file.gcount()) != bytes) {
            return unreadable(path, "only " + std::to_string(file.gcount()) + " of " + std::to_string(bytes) +
                                        " bytes at offset " + std::to_string(offset) + " could be read");
        }
        return {};
    }
};

SafetensorsReader::SafetensorsReader(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

Result<SafetensorsReader> SafetensorsReader::open(const std::filesystem::path& path) try {
    std::error_code problem;
    const auto status = std::filesystem::status(path, problem);
    if (status.type() == std::filesystem::file_type::not_found) {
        return failure(ErrorCode::NotFound, "there is no file " + quotedPath(path));
    }
    if (problem == std::errc::permission_denied) {
        return failure(ErrorCode::PermissionDenied, "no permission to look at " + quotedPath(path));
    }
    // A pipe or device could block for ever.
    if (status.type() != std::filesystem::file_type::regular) {
        return failure(ErrorCode::Unreadable, quotedPath(path) + " is not a regular file");
    }
    auto contents = std::make_shared<Contents>();
    contents->path = path;
    contents->file.open(path, std::ios::binary);
    if (!contents->file) {
        return failure(ErrorCode::PermissionDenied, "no permission to read " + quotedPath(path));
    }
    contents->file.seekg(0, std::ios::end);
    const auto fileBytes = static_cast<std::uint64_t>(contents->file.tellg());
    if (fileBytes < 8) {
        return unreadable(path, "only " + std::to_string(fileBytes) + " bytes long; the header's length needs 8");
    }
    std::uint64_t headerBytes = 0;
    if (auto read = contents->readAt(0, reinterpret_cast<std::byte*>(&headerBytes), 8); !read) {
        return tl::unexpected(read.error());
    }
    if (headerBytes > fileBytes - 8 || headerBytes > longestHeader) {
        return unreadable(path,
                          "its first 8 bytes announce a header of " + std::to_string(headerBytes) + " bytes, " +
                              (headerBytes > fileBytes - 8 ? "more than the file holds" : "more than is allowed"));
    }
    std::string text(headerBytes, '\0');
    if (auto read = contents->readAt(8, reinterpret_cast<std::byte*>(text.data()), headerBytes); !read) {
        return tl::unexpected(read.error());
    }
    auto header = parseSafetensorsHeader(text, fileBytes - 8 - headerBytes);
    if (!header) {
        return unreadable(path, header.error().message);
    }
    contents->metadata = std::move(header->metadata);
    contents->tensors = std::move(header->tensors);
    for (TensorInfo& tensor : contents->tensors) {
        tensor.offset += 8 + headerBytes;
        contents->byName.emplace(tensor.name, &tensor);
    }
    return SafetensorsReader(std::move(contents));
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the header of " + quotedPath(path));
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

Result<std::vector<std::byte>> SafetensorsReader::readBytes(std::string_view name) const try {
    const TensorInfo* tensor = find(name);
    if (tensor == nullptr) {
        return failure(ErrorCode::NotFound,
                       quotedPath(contents_->path) + " holds no tensor '" + std::string(name) + "'");
    }
    std::vector<std::byte> bytes(tensor->bytes);
    if (auto read = contents_->readAt(tensor->offset, bytes.data(), tensor->bytes); !read) {
        return tl::unexpected(read.error());
    }
    return bytes;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory,
                   "not enough memory for tensor '" + std::string(name) + "' of " + quotedPath(contents_->path));
}

Result<void> SafetensorsReader::readFloatsInto(std::string_view name, std::span<float> destination) const try {
    const TensorInfo* tensor = find(name);
    if (tensor == nullptr) {
        return failure(ErrorCode::NotFound,
                       quotedPath(contents_->path) + " holds no tensor '" + std::string(name) + "'");
    }
    if (destination.size() != static_cast<std::size_t>(elementCount(tensor->shape))) {
        return failure(ErrorCode::InvalidArgument, "tensor '" + tensor->name + "' has the shape " +
                                                       shapeText(tensor->shape) + ", not " +
                                                       std::to_string(destination.size()) + " values");
    }
    // In parts, so that a large tensor is not in memory twice.
    const std::size_t width = dataTypeSize(tensor->type);
    std::vector<std::byte> part(std::min<std::size_t>(partBytes, tensor->bytes));
    std::uint64_t offset = tensor->offset;
    while (!destination.empty()) {
        const std::size_t count = std::min(destination.size(), part.size() / width);
        if (auto read = contents_->readAt(offset, part.data(), count * width); !read) {
            return read;
        }
        convertToFloats(tensor->type, part, destination.first(count));
        offset += count * width;
        destination = destination.subspan(count);
    }
    return {};
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory,
                   "not enough memory for tensor '" + std::string(name) + "' of " + quotedPath(contents_->path));
}

Result<std::vector<float>> SafetensorsReader::readFloats(std::string_view name) const try {
    const TensorInfo* tensor = find(name);
    std::vector<float> values(tensor == nullptr ? 0 : static_cast<std::size_t>(elementCount(tensor->shape)));
    if (auto read = readFloatsInto(name, values); !read) {
        return tl::unexpected(read.error());
    }
    return values;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory,
                   "not enough memory for tensor '" + std::string(name) + "' of " + quotedPath(contents_->path));
}

Result<std::vector<std::int64_t>> SafetensorsReader::readIntegers(std::string_view name) const try {
    auto bytes = readBytes(name);
    if (!bytes) {
        return tl::unexpected(bytes.error());
    }
    const TensorInfo* tensor = find(name);
    std::vector<std::int64_t> values(static_cast<std::size_t>(elementCount(tensor->shape)));
    if (!convertToIntegers(tensor->type, *bytes, values)) {
        return failure(ErrorCode::Unsupported, quotedPath(contents_->path) + ": tensor '" + tensor->name + "' (" +
                                                   std::string(dataTypeName(tensor->type)) +
                                                   ") does not hold integers of 64 bits");
    }
    return values;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory,
                   "not enough memory for tensor '" + std::string(name) + "' of " + quotedPath(contents_->path));
}

} // namespace livegloss::tensorfile
