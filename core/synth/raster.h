#pragma once

#include "geometry.h"

#include <cstdint>
#include <span>
#include <vector>

namespace livegloss::synth {

/// What a pixel shows, for the truth masks.
enum class Part : std::uint8_t { Background = 0, RightHand = 1, LeftHand = 2, Face = 3, Body = 4 };

struct Light {
    Vec3 direction{-0.4F, -0.6F, 0.7F}; ///< towards the light, length 1
    float ambient = 0.62F;
    float diffuse = 0.42F;

    float on(Vec3 normal) const { return ambient + diffuse * std::max(0.0F, dot(normal, direction)); }
};

struct Surface {
    Colour colour;
    float outline = 0.35F; ///< how much darker the rim is
    Vec3 flatNormal{};     ///< blended into the surface normal by `flatness` (a palm is flatter than its bones)
    float flatness = 0.0F;
    bool fadeIn = false; ///< the near cap melts into what is there (a sleeve into the shoulder)
};

/// A limb's piece: a ball swept along a line, its radius changing from end to end. Pixels; z towards the viewer.
struct Tube {
    Vec3 from;
    Vec3 to;
    float fromRadius = 0.0F;
    float toRadius = 0.0F;
};

/// Anti-aliased drawing into a square RGB picture that the caller owns. Not thread-safe; one canvas per call.
class Canvas {
public:
    /// `depth` and `parts` have size * size entries; `parts` may be null.
    Canvas(int size, std::uint8_t* rgb, float* depth, Part* parts)
        : size_(size), rgb_(rgb), depth_(depth), parts_(parts) {}

    int size() const { return size_; }
    void clearDepth();
    /// Shaded, tested against the depth of earlier tubes.
    void tube(const Tube& tube, const Surface& surface, const Light& light, Part part);
    /// Flat line with round ends over everything drawn so far; neither depth nor masks change.
    void stroke(std::span<const Vec2> points, float radius, Colour colour, float opacity = 1.0F);
    void ellipse(Vec2 centre, Vec2 radii, float angle, Colour colour, float opacity = 1.0F);

    /// Fills a closed polygon; shader(x, y) gives the colour at a pixel's centre.
    template <class Shader>
    void fill(std::span<const Vec2> polygon, Part part, Shader&& shader, float opacity = 1.0F) {
        const Box box = coverage(polygon);
        for (int y = box.top; y < box.bottom; ++y) {
            const float* row = coverageRow(box, y);
            float sum = 0.0F;
            for (int x = box.left; x < box.right; ++x) {
                sum += row[x - box.left];
                const float covered = std::min(std::abs(sum), 1.0F);
                if (covered > 0.004F) {
                    blend(x, y, shader(static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F), covered * opacity);
                    mark(x, y, covered, part);
                }
            }
        }
    }
    void fill(std::span<const Vec2> polygon, Part part, Colour colour, float opacity = 1.0F) {
        fill(
            polygon, part, [colour](float, float) { return colour; }, opacity);
    }

private:
    struct Box {
        int left = 0;
        int top = 0;
        int right = 0;
        int bottom = 0;
    };
    Box clipped(float left, float top, float right, float bottom) const;
    Box coverage(std::span<const Vec2> polygon);
    void coverEdge(const Box& box, Vec2 from, Vec2 to);
    static void coverSpan(float* row, float x, float nextX, float height, float limit);
    const float* coverageRow(const Box& box, int y) const;
    void blend(int x, int y, Colour colour, float opacity) {
        std::uint8_t* pixel = rgb_ + (static_cast<std::ptrdiff_t>(y) * size_ + x) * 3;
        const float keep = 1.0F - opacity;
        pixel[0] = toByte(static_cast<float>(pixel[0]) * keep + colour.x * opacity);
        pixel[1] = toByte(static_cast<float>(pixel[1]) * keep + colour.y * opacity);
        pixel[2] = toByte(static_cast<float>(pixel[2]) * keep + colour.z * opacity);
    }
    void mark(int x, int y, float covered, Part part) {
        if (parts_ != nullptr && covered > 0.5F) {
            parts_[static_cast<std::ptrdiff_t>(y) * size_ + x] = part;
        }
    }
    static std::uint8_t toByte(float value) {
        return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
    }

    int size_;
    std::uint8_t* rgb_;
    float* depth_;
    Part* parts_;
    std::vector<float> coverage_;
};

/// A closed smooth curve through `points` (Catmull-Rom), `steps` pieces between neighbours.
std::vector<Vec2> smoothClosed(std::span<const Vec2> points, int steps = 5);

} // namespace livegloss::synth
