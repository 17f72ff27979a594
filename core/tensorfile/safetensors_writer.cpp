#include "tensorfile/safetensors.h"

#include "base/new_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

namespace livegloss::tensorfile {
namespace {

/// Calls a progress function, if there is one, with the share of some bytes that are written.
class Reporter {
public:
    Reporter(const std::function<bool(double)>& progress, std::uint64_t bytes)
        : progress_(progress), bytes_(std::max<std::uint64_t>(bytes, 1)) {}

    Result<void> report(std::uint64_t written) const {
        if (progress_ && !progress_(static_cast<double>(written) / static_cast<double>(bytes_))) {
            return failure(ErrorCode::Cancelled, "writing was cancelled");
        }
        return {};
    }

private:
    const std::function<bool(double)>& progress_;
    std::uint64_t bytes_;
};

} // namespace

void SafetensorsWriter::setMetadata(std::string key, std::string value) {
    metadata_[std::move(key)] = std::move(value);
}

void SafetensorsWriter::addFloats(std::string name, Shape shape, std::span<const float> values, DataType storeAs) {
    std::vector<std::byte> bytes;
    if (storeAs == DataType::F32) {
        bytes.resize(values.size_bytes());
        if (!values.empty()) {
            std::memcpy(bytes.data(), values.data(), values.size_bytes());
        }
    } else if (storeAs == DataType::F16) {
        bytes.resize(values.size() * 2);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint16_t half = halfFromFloat(values[i]);
            if (!firstError_ && std::isfinite(values[i]) && (half & 0x7FFFU) == 0x7C00U) {
                firstError_ = Error{ErrorCode::InvalidArgument,
                                    "tensor '" + name + "' holds " + std::to_string(values[i]) + ", too large for F16",
                                    "Store it as F32."};
            }
            std::memcpy(bytes.data() + i * 2, &half, 2);
        }
    } else if (!firstError_) {
        firstError_ = Error{ErrorCode::InvalidArgument,
                            "tensor '" + name + "': floats can be stored as F32 or F16, not as " +
                                std::string(dataTypeName(storeAs)),
                            {}};
    }
    add(std::move(name), std::move(shape), values.size(), storeAs, std::move(bytes));
}

void SafetensorsWriter::addIntegers(std::string name, Shape shape, std::span<const std::int64_t> values) {
    std::vector<std::byte> bytes(values.size_bytes());
    if (!values.empty()) {
        std::memcpy(bytes.data(), values.data(), values.size_bytes());
    }
    add(std::move(name), std::move(shape), values.size(), DataType::I64, std::move(bytes));
}

void SafetensorsWriter::add(std::string name, Shape shape, std::size_t valueCount, DataType type,
                            std::vector<std::byte> bytes) {
    if (!firstError_ && elementCount(shape) != static_cast<std::int64_t>(valueCount)) {
        firstError_ = Error{ErrorCode::InvalidArgument,
                            "tensor '" + name + "' of shape " + shapeText(shape) + " was given " +
                                std::to_string(valueCount) + " values",
                            {}};
    }
    if (!firstError_ && (name.empty() || name == "__metadata__")) {
        firstError_ = Error{ErrorCode::InvalidArgument, "a tensor cannot be called '" + name + "'", {}};
    }
    entries_.emplace_back(std::move(name), Entry{type, std::move(shape), std::move(bytes)});
}

Result<void> SafetensorsWriter::save(const std::filesystem::path& path,
                                     const std::function<bool(double)>& progress) const try {
    if (firstError_) {
        return tl::unexpected(*firstError_);
    }
    std::vector<const std::pair<std::string, Entry>*> order;
    std::set<std::string_view> names;
    for (const auto& entry : entries_) {
        if (!names.insert(entry.first).second) {
            return failure(ErrorCode::InvalidArgument, "two tensors are called '" + entry.first + "'");
        }
        order.push_back(&entry);
    }
    // Wide elements first keeps every tensor aligned to its element.
    std::ranges::stable_sort(order, std::greater<>{},
                             [](const auto* entry) { return dataTypeSize(entry->second.type); });

    auto header = nlohmann::ordered_json::object();
    if (!metadata_.empty()) {
        header["__metadata__"] = metadata_;
    }
    std::uint64_t offset = 0;
    for (const auto* entry : order) {
        const std::uint64_t end = offset + entry->second.bytes.size();
        header[entry->first] = {{"dtype", dataTypeName(entry->second.type)},
                                {"shape", entry->second.shape},
                                {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');

    NewFile file(path);
    const std::uint64_t headerBytes = text.size();
    auto result = file.write(&headerBytes, 8);
    if (result) {
        result = file.write(text.data(), text.size());
    }
    const Reporter reporter(progress, offset);
    std::uint64_t written = 0;
    for (const auto* entry : order) {
        const std::vector<std::byte>& bytes = entry->second.bytes;
        result = result.and_then([&] { return reporter.report(written); });
        result = result.and_then([&] { return file.write(bytes.data(), bytes.size()); });
        written += bytes.size();
    }
    return result.and_then([&] { return reporter.report(written); }).and_then([&] { return file.commit(); });
} catch (const nlohmann::json::exception&) {
    return failure(ErrorCode::InvalidArgument,
                   "a name or metadata value for '" + path.string() + "' is not valid UTF-8");
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory to write '" + path.string() + "'");
}

} // namespace livegloss::tensorfile
