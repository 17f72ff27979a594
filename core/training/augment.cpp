#include "augment.h"

#include "training/replay.h"

#include <algorithm>
#include <cmath>

namespace livegloss::training {
namespace {

double uniform(std::mt19937_64& random, double low, double high) {
    return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1.0p-53);
}

} // namespace

PictureChange plainChange(int size, int resolution) {
    PictureChange change;
    change.left = change.top = (size - resolution) / 2;
    for (auto& channel : change.tone) {
        for (int level = 0; level < 256; ++level) {
            channel[static_cast<std::size_t>(level)] = static_cast<float>(level) / 127.5F - 1.0F;
        }
    }
    return change;
}

PictureChange randomChange(std::mt19937_64& random, int size, int resolution, double flips, double tones) {
    PictureChange change;
    const auto room = static_cast<std::uint64_t>(size - resolution + 1);
    change.left = static_cast<int>(random() % room);
    change.top = static_cast<int>(random() % room);
    change.flip = flips > 0.0 && uniform(random, 0.0, 1.0) < flips;
    const double gain = uniform(random, 1.0 - 0.2 * tones, 1.0 + 0.2 * tones);
    const double offset = uniform(random, -0.08 * tones, 0.08 * tones);
    const double gamma = std::exp(uniform(random, -0.2 * tones, 0.2 * tones));
    for (auto& channel : change.tone) {
        const double channelGain = gain * uniform(random, 1.0 - 0.06 * tones, 1.0 + 0.06 * tones);
        for (int level = 0; level < 256; ++level) {
            const double value = std::pow(level / 255.0, gamma) * channelGain + offset;
            channel[static_cast<std::size_t>(level)] = static_cast<float>(2.0 * std::clamp(value, 0.0, 1.0) - 1.0);
        }
    }
    return change;
}

void applyChange(const PictureChange& change, const std::uint8_t* rgb, int size, int resolution, float* out) {
    const auto plane = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution);
    for (int y = 0; y < resolution; ++y) {
        const std::uint8_t* row = rgb + (static_cast<std::size_t>(change.top + y) * static_cast<std::size_t>(size) +
                                         static_cast<std::size_t>(change.left)) *
                                            3;
        float* target = out + static_cast<std::size_t>(y) * static_cast<std::size_t>(resolution);
        for (int x = 0; x < resolution; ++x) {
            const std::uint8_t* pixel = row + 3 * (change.flip ? resolution - 1 - x : x);
            target[x] = change.tone[0][pixel[0]];
            target[plane + static_cast<std::size_t>(x)] = change.tone[1][pixel[1]];
            target[2 * plane + static_cast<std::size_t>(x)] = change.tone[2][pixel[2]];
        }
    }
}

void patchShares(const PictureChange& change, const std::vector<std::uint8_t>& regions, int size, int resolution,
                 int patch, int regionCount, float* out) {
    const int grid = resolution / patch;
    std::fill(out, out + static_cast<std::ptrdiff_t>(regionCount) * grid * grid, 0.0F);
    if (regions.empty()) {
        return;
    }
    const float share = 1.0F / static_cast<float>(patch * patch);
    for (int y = 0; y < resolution; ++y) {
        for (int x = 0; x < resolution; ++x) {
            const int sourceX = change.left + (change.flip ? resolution - 1 - x : x);
            const auto pixel = static_cast<std::size_t>(change.top + y) * static_cast<std::size_t>(size) +
                               static_cast<std::size_t>(sourceX);
            const int region = regions[pixel];
            if (region > 0 && region <= regionCount) {
                out[((region - 1) * grid + y / patch) * grid + x / patch] += share;
            }
        }
    }
}

std::vector<int> resampleFrames(std::mt19937_64& random, int frames, int minFrames, int maxFrames) {
    int count = static_cast<int>(frames * uniform(random, 0.8, 1.2));
    count = std::clamp(count, minFrames, maxFrames);
    count += (4 - (count - 4) % 4) % 4;
    std::vector<int> chosen;
    if (count <= frames) {
        std::vector<int> all(static_cast<std::size_t>(frames));
        for (int index = 0; index < frames; ++index) {
            all[static_cast<std::size_t>(index)] = index;
        }
        std::sample(all.begin(), all.end(), std::back_inserter(chosen), count, random);
        return chosen;
    }
    for (int index = 0; index < count; ++index) {
        chosen.push_back(static_cast<int>(random() % static_cast<std::uint64_t>(frames)));
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

std::vector<int> padFrames(const std::vector<int>& frames, const model::TemporalLayout& layout) {
    const std::int64_t padded = layout.paddedFrames(static_cast<std::int64_t>(frames.size()));
    std::vector<int> rows(static_cast<std::size_t>(layout.leftPad), frames.front());
    rows.insert(rows.end(), frames.begin(), frames.end());
    rows.resize(static_cast<std::size_t>(padded), frames.back());
    return rows;
}

PreparedClip prepareClip(const TrainingClip& clip, const std::vector<int>& paddedFrames, const PictureChange& change,
                         int resolution) {
    PreparedClip prepared;
    std::vector<int> distinct;
    for (const int frame : paddedFrames) {
        if (distinct.empty() || distinct.back() != frame) {
            distinct.push_back(frame);
        }
        prepared.imageOfFrame.push_back(static_cast<std::int64_t>(distinct.size()) - 1);
    }
    prepared.images = torch::empty({static_cast<std::int64_t>(distinct.size()), 3, resolution, resolution});
    const auto bytes = static_cast<std::size_t>(clip.size) * static_cast<std::size_t>(clip.size) * 3;
    const auto floats = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution) * 3;
    float* out = prepared.images.data_ptr<float>();
    for (std::size_t index = 0; index < distinct.size(); ++index) {
        applyChange(change, clip.rgb.data() + bytes * static_cast<std::size_t>(distinct[index]), clip.size, resolution,
                    out + floats * index);
    }
    prepared.labels.assign(clip.labels.begin(), clip.labels.end());
    return prepared;
}

int renderedSize(std::uint64_t seed, int base, double jitter, int resolution) {
    std::mt19937_64 random(mixSeed(seed, 41));
    return std::max(resolution, static_cast<int>(std::lround(base * (1.0 + uniform(random, -jitter, jitter)))));
}

} // namespace livegloss::training
