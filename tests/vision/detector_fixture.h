#pragma once

#include "onnx_file.h"
#include "vision/part_detector.h"

#include <QFile>
#include <QTemporaryDir>

namespace livegloss::test {

/// Middle and size in pixels of the network's picture, objectness and a score for each class.
struct Box {
    std::array<float, 4> place;
    float objectness;
    std::vector<float> classes;
};

inline OnnxOutput rowsOf(const std::vector<Box>& boxes) {
    OnnxOutput output;
    output.name = "output0";
    output.shape = {1, static_cast<std::int64_t>(boxes.size()),
                    5 + static_cast<std::int64_t>(boxes.front().classes.size())};
    for (const Box& box : boxes) {
        output.values.insert(output.values.end(), box.place.begin(), box.place.end());
        output.values.push_back(box.objectness);
        output.values.insert(output.values.end(), box.classes.begin(), box.classes.end());
    }
    return output;
}

inline OnnxNetwork networkOf(OnnxOutput output, const char* names = "{0: 'hand', 1: 'face'}") {
    OnnxNetwork network;
    network.outputs = {std::move(output)};
    if (names != nullptr) {
        network.metadata["names"] = names;
    }
    return network;
}

inline Frame frameOf(int width, int height, std::array<std::uint8_t, 3> colour = {128, 128, 128}) {
    Frame frame;
    frame.width = width;
    frame.height = height;
    for (int i = 0; i < width * height; ++i) {
        frame.rgb.insert(frame.rgb.end(), colour.begin(), colour.end());
    }
    return frame;
}

// Hands that overlap, a third hand, a weak one, and two faces; in a picture of 64 x 64.
inline const std::vector<Box> kScene{{{16, 32, 8, 16}, 0.9F, {0.9F, 0.1F}},  {{17, 32, 8, 16}, 0.9F, {0.8F, 0.1F}},
                                     {{48, 40, 8, 8}, 1.0F, {0.6F, 0.0F}},   {{40, 20, 4, 4}, 1.0F, {0.55F, 0.2F}},
                                     {{8, 20, 4, 4}, 1.0F, {0.3F, 0.0F}},    {{32, 24, 8, 8}, 0.8F, {0.2F, 0.9F}},
                                     {{56, 24, 8, 8}, 0.8F, {0.2F, 0.7F}},   {{4, 60, 4, 4}, 0.0F, {0.2F, 0.7F}},
                                     {{60, 60, 4, 4}, 0.0F, {0.01F, 0.01F}}, {{60, 4, 4, 4}, 0.0F, {0.01F, 0.01F}}};

/// Writes detectors, each in the place of the one before.
class DetectorFile {
public:
    std::filesystem::path write(const std::string& bytes, const char* settings = nullptr) const {
        const QString json = folder_.filePath(QStringLiteral("own.json"));
        QFile::remove(json);
        if (settings != nullptr) {
            QFile file(json);
            if (file.open(QIODevice::WriteOnly)) {
                file.write(settings);
            }
        }
        QFile file(folder_.filePath(QStringLiteral("own.onnx")));
        if (file.open(QIODevice::WriteOnly)) {
            file.write(QByteArray::fromStdString(bytes));
        }
        return file.fileName().toStdString();
    }

private:
    QTemporaryDir folder_;
};

} // namespace livegloss::test
