#include "torch_values.h"

#include "data_type.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace livegloss::tensorfile {
namespace {

constexpr std::size_t chunkBytes = 1U << 20;
constexpr std::size_t smallestWindow = 4096;

/// The bytes of one storage at any place.
class StorageBytes {
public:
    StorageBytes(const FileBytes& file, const TensorPlace& place)
        : file_(file), offset_(place.storage.offset), unpacked_(place.unpacked) {}

    void read(std::uint64_t place, std::span<std::byte> destination) const {
        if (unpacked_ == nullptr) {
            file_.read(offset_ + place, destination);
        } else if (!destination.empty()) {
            std::memcpy(destination.data(), unpacked_->data() + place, destination.size());
        }
    }

private:
    const FileBytes& file_;
    std::uint64_t offset_;
    UnpackedStorage unpacked_;
};

bool isRowMajor(const TorchTensor& tensor) {
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != expected) {
            return false;
        }
        expected *= tensor.shape[i];
    }
    return true;
}

/// `convert` takes the bytes of some elements and where their values go.
template <class Value, class Convert>
void readRowMajor(const StorageBytes& bytes, const TorchTensor& tensor, std::span<Value> destination, Convert convert) {
    const std::size_t width = dataTypeSize(tensor.type);
    std::uint64_t place = static_cast<std::uint64_t>(tensor.storageOffset) * width;
    std::vector<std::byte> buffer(std::min(chunkBytes, destination.size() * width));
    while (!destination.empty()) {
        const std::size_t count = std::min(destination.size(), buffer.size() / width);
        const auto part = std::span(buffer).first(count * width);
        bytes.read(place, part);
        convert(std::span<const std::byte>(part), destination.first(count));
        place += part.size();
        destination = destination.subspan(count);
    }
}

/// A part of a storage in memory that moves to where it is asked for: small after a jump, growing while the places
/// follow each other.
class Window {
public:
    Window(const StorageBytes& bytes, std::uint64_t size) : bytes_(bytes), size_(size) {}

    std::span<const std::byte> at(std::uint64_t place, std::size_t width) {
        if (place < begin_ || place + width > begin_ + buffer_.size()) {
            const std::uint64_t end = begin_ + buffer_.size();
            const bool follows = !buffer_.empty() && place >= begin_ && place < end + buffer_.size();
            const std::size_t wanted = follows ? std::min(chunkBytes, 4 * buffer_.size()) : smallestWindow;
            begin_ = place;
            buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, size_ - place)));
            bytes_.read(begin_, buffer_);
        }
        return std::span<const std::byte>(buffer_).subspan(static_cast<std::size_t>(place - begin_), width);
    }

private:
    const StorageBytes& bytes_;
    std::uint64_t size_;
    std::uint64_t begin_ = 0;
    std::vector<std::byte> buffer_;
};

struct Walk {
    std::int64_t size = 1;
    std::int64_t stride = 0;
    std::int64_t step = 0; ///< in the row-major destination
};

/// The tensor's dimensions with the longest stride first, so that a walk through them goes forward in the file.
std::vector<Walk> walkOf(const TorchTensor& tensor) {
    std::vector<Walk> walk(tensor.shape.size());
    std::int64_t step = 1;
    for (std::size_t i = walk.size(); i-- > 0;) {
        walk[i] = {tensor.shape[i], tensor.strides[i], step};
        step *= tensor.shape[i];
    }
    std::erase_if(walk, [](const Walk& dimension) { return dimension.size == 1; });
    std::ranges::stable_sort(walk, std::ranges::greater(), &Walk::stride);
    return walk;
}

template <class Value, class Convert>
void readStrided(const StorageBytes& bytes, const TorchStorage& storage, const TorchTensor& tensor,
                 std::span<Value> destination, Convert convert) {
    const std::size_t width = dataTypeSize(tensor.type);
    Window window(bytes, storage.elements * width);
    const std::vector<Walk> walk = walkOf(tensor);
    std::vector<std::int64_t> index(walk.size(), 0);
    std::int64_t source = tensor.storageOffset;
    std::int64_t target = 0;
    for (std::size_t done = 0; done < destination.size(); ++done) {
        convert(window.at(static_cast<std::uint64_t>(source) * width, width),
                destination.subspan(static_cast<std::size_t>(target), 1));
        for (std::size_t i = walk.size(); i-- > 0;) {
            source += walk[i].stride;
            target += walk[i].step;
            if (++index[i] < walk[i].size) {
                break;
            }
            source -= walk[i].stride * walk[i].size;
            target -= walk[i].step * walk[i].size;
            index[i] = 0;
        }
    }
}

template <class Value, class Convert>
void readValues(const FileBytes& file, const TensorPlace& place, std::span<Value> destination, Convert convert) {
    if (destination.empty()) {
        return;
    }
    const StorageBytes bytes(file, place);
    if (isRowMajor(place.tensor)) {
        readRowMajor(bytes, place.tensor, destination, convert);
    } else {
        readStrided(bytes, place.storage, place.tensor, destination, convert);
    }
}

} // namespace

void verifyStorage(const FileBytes& file, const TorchStorage& storage) {
    if (storage.entry == nullptr) {
        return;
    }
    const auto input = openZipEntry(file, *storage.entry);
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(chunkBytes, storage.entry->bytes)) +
                                  1);
    while (input->next(buffer) > 0) {
    }
}

UnpackedStorage unpackStorage(const FileBytes& file, const TorchStorage& storage) {
    if (storage.entry == nullptr || !storage.entry->deflated) {
        return nullptr;
    }
    auto unpacked = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(storage.entry->bytes));
    const auto input = openZipEntry(file, *storage.entry);
    std::span<std::byte> rest(*unpacked);
    while (!rest.empty()) {
        rest = rest.subspan(input->next(rest));
    }
    return unpacked;
}

void readTorchFloats(const FileBytes& file, const TensorPlace& place, std::span<float> destination) {
    readValues(file, place, destination, [&](std::span<const std::byte> source, std::span<float> values) {
        convertToFloats(place.tensor.type, source, values);
    });
}

bool readTorchIntegers(const FileBytes& file, const TensorPlace& place, std::span<std::int64_t> destination) {
    if (isFloatingPoint(place.tensor.type)) {
        return false;
    }
    bool fits = true;
    readValues(file, place, destination, [&](std::span<const std::byte> source, std::span<std::int64_t> values) {
        fits = convertToIntegers(place.tensor.type, source, values) && fits;
    });
    return fits;
}

} // namespace livegloss::tensorfile
