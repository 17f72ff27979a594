#include "backbone_init.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace livegloss::training {
namespace {

using torch::Tensor;

/// Cosine of frequency `index` over `size` pixels, unit length.
Tensor cosineRow(int index, int size) {
    const Tensor position = torch::arange(size, torch::kFloat32) + 0.5;
    const Tensor wave = torch::cos(position * (std::numbers::pi * index / size));
    return wave / wave.norm();
}

/// Pairs of frequencies, coarse ones first.
std::vector<std::pair<int, int>> frequencies(int size) {
    std::vector<std::pair<int, int>> pairs;
    for (int u = 0; u < size; ++u) {
        for (int v = 0; v < size; ++v) {
            pairs.emplace_back(u, v);
        }
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
        return a.first * a.first + a.second * a.second < b.first * b.first + b.second * b.second;
    });
    return pairs;
}

void initialisePatches(Tensor weight, int patch) {
    const int width = static_cast<int>(weight.size(0));
    const auto pairs = frequencies(patch);
    // Brightness, red against blue, green against both.
    const std::array<Tensor, 3> colours = {torch::tensor({1.0F, 1.0F, 1.0F}) / std::sqrt(3.0),
                                           torch::tensor({1.0F, 0.0F, -1.0F}) / std::sqrt(2.0),
                                           torch::tensor({1.0F, -2.0F, 1.0F}) / std::sqrt(6.0)};
    const int perColour = width * 22 / 100;
    const std::array<int, 3> counts = {width - 2 * perColour, perColour, perColour};
    int filter = 0;
    for (std::size_t colour = 0; colour < colours.size(); ++colour) {
        for (int index = 0; index < counts[colour]; ++index, ++filter) {
            const auto [u, v] = pairs[static_cast<std::size_t>(index) % pairs.size()];
            // Pictures hold about 1 / frequency of each; a flat patch has its whole brightness in the first.
            const double frequency = std::sqrt(static_cast<double>(u * u + v * v));
            const double gain = (u + v == 0 ? 0.06 : 0.2 * frequency) * (colour == 0 ? 1.0 : 2.0);
            const Tensor wave = torch::outer(cosineRow(u, patch), cosineRow(v, patch)) * gain;
            weight[filter].copy_(colours[colour].view({3, 1, 1}) * wave);
        }
    }
}

void initialisePositions(Tensor embedding, int side) {
    const auto width = embedding.size(1);
    const auto perKind = width / 4;
    const Tensor rate = torch::exp(
        torch::linspace(std::log(std::numbers::pi / 2.0), std::log(std::numbers::pi / (2.0 * side)), perKind));
    for (int row = 0; row < side; ++row) {
        for (int column = 0; column < side; ++column) {
            const Tensor parts =
                torch::cat({(rate * row).sin(), (rate * row).cos(), (rate * column).sin(), (rate * column).cos()});
            embedding[1 + row * side + column].slice(0, 0, parts.size(0)).copy_(parts * 0.3);
        }
    }
}

} // namespace

void initialiseBackbone(model::VisualEncoderImpl& encoder, const model::ModelConfig& config) {
    const torch::NoGradGuard noGrad;
    initialisePatches(encoder.conv1->weight, config.patch);
    initialisePositions(encoder.positionalEmbedding, config.gridSide());
}

} // namespace livegloss::training
