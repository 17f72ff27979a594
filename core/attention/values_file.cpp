#include "attention/values_file.h"

#include "base/frame.h"
#include "tensorfile/safetensors.h"

#include <array>
#include <cstdio>
#include <utility>

namespace livegloss::attention {

namespace {

std::string number(double value) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.9g", value);
    return text.data();
}

std::string oneLine(std::string text) {
    for (char& c : text) {
        c = c == '\n' || c == '\r' ? ' ' : c;
    }
    return text;
}

/// What one map of the frames becomes in a tensor file.
struct Column {
    tensorfile::Shape shape;
    std::vector<float> values, classShares, prefixShares;
    std::vector<std::int64_t> inside;
};

} // namespace

std::string valuesCsv(const std::vector<FrameValues>& frames, const std::map<std::string, std::string>& settings) {
    std::string csv;
    for (const auto& [key, value] : settings) {
        csv += "# " + key + ": " + oneLine(value) + "\n";
    }
    csv += "frame,time_s,map,offset,row,column,value\n";
    for (const FrameValues& frame : frames) {
        for (const Layer& layer : frame.layers) {
            std::string start = frame.frameIndex == unknownFrame ? "" : std::to_string(frame.frameIndex);
            start += ',' + number(toSeconds(frame.time)) + ',' + layerName(layer);
            const std::string offset = ',' + std::to_string(layer.offset) + ',';
            for (std::size_t i = 0; i < layer.values.size(); ++i) {
                csv += start;
                csv += offset;
                csv += std::to_string(i / static_cast<std::size_t>(layer.columns)) + ',';
                csv += std::to_string(i % static_cast<std::size_t>(layer.columns)) + ',';
                csv += number(static_cast<double>(layer.values[i])) + '\n';
            }
            if (layer.kind != LayerKind::CrossFrame) {
                csv += start + " class token" + offset + ",," + number(static_cast<double>(layer.classShare)) + '\n';
                csv += start + " prefixes" + offset + ",," + number(static_cast<double>(layer.prefixShare)) + '\n';
            }
        }
    }
    return csv;
}

Result<void> saveValues(const std::filesystem::path& path, const std::vector<FrameValues>& frames,
                        const std::map<std::string, std::string>& settings) {
    std::map<std::string, Column> columns;
    std::vector<std::int64_t> indexes;
    std::vector<float> times;
    for (const FrameValues& frame : frames) {
        indexes.push_back(frame.frameIndex);
        times.push_back(static_cast<float>(toSeconds(frame.time)));
        for (const Layer& layer : frame.layers) {
            Column& column = columns[layerName(layer)];
            column.values.insert(column.values.end(), layer.values.begin(), layer.values.end());
            column.classShares.push_back(layer.classShare);
            column.prefixShares.push_back(layer.prefixShare);
            column.inside.push_back(layer.neighbour == engine::Neighbour::Frame ? 1 : 0);
            column.shape = {layer.rows, layer.columns};
        }
    }
    const auto count = static_cast<std::int64_t>(frames.size());
    tensorfile::SafetensorsWriter writer;
    for (const auto& [key, value] : settings) {
        writer.setMetadata(key, value);
    }
    writer.addIntegers("frames", {count}, indexes);
    writer.addFloats("times_s", {count}, times);
    for (const auto& [name, column] : columns) {
        tensorfile::Shape shape{count};
        if (name == "cross-frame") {
            const std::int64_t offsets =
                static_cast<std::int64_t>(column.inside.size()) / std::max<std::int64_t>(1, count);
            shape.push_back(offsets);
            writer.addIntegers(name + ".inside", {count, offsets}, column.inside);
        } else {
            writer.addFloats(name + ".class_share", {count}, column.classShares);
            writer.addFloats(name + ".prefix_share", {count}, column.prefixShares);
        }
        shape.insert(shape.end(), column.shape.begin(), column.shape.end());
        writer.addFloats(name, shape, column.values);
    }
    return writer.save(path);
}

} // namespace livegloss::attention
