#include "safetensors_header.h"

#include "data_type.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

namespace livegloss::tensorfile {
namespace {

// A header of the longest allowed length could hold millions, which would need more memory than the weights.
constexpr std::size_t mostTensors = 200'000;
constexpr std::size_t mostMetadata = 100'000;
constexpr std::size_t longestName = 4096;
constexpr std::uint64_t longestText = 16U << 20;
constexpr std::uint64_t mostMetadataBytes = 32U << 20;

/// Gives the header's letters to the JSON parser one by one, so that the text is never in memory as a whole. Refuses
/// a text in quotation marks that is too long before the parser has collected it.
class HeaderLetters {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;

    HeaderLetters() = default; ///< the end
    explicit HeaderLetters(ByteStream& stream) : stream_(&stream) { ++*this; }

    char operator*() const { return letter_; }
    HeaderLetters& operator++() {
        if (stream_->left() == 0) {
            stream_ = nullptr;
            return *this;
        }
        letter_ = static_cast<char>(stream_->byte());
        if (textBytes_ == 0) {
            textBytes_ = letter_ == '"' ? 1 : 0;
            return *this;
        }
        const bool ends = letter_ == '"' && !escaped_;
        escaped_ = letter_ == '\\' && !escaped_;
        textBytes_ = ends ? 0 : textBytes_ + 1;
        if (textBytes_ > longestText) {
            refuse(joined("bad header: a text of more than ", longestText, " bytes ends past byte ",
                          stream_->position() + 8, " of the file"));
        }
        return *this;
    }
    bool operator==(const HeaderLetters& other) const { return stream_ == other.stream_; }

private:
    ByteStream* stream_ = nullptr;
    char letter_ = '\0';
    bool escaped_ = false;
    std::uint64_t textBytes_ = 0; ///< of the text that is open, its quotation mark included
};

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
        if (name.size() > longestName) {
            return fail("a name has " + std::to_string(name.size()) + " bytes, more than any real one");
        }
        if (place_ == Place::Root) {
            return rootKey(name);
        }
        field_ = name;
        if (place_ == Place::Metadata) {
            place_ = Place::MetadataValue;
            if (header.metadata.size() == mostMetadata) {
                return fail("more than " + std::to_string(mostMetadata) + " metadata entries");
            }
            return !header.metadata.contains(name) || fail("the metadata key " + quotedName(name) + " appears twice");
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
        return fail("tensor " + quotedName(key_) + " has an unknown field " + quotedName(name));
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
            metadataBytes_ += field_.size() + value.size();
            if (metadataBytes_ > mostMetadataBytes) {
                return fail("more than " + std::to_string(mostMetadataBytes) + " bytes of metadata");
            }
            header.metadata.emplace(field_, value);
            place_ = Place::Metadata;
            return true;
        }
        if (place_ == Place::DtypeValue) {
            const auto type = dataTypeFromName(value);
            if (!type) {
                return fail("tensor " + quotedName(key_) + " has the unknown data type " + quotedName(value));
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
            return tensor_.shape.size() <= 16 || fail("tensor " + quotedName(key_) + " has more than 16 dimensions");
        }
        if (place_ == Place::OffsetsItems) {
            offsets_.push_back(value);
            return offsets_.size() <= 2 || fail("tensor " + quotedName(key_) + " has more than two data offsets");
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

    bool rootKey(const std::string& name) {
        if (name == "__metadata__") {
            if (metadataSeen_) {
                return fail("the name " + quotedName(name) + " appears twice");
            }
            metadataSeen_ = true;
        } else if (header.tensors.size() == mostTensors) {
            return fail("more than " + std::to_string(mostTensors) + " tensors");
        }
        key_ = name;
        place_ = Place::RootValue;
        return true;
    }

    bool unexpected(const std::string& what) {
        switch (place_) {
        case Place::Start:
            return fail("the header is not a JSON object but " + what);
        case Place::MetadataValue:
            return fail("the metadata value of " + quotedName(field_) + " is " + what + ", not a string");
        case Place::RootValue:
            return fail("the entry " + quotedName(key_) + " is " + what + ", not an object");
        default:
            return fail("the field " + quotedName(field_) + " of tensor " + quotedName(key_) + " holds " + what);
        }
    }

    bool startField(Place place, bool& seen) {
        if (seen) {
            return fail("tensor " + quotedName(key_) + " has the field " + quotedName(field_) + " twice");
        }
        seen = true;
        place_ = place;
        return true;
    }

    bool finishTensor() {
        const std::string subject = "tensor " + quotedName(key_);
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
    std::string key_;
    std::string field_;
    TensorInfo tensor_;
    std::vector<std::uint64_t> offsets_;
    std::uint64_t metadataBytes_ = 0;
    bool metadataSeen_ = false;
    bool dtypeSeen_ = false;
    bool shapeSeen_ = false;
    bool offsetsSeen_ = false;
};

/// Empty when every name is there once.
std::string nameProblem(const std::vector<TensorInfo>& tensors) {
    std::vector<std::string_view> names;
    names.reserve(tensors.size());
    for (const TensorInfo& tensor : tensors) {
        names.push_back(tensor.name);
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end() ? std::string() : "the name " + quotedName(*twice) + " appears twice";
}

/// Empty when the tensors lie side by side from 0 to `dataBytes`.
std::string coverageProblem(const std::vector<TensorInfo>& tensors, std::uint64_t dataBytes) {
    std::uint64_t end = 0;
    for (const TensorInfo& tensor : tensors) {
        if (tensor.offset + tensor.bytes > dataBytes) {
            return "tensor " + quotedName(tensor.name) + " ends at offset " +
                   std::to_string(tensor.offset + tensor.bytes) + ", but the file has only " +
                   std::to_string(dataBytes) + " bytes of data";
        }
        if (tensor.offset != end) {
            return "tensor " + quotedName(tensor.name) + " begins at offset " + std::to_string(tensor.offset) +
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

SafetensorsHeader readSafetensorsHeader(ByteStream& stream, std::uint64_t dataBytes) {
    HeaderHandler handler;
    if (!nlohmann::json::sax_parse(HeaderLetters(stream), HeaderLetters(), &handler)) {
        refuse(joined("bad header: ", handler.problem));
    }
    SafetensorsHeader header = std::move(handler.header);
    std::string problem = nameProblem(header.tensors);
    if (problem.empty()) {
        std::ranges::sort(header.tensors, {}, [](const TensorInfo& tensor) {
            return std::tuple(tensor.offset, tensor.bytes, std::string_view(tensor.name));
        });
        problem = coverageProblem(header.tensors, dataBytes);
    }
    if (!problem.empty()) {
        refuse(joined("bad header: ", problem));
    }
    return header;
}

} // namespace livegloss::tensorfile
