#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace livegloss::vision {

enum class ColourMap { Inferno, Cividis, Viridis, Grey };

/// Red, green, blue of a colour map at `value` in 0..1.
struct Rgb {
    std::uint8_t red = 0, green = 0, blue = 0;
};
Rgb colourAt(ColourMap map, float value);

/// RGBA, 4 bytes a pixel, rows packed, not premultiplied.
struct RgbaPicture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgba;
};
using RgbaPicturePtr = std::shared_ptr<const RgbaPicture>;

/// Keeps the range of attention over a clip (low and high percentile), so that frames are comparable and do not flicker.
/// One thread at a time.
class ClipRange {
public:
    void add(std::span<const float> weights);
    float low() const;
    float high() const;
    void reset();

private:
    std::vector<std::uint32_t> histogram_;
    std::uint64_t count_ = 0;
};

/// Patch weights [rows, columns] as a smooth picture of `scale` pixels a patch: colour by value, opacity rising with it.
RgbaPicture heatMap(std::span<const float> weights, int rows, int columns, float low, float high, ColourMap map, int scale);

}  // namespace livegloss::vision
