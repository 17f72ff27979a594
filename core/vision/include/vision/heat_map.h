#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace livegloss::vision {

/// Jet runs through its lightness twice and is there only for comparison with published pictures. Diverging is for
/// signed values: blue below the middle, pale in it, orange above.
enum class ColourMap { Inferno, Cividis, Viridis, Grey, Jet, Diverging };

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

/// Live pictures have no end: there old scenes fade. Of a clip that is seen to its end every weight counts alike.
enum class RangeMemory { Fading, Whole };

/// Keeps the range of attention over a clip (low and high percentile), so that frames are comparable and do not
/// flicker. One thread at a time.
class ClipRange {
public:
    ClipRange() = default;
    explicit ClipRange(RangeMemory memory) : memory_(memory) {}
    void add(std::span<const float> weights);
    float low() const;
    float high() const;
    void reset();

private:
    RangeMemory memory_ = RangeMemory::Fading;
    std::vector<std::uint64_t> histogram_;
    std::uint64_t count_ = 0;
};

/// Patch weights [rows, columns] as a smooth picture of `scale` pixels a patch: colour by value, opacity rising with
/// it; for Diverging with the distance from the middle of low and high. Transparent where the weights hold no contrast.
RgbaPicture heatMap(std::span<const float> weights, int rows, int columns, float low, float high, ColourMap map,
                    int scale);

/// The same as lines of equal weight, at the middles of `levels` equal steps from low to high: white with a dark edge,
/// wider for higher levels.
RgbaPicture contourLines(std::span<const float> weights, int rows, int columns, float low, float high, int levels,
                         int scale);

/// Whether some patch stands out from the others; without contrast there is no response, not noise to amplify.
bool hasContrast(std::span<const float> weights);

} // namespace livegloss::vision
