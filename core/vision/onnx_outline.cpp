#include "onnx_outline.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace livegloss::vision {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// A field of a protocol buffer message: a number, or bytes (text or a message).
struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;
    Bytes bytes;

    std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// Walks through the fields of a message, as the encoding of protocol buffers lays them out.
class Message {
public:
    explicit Message(Bytes bytes) : rest_(bytes) {}

    std::optional<Field> next() {
        if (rest_.empty() || !intact_) {
            return std::nullopt;
        }
        const std::uint64_t key = number();
        Field field;
        field.number = key >> 3;
        switch (key & 7) {
        case 0:
            field.value = number();
            break;
        case 1:
            take(8);
            break;
        case 2:
            field.bytes = take(number());
            break;
        case 5:
            take(4);
            break;
        default:
            intact_ = false;
        }
        intact_ = intact_ && field.number > 0;
        return intact_ ? std::optional(field) : std::nullopt;
    }
    /// Of a list of numbers without fields.
    std::optional<std::uint64_t> nextNumber() {
        if (rest_.empty() || !intact_) {
            return std::nullopt;
        }
        const std::uint64_t value = number();
        return intact_ ? std::optional(value) : std::nullopt;
    }
    /// False once something did not fit the encoding.
    bool intact() const { return intact_; }

private:
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const std::uint8_t byte = rest_.front();
            rest_ = rest_.subspan(1);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) {
                return value;
            }
        }
        intact_ = false;
        return 0;
    }
    Bytes take(std::uint64_t length) {
        if (!intact_ || length > rest_.size()) {
            intact_ = false;
            return {};
        }
        const Bytes taken = rest_.first(static_cast<std::size_t>(length));
        rest_ = rest_.subspan(static_cast<std::size_t>(length));
        return taken;
    }

    Bytes rest_;
    bool intact_ = true;
};

/// Calls `take` with every field; false where the message is broken.
template <class Take>
bool forEachField(Bytes bytes, Take take) {
    Message message(bytes);
    while (const auto field = message.next()) {
        if (!take(*field)) {
            return false;
        }
    }
    return message.intact();
}

// Numbers of fields as onnx.proto has them.
enum ModelField : std::uint64_t { Graph = 7, MetadataEntry = 14 };
enum GraphField : std::uint64_t { Node = 1, Initializer = 5, Input = 11, Output = 12 };
enum NodeField : std::uint64_t { NodeFrom = 1, NodeTo = 2 };
enum EntryField : std::uint64_t { Key = 1, Value = 2 };
enum StoredField : std::uint64_t { Sizes = 1, ElementType = 2, FloatData = 4, StoredName = 8, RawData = 9, Place = 14 };
enum ValueField : std::uint64_t { ValueName = 1, ValueType = 2 };
constexpr std::uint64_t kTensorType = 1;
constexpr std::uint64_t kShape = 2;
constexpr std::uint64_t kDimension = 1;
constexpr std::uint64_t kDimensionValue = 1;

bool readShape(Bytes shape, std::vector<std::int64_t>& sizes) {
    return forEachField(shape, [&](const Field& field) {
        if (field.number != kDimension) {
            return true;
        }
        std::int64_t size = -1;
        const bool intact = forEachField(field.bytes, [&size](const Field& inner) {
            size = inner.number == kDimensionValue ? static_cast<std::int64_t>(inner.value) : size;
            return true;
        });
        sizes.push_back(size > 0 ? size : -1);
        return intact;
    });
}

bool readTensor(Bytes value, OnnxTensor& tensor) {
    return forEachField(value, [&](const Field& field) {
        if (field.number == ValueName) {
            tensor.name = field.text();
        }
        return field.number != ValueType || forEachField(field.bytes, [&](const Field& type) {
                   return type.number != kTensorType || forEachField(type.bytes, [&](const Field& part) {
                              return part.number != kShape || readShape(part.bytes, tensor.shape);
                          });
               });
    });
}

/// A weight in the file.
struct StoredTensor {
    std::string name;
    std::vector<std::uint64_t> sizes;
    std::uint64_t type = 0;
    std::size_t rawBytes = 0;
    std::size_t floatBytes = 0;
    bool elsewhere = false; ///< in another file
};

bool readSizes(const Field& field, std::vector<std::uint64_t>& sizes) {
    if (field.bytes.empty()) {
        sizes.push_back(field.value);
        return true;
    }
    Message packed(field.bytes);
    while (const auto size = packed.nextNumber()) {
        sizes.push_back(*size);
    }
    return packed.intact();
}

bool readStored(Bytes bytes, StoredTensor& tensor) {
    return forEachField(bytes, [&tensor](const Field& field) {
        switch (field.number) {
        case Sizes:
            return readSizes(field, tensor.sizes);
        case ElementType:
            tensor.type = field.value;
            break;
        case FloatData:
            tensor.floatBytes += field.bytes.size();
            break;
        case StoredName:
            tensor.name = field.text();
            break;
        case RawData:
            tensor.rawBytes = field.bytes.size();
            break;
        case Place:
            tensor.elsewhere = field.value == 1;
            break;
        default:
            break;
        }
        return true;
    });
}

/// Whether the bytes there are those that the sizes ask for: OpenCV reads as many without looking.
bool isWhole(const StoredTensor& tensor) {
    // Bytes of an element by ONNX's numbers of types; 0 for those that hold no plain numbers.
    static constexpr std::array<std::uint64_t, 17> bytesOf{0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 8, 16, 2};
    constexpr std::uint64_t most = std::uint64_t{1} << 31;
    std::uint64_t count = 1;
    for (const std::uint64_t size : tensor.sizes) {
        if (size > most || count * size > most) {
            return false;
        }
        count *= size;
    }
    const std::uint64_t each = tensor.type < bytesOf.size() ? bytesOf[tensor.type] : 0;
    return (tensor.rawBytes == 0 || tensor.rawBytes == count * each) &&
           (tensor.floatBytes == 0 || tensor.floatBytes == count * 4);
}

struct NodeNames {
    std::vector<std::string> from; ///< empty ones were left out
    std::vector<std::string> to;
};

bool readNode(Bytes bytes, NodeNames& node) {
    return forEachField(bytes, [&node](const Field& field) {
        if (field.number == NodeFrom || field.number == NodeTo) {
            (field.number == NodeFrom ? node.from : node.to).push_back(field.text());
        }
        return true;
    });
}

/// Whether every node works on what is there before it, and every output is made: OpenCV follows names without looking.
bool isConnected(const std::vector<NodeNames>& nodes, std::set<std::string> known, const OnnxOutline& outline) {
    known.insert(std::string());
    for (const OnnxTensor& input : outline.inputs) {
        known.insert(input.name);
    }
    for (const NodeNames& node : nodes) {
        if (!std::ranges::all_of(node.from, [&known](const std::string& name) { return known.contains(name); })) {
            return false;
        }
        known.insert(node.to.begin(), node.to.end());
    }
    return std::ranges::all_of(outline.outputs,
                               [&known](const OnnxTensor& output) { return known.contains(output.name); });
}

bool readGraph(Bytes graph, OnnxOutline& outline) {
    std::set<std::string> stored;
    std::vector<NodeNames> nodes;
    const bool intact = forEachField(graph, [&](const Field& field) {
        switch (field.number) {
        case Node:
            return readNode(field.bytes, nodes.emplace_back());
        case Input:
            return readTensor(field.bytes, outline.inputs.emplace_back());
        case Output:
            return readTensor(field.bytes, outline.outputs.emplace_back());
        case Initializer: {
            StoredTensor tensor;
            const bool whole = readStored(field.bytes, tensor) && isWhole(tensor);
            outline.weightsElsewhere |= tensor.elsewhere;
            stored.insert(tensor.name);
            return whole;
        }
        default:
            return true;
        }
    });
    std::erase_if(outline.inputs, [&stored](const OnnxTensor& input) { return stored.contains(input.name); });
    return intact && isConnected(nodes, std::move(stored), outline);
}

bool readEntry(Bytes bytes, OnnxOutline& outline) {
    std::string key;
    std::string value;
    const bool intact = forEachField(bytes, [&](const Field& field) {
        if (field.number == Key) {
            key = field.text();
        } else if (field.number == Value) {
            value = field.text();
        }
        return true;
    });
    outline.metadata[key] = value;
    return intact;
}

} // namespace

Result<OnnxOutline> readOnnxOutline(std::span<const std::uint8_t> file, const std::string& name) {
    OnnxOutline outline;
    const bool intact = forEachField(file, [&outline](const Field& field) {
        if (field.number == Graph) {
            return readGraph(field.bytes, outline);
        }
        return field.number != MetadataEntry || readEntry(field.bytes, outline);
    });
    if (!intact || outline.inputs.empty() || outline.outputs.empty()) {
        return failure(ErrorCode::Unreadable, name + " is no ONNX file, or a part of one is missing",
                       "Export or copy the detector anew; its file ends in .onnx.");
    }
    if (outline.weightsElsewhere) {
        return failure(ErrorCode::Unsupported, name + ": its weights lie in another file",
                       "Export the detector as one file.");
    }
    return outline;
}

} // namespace livegloss::vision
