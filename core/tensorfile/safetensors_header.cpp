#include "safetensors_header.h"

#include "data_type.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace livegloss::tensorfile {
namespace {

constexpr std::size_t longestQuotedName = 80;
// A header of the longest allowed length could hold millions, which would need more memory than the weights.
constexpr std::size_t mostTensors = 200'000;
constexpr std::size_t mostMetadata = 100'000;

std::string inQuotes(std::string_view name) {
    std::string text("'");
    text += name.substr(0, longestQuotedName);
    text += name.size() > longestQuotedName ? "...'" : "'";
    return text;
}

/// Receives the header token by token: a plain parse would keep only the last of two equal keys, and would build
/// whatever nesting a hostile file asks for. Every callback returns false to stop, with the reason in `problem`.
class HeaderHandler {
public:
    SafetensorsHeader header;
    std::string problem;

    bool start_object(std::size_t) {
        switch (place_) {
        case Place::Start:
            place_ = Place::Root;
            return true;
        case Place::RootValue:
            place_ = key_ == "__metadata__" ? Place::Metadata : Place::Tensor;
            dtypeSeen_ = shapeSeen_ = offsetsSeen_ = false;
            offsets_.clear();
            tensor_ = TensorInfo{key_, DataType::F32, {}, 0, 0};
            return true;
        default:
            return unexpected("an object");
        }
    }

    bool end_object() {
        if (place_ == Place::Tensor && !finishTensor()) {
            return false;
        }
        place_ = place_ == Place::Root ? Place::End : Place::Root;
        return true;
    }

    bool key(std::string& name) {
        if (place_ == Place::Root) {
            if (!rootKeys_.insert(name).second) {
                return fail("the name " + inQuotes(name) + " appears twice");
            }
            if (rootKeys_.size() > mostTensors) {
                return fail("more than " + std::to_string(mostTensors) + " tensors");
            }
            key_ = name;
            place_ = Place::RootValue;
            return true;
        }
        field_ = name;
        if (place_ == Place::Metadata) {
            place_ = Place::MetadataValue;
            if (header.metadata.size() == mostMetadata) {
                return fail("more than " + std::to_string(mostMetadata) + " metadata entries");
            }
            return !header.metadata.contains(name) || fail("the metadata key " + inQuotes(name) + " appears twice");
        }
        if (name == "dtype") {
            return startField(Place::DtypeValue, dtypeSeen_);
        }
        if (name == "shape") {
            return startField(Place::ShapeValue, shapeSeen_);
        }
        if (name == "data_offsets") {
            return startField(Place::OffsetsValue, offsetsSeen_);
        }
        return fail("tensor " + inQuotes(key_) + " has an unknown field " + inQuotes(name));
    }

    bool start_array(std::size_t) {
        if (place_ == Place::ShapeValue || place_ == Place::OffsetsValue) {
            place_ = place_ == Place::ShapeValue ? Place::ShapeItems : Place::OffsetsItems;
            return true;
        }
        return unexpected("an array");
    }

    bool end_array() {
        place_ = Place::Tensor;
        return true;
    }

    bool string(std::string& value) {
        if (place_ == Place::MetadataValue) {
            header.metadata.emplace(field_, value);
            place_ = Place::Metadata;
            return true;
        }
        if (place_ == Place::DtypeValue) {
            const auto type = dataTypeFromName(value);
            if (!type) {
                return fail("tensor " + inQuotes(key_) + " has the unknown data type " + inQuotes(value));
            }
            tensor_.type = *type;
            place_ = Place::Tensor;
            return true;
        }
        return unexpected("a string");
    }

    bool number_unsigned(std::uint64_t value) {
        if (place_ == Place::ShapeItems) {
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
                return unexpected("a number that large");
            }
            tensor_.shape.push_back(static_cast<std::int64_t>(value));
            return tensor_.shape.size() <= 16 || fail("tensor " + inQuotes(key_) + " has more than 16 dimensions");
        }
        if (place_ == Place::OffsetsItems) {
            offsets_.push_back(value);
            return offsets_.size() <= 2 || fail("tensor " + inQuotes(key_) + " has more than two data offsets");
        }
        return unexpected("a number");
    }

    bool number_integer(std::int64_t) { return unexpected("a negative number"); }
    bool number_float(double, const std::string&) { return unexpected("a fractional or huge number"); }
    bool null() { return unexpected("null"); }
    bool boolean(bool) { return unexpected("true or false"); }
    bool binary(nlohmann::json::binary_t&) { return unexpected("binary data"); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) {
        std::string reason = error.what();
        const auto colon = reason.find(": ");
        problem = "not valid JSON at byte " + std::to_string(position + 8) + " of the file" +
                  (colon == std::string::npos ? "" : " (" + reason.substr(colon + 2, 200) + ")");
        return false;
    }

private:
    enum class Place {
        Start,
        Root,
        RootValue,
        Metadata,
        MetadataValue,
        Tensor,
        DtypeValue,
        ShapeValue,
        ShapeItems,
        OffsetsValue,
        OffsetsItems,
        End
    };

    bool fail(std::string reason) {
        problem = std::move(reason);
        return false;
    }

    bool unexpected(const std::string& what) {
        switch (place_) {
        case Place::Start:
            return fail("the header is not a JSON object but " + what);
        case Place::MetadataValue:
            return fail("the metadata value of " + inQuotes(field_) + " is " + what + ", not a string");
        case Place::RootValue:
            return fail("the entry " + inQuotes(key_) + " is " + what + ", not an object");
        default:
            return fail("the field " + inQuotes(field_) + " of tensor " + inQuotes(key_) + " holds " + what);
        }
    }

    bool startField(Place place, bool& seen) {
        if (seen) {
            return fail("tensor " + inQuotes(key_) + " has the field " + inQuotes(field_) + " twice");
        }
        seen = true;
        place_ = place;
        return true;
    }

    bool finishTensor() {
        const std::string subject = "tensor " + inQuotes(key_);
        if (!dtypeSeen_ || !shapeSeen_ || !offsetsSeen_) {
            return fail(subject + " lacks " + (!dtypeSeen_ ? "dtype" : !shapeSeen_ ? "shape" : "data_offsets"));
        }
        if (offsets_.size() != 2) {
            return fail(subject + " has " + std::to_string(offsets_.size()) + " data offsets instead of two");
        }
        if (offsets_[0] > offsets_[1]) {
            return fail(subject + " ends at offset " + std::to_string(offsets_[1]) + ", before its begin at " +
                        std::to_string(offsets_[0]));
        }
        std::uint64_t needed = dataTypeSize(tensor_.type);
        for (const std::int64_t size : tensor_.shape) {
            if (__builtin_mul_overflow(needed, static_cast<std::uint64_t>(size), &needed) ||
                needed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
                return fail(subject + " has the shape " + shapeText(tensor_.shape) + ", more than can be addressed");
            }
        }
        tensor_.offset = offsets_[0];
        tensor_.bytes = offsets_[1] - offsets_[0];
        if (needed != tensor_.bytes) {
            return fail(subject + " of type " + std::string(dataTypeName(tensor_.type)) + " and shape " +
                        shapeText(tensor_.shape) + " needs " + std::to_string(needed) +
                        " bytes, but its offsets span " + std::to_string(tensor_.bytes));
        }
        header.tensors.push_back(std::move(tensor_));
        return true;
    }

    Place place_ = Place::Start;
    std::set<std::string> rootKeys_;
    std::string key_;
    std::string field_;
    TensorInfo tensor_;
    std::vector<std::uint64_t> offsets_;
    bool dtypeSeen_ = false;
    bool shapeSeen_ = false;
    bool offsetsSeen_ = false;
};

/// Empty when the tensors lie side by side from 0 to `dataBytes`.
std::string coverageProblem(const std::vector<TensorInfo>& tensors, std::uint64_t dataBytes) {
    std::uint64_t end = 0;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.offset + tensor.bytes > dataBytes) {
            return "tensor " + inQuotes(tensor.name) + " ends at offset " +
                   std::to_string(tensor.offset + tensor.bytes) + ", but the file has only " +
                   std::to_string(dataBytes) + " bytes of data";
        }
        if (tensor.offset != end) {
            return "tensor " + inQuotes(tensor.name) + " begins at offset " + std::to_string(tensor.offset) +
                   (tensor.offset < end ? ", inside the tensor before it, which ends at "
                                        : ", leaving a gap after the tensor before it, which ends at ") +
                   std::to_string(end);
        }
        end += tensor.bytes;
    }
    if (end != dataBytes) {
        return std::to_string(dataBytes - end) + " bytes after the last tensor belong to none";
    }
    return {};
}

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, std::uint64_t dataBytes) {
    HeaderHandler handler;
    const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
    if (!parsed) {
        return failure(ErrorCode::Unreadable, "bad header: " + handler.problem);
    }
    SafetensorsHeader header = std::move(handler.header);
    std::ranges::sort(header.tensors, {}, [](const TensorInfo& tensor) {
        return std::make_tuple(tensor.offset, tensor.bytes, std::cref(tensor.name).get());
    });
    if (const std::string problem = coverageProblem(header.tensors, dataBytes); !problem.empty()) {
        return failure(ErrorCode::Unreadable, "bad header: " + problem);
    }
    return header;
}

} // namespace livegloss::tensorfile
