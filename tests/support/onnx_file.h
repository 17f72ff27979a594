#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace livegloss::test {

/// An output of a network that looks at nothing but the mean colour of its input.
struct OnnxOutput {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values; ///< as many as the shape asks for
    /// Added to a value: its index and the weights of the input's mean in each of its three planes.
    std::map<std::size_t, std::array<float, 3>> colours;
};

/// Writes ONNX files byte by byte, as protocol buffers lay them out: per output, the input's mean times weights plus
/// constants, in the output's shape.
struct OnnxNetwork {
    std::vector<std::int64_t> input{1, 3, 64, 64}; ///< -1: left open
    std::vector<OnnxOutput> outputs;
    std::map<std::string, std::string> metadata;
    std::string operation = "Conv"; ///< the one that makes the outputs
    std::int64_t missing = 0;       ///< constants that each output claims to have beyond those that are there
    std::string more;               ///< fields of the graph besides, as the functions below give them

    std::string bytes() const {
        std::string graph = node("GlobalAveragePool", {"picture"}, {"means"});
        for (const OnnxOutput& output : outputs) {
            const std::size_t count = output.values.size();
            std::vector<float> weights(3 * count, 0.0F);
            for (const auto& [index, planes] : output.colours) {
                for (std::size_t plane = 0; plane < 3; ++plane) {
                    weights[index * 3 + plane] = planes[plane];
                }
            }
            const auto numbers = static_cast<std::int64_t>(count);
            const std::string& name = output.name;
            graph +=
                node(operation, {"means", name + ".w", name + ".b"}, {name + ".list"}, kernelOfOne()) +
                node("Reshape", {name + ".list", name + ".shape"}, {name}) +
                field(5, tensor(name + ".w", 1, {numbers, 3, 1, 1}, weights)) +
                field(5, tensor(name + ".b", 1, {numbers + missing}, output.values)) +
                field(5, tensor(name + ".shape", 7, {static_cast<std::int64_t>(output.shape.size())}, output.shape));
        }
        graph += more + field(2, "test") + field(11, value("picture", input));
        for (const OnnxOutput& output : outputs) {
            graph += field(12, value(output.name, output.shape));
        }
        std::string model = number(1, 7) + field(8, number(2, 12)) + field(7, graph);
        for (const auto& [key, text] : metadata) {
            model += field(14, field(1, key) + field(2, text));
        }
        return model;
    }

    /// A stored tensor of the graph, or the constant that a node holds, with these fields for its numbers.
    static std::string stored(std::uint64_t type, std::int64_t elements, const std::string& numbers) {
        return field(5, tensorHead("stored", type, {elements}) + numbers);
    }
    static std::string constant(std::uint64_t type, std::int64_t elements, const std::string& numbers) {
        const std::string value = field(5, tensorHead("", type, {elements}) + numbers);
        return node("Constant", {}, {"constant"}, field(5, field(1, "value") + value + number(20, 4)));
    }
    /// A node with a graph of its own.
    static std::string branch() { return node("If", {}, {"chosen"}, field(5, field(1, "then_branch") + field(6, ""))); }

    static std::string varint(std::uint64_t value) {
        std::string bytes;
        for (; value >= 0x80; value >>= 7) {
            bytes += static_cast<char>((value & 0x7F) | 0x80);
        }
        return bytes + static_cast<char>(value);
    }
    static std::string number(std::uint64_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
    static std::string field(std::uint64_t field, const std::string& bytes) {
        return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
    }
    /// A float outside of a packed list.
    static std::string single(std::uint64_t field) { return varint(field << 3 | 5) + std::string(4, '\0'); }

private:
    static std::string node(const std::string& type, const std::vector<std::string>& from,
                            const std::vector<std::string>& to, const std::string& attributes = {}) {
        std::string bytes;
        for (const std::string& name : from) {
            bytes += field(1, name);
        }
        for (const std::string& name : to) {
            bytes += field(2, name);
        }
        return field(1, bytes + field(3, "make " + to.front()) + field(4, type) + attributes);
    }
    static std::string kernelOfOne() {
        return field(5, field(1, "kernel_shape") + number(8, 1) + number(8, 1) + number(20, 7));
    }
    template <class Number>
    static std::string tensor(const std::string& name, std::uint64_t type, const std::vector<std::int64_t>& sizes,
                              const std::vector<Number>& values) {
        const std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number));
        return tensorHead(name, type, sizes) + field(9, raw);
    }
    static std::string tensorHead(const std::string& name, std::uint64_t type, const std::vector<std::int64_t>& sizes) {
        std::string bytes;
        for (const std::int64_t size : sizes) {
            bytes += number(1, static_cast<std::uint64_t>(size));
        }
        return bytes + number(2, type) + field(8, name);
    }
    static std::string value(const std::string& name, const std::vector<std::int64_t>& shape) {
        std::string sizes;
        for (const std::int64_t size : shape) {
            sizes += field(1, size < 0 ? field(2, "open") : number(1, static_cast<std::uint64_t>(size)));
        }
        return field(1, name) + field(2, field(1, number(1, 1) + field(2, sizes)));
    }
};

} // namespace livegloss::test
