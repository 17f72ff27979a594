#pragma once

#include "model/model_config.h"
#include "training/recipe.h"
#include "training/sample_source.h"

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// How one clip or still is changed on its way into the network.
struct PictureChange {
    int left = 0; ///< of the crop, pixels
    int top = 0;
    bool flip = false;
    std::array<std::array<float, 256>, 3> tone{}; ///< value in [-1, 1] of each level of each channel
};
/// The centre crop with tones as they are.
PictureChange plainChange(int size, int resolution);
/// A random crop; mirrored with probability `flips`; brightness and colours changed by up to `tones` fifths.
PictureChange randomChange(std::mt19937_64& random, int size, int resolution, double flips, double tones);
/// Writes one picture [size, size, 3] as three planes [3, resolution, resolution].
void applyChange(const PictureChange& change, const std::uint8_t* rgb, int size, int resolution, float* out);
/// Share of each patch [regionCount, grid * grid] that shows each region, from 1, after `change`.
void patchShares(const PictureChange& change, const std::vector<std::uint8_t>& regions, int size, int resolution,
                 int patch, int regionCount, float* out);

/// A clip ready for the network.
struct PreparedClip {
    torch::Tensor images;                   ///< [U, 3, R, R], the distinct frames
    std::vector<std::int64_t> imageOfFrame; ///< for every frame of the padded clip its image
    std::vector<std::int64_t> labels;
};
/// Frames of a clip of `frames` after temporal augmentation: n sorted indices, n within the limits and (n - 4) % 4 ==
/// 0.
std::vector<int> resampleFrames(std::mt19937_64& random, int frames, int minFrames, int maxFrames);
/// Repeats the first and last frame, as many as TemporalLayout::paddedFrames says.
std::vector<int> padFrames(const std::vector<int>& frames, const model::TemporalLayout& layout);
PreparedClip prepareClip(const TrainingClip& clip, const std::vector<int>& paddedFrames, const PictureChange& change,
                         int resolution);

/// Side of a rendered picture: `base` changed by up to `jitter` of it, never below `resolution`.
int renderedSize(std::uint64_t seed, int base, double jitter, int resolution);

} // namespace livegloss::training
