#include "onnx_outline.h"

#include "onnx_weights.h"

#include <algorithm>
#include <set>

namespace livegloss::vision {

namespace {

using wire::Bytes;
using wire::Field;
using wire::forEachField;
using wire::Kind;

// Numbers of fields as onnx.proto has them.
enum ModelField : std::uint64_t { Graph = 7, MetadataEntry = 14 };
enum GraphField : std::uint64_t { Node = 1, Initializer = 5, Input = 11, Output = 12 };
enum NodeField : std::uint64_t { NodeFrom = 1, NodeTo = 2, Attribute = 5 };
enum AttributeField : std::uint64_t {
    Constant = 5,
    Branch = 6,
    Constants = 10,
    Branches = 11,
    Sparse = 22,
    Sparses = 23
};
enum EntryField : std::uint64_t { Key = 1, Value = 2 };
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

struct NodeNames {
    std::vector<std::string> from; ///< empty ones were left out
    std::vector<std::string> to;
};

/// Checks what a node carries with it: constants, and what OpenCV does not know.
bool readAttribute(Bytes bytes, OnnxOutline& outline) {
    int constants = 0;
    return forEachField(bytes, [&](const Field& field) {
        switch (field.number) {
        case Constant:
        case Constants: {
            constants += field.number == Constant ? 1 : 0; // a second one would be joined to the first
            const auto tensor = readStoredTensor(field.bytes);
            outline.weightsElsewhere |= tensor && tensor->elsewhere;
            return field.kind == Kind::Counted && tensor && constants <= 1;
        }
        case Branch:
        case Branches:
        case Sparse:
        case Sparses:
            outline.branchesOrSparse = true;
            return true;
        default:
            return true;
        }
    });
}

bool readNode(Bytes bytes, NodeNames& node, OnnxOutline& outline) {
    return forEachField(bytes, [&](const Field& field) {
        if (field.number == NodeFrom || field.number == NodeTo) {
            (field.number == NodeFrom ? node.from : node.to).push_back(field.text());
        }
        return field.number != Attribute || readAttribute(field.bytes, outline);
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
            return readNode(field.bytes, nodes.emplace_back(), outline);
        case Input:
            return readTensor(field.bytes, outline.inputs.emplace_back());
        case Output:
            return readTensor(field.bytes, outline.outputs.emplace_back());
        case Initializer: {
            const auto tensor = readStoredTensor(field.bytes);
            if (tensor) {
                outline.weightsElsewhere |= tensor->elsewhere;
                stored.insert(tensor->name);
            }
            return tensor.has_value();
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
    if (outline.branchesOrSparse) {
        return failure(ErrorCode::Unsupported, name + ": it has branches, loops or sparse weights",
                       "Export the detector without them; OpenCV cannot run these.");
    }
    return outline;
}

} // namespace livegloss::vision
