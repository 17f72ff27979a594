#include "raster.h"

#include <limits>
#include <utility>

namespace livegloss::synth {

void Canvas::clearDepth() {
    std::fill_n(depth_, static_cast<std::ptrdiff_t>(size_) * size_, -std::numeric_limits<float>::max());
}

Canvas::Box Canvas::clipped(float left, float top, float right, float bottom) const {
    const float limit = static_cast<float>(size_);
    const auto inside = [limit](float value) { return static_cast<int>(std::clamp(value, 0.0F, limit)); };
    return {inside(std::floor(left)), inside(std::floor(top)), inside(std::ceil(right)), inside(std::ceil(bottom))};
}

void Canvas::tube(const Tube& tube, const Surface& surface, const Light& light, Part part) {
    const float reach = std::max(tube.fromRadius, tube.toRadius) + 1.0F;
    const Box box = clipped(std::min(tube.from.x, tube.to.x) - reach, std::min(tube.from.y, tube.to.y) - reach,
                            std::max(tube.from.x, tube.to.x) + reach, std::max(tube.from.y, tube.to.y) + reach);
    const Vec3 span = tube.to - tube.from;
    const float squared = std::max(span.x * span.x + span.y * span.y, 1e-4F);
    const float inverse = 1.0F / squared;
    const float spanLength = std::sqrt(squared);
    // How far the point nearest to the viewer lies along a tube that leans towards him, per pixel of its thickness.
    const float lean = span.z / std::sqrt(squared + span.z * span.z) / spanLength;
    for (int y = box.top; y < box.bottom; ++y) {
        const float py = static_cast<float>(y) + 0.5F - tube.from.y;
        for (int x = box.left; x < box.right; ++x) {
            const float px = static_cast<float>(x) + 0.5F - tube.from.x;
            const float along = (px * span.x + py * span.y) * inverse;
            const float outlineT = std::clamp(along, 0.0F, 1.0F);
            const float outlineRadius = mix(tube.fromRadius, tube.toRadius, outlineT);
            const float ox = px - span.x * outlineT;
            const float oy = py - span.y * outlineT;
            const float distance2 = ox * ox + oy * oy;
            if (distance2 >= (outlineRadius + 0.5F) * (outlineRadius + 0.5F)) {
                continue;
            }
            const float beside = px * span.y - py * span.x;
            const float thickness2 = outlineRadius * outlineRadius - beside * beside * inverse;
            const float t = std::clamp(along + lean * std::sqrt(std::max(0.0F, thickness2)), 0.0F, 1.0F);
            const float radius = mix(tube.fromRadius, tube.toRadius, t);
            const float scale = 1.0F / radius;
            Vec3 normal{(px - span.x * t) * scale, (py - span.y * t) * scale, 0.0F};
            normal.z = std::sqrt(std::max(0.0F, 1.0F - normal.x * normal.x - normal.y * normal.y));
            const float z = tube.from.z + span.z * t + radius * normal.z;
            const std::ptrdiff_t index = static_cast<std::ptrdiff_t>(y) * size_ + x;
            if (z < depth_[index]) {
                continue;
            }
            const float distance = std::sqrt(distance2);
            float covered = std::min(outlineRadius - distance + 0.5F, 1.0F);
            if (surface.fadeIn && along < 0.0F) {
                covered *= 1.0F - smoothStep(0.0F, 0.6F, -along * spanLength * scale);
            }
            if (surface.flatness > 0.0F) {
                normal = mix(normal, surface.flatNormal, surface.flatness);
            }
            // The rim is at least most of a pixel wide, or small fingers would melt into each other.
            const float rimWidth = std::max(outlineRadius * 0.28F, 0.75F);
            const float edge = std::clamp((distance - outlineRadius + rimWidth) / rimWidth, 0.0F, 1.0F);
            const float brightness = light.on(normal) * (1.0F - surface.outline * edge * edge);
            blend(x, y, surface.colour * brightness, covered);
            if (covered > 0.5F) {
                depth_[index] = z;
            }
            mark(x, y, covered, part);
        }
    }
}

void Canvas::stroke(std::span<const Vec2> points, float radius, Colour colour, float opacity) {
    if (points.empty()) {
        return;
    }
    Vec2 low = points[0];
    Vec2 high = points[0];
    for (const Vec2 point : points) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    const float reach = radius + 1.0F;
    const Box box = clipped(low.x - reach, low.y - reach, high.x + reach, high.y + reach);
    for (int y = box.top; y < box.bottom; ++y) {
        for (int x = box.left; x < box.right; ++x) {
            const Vec2 pixel{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F};
            float nearest = std::numeric_limits<float>::max();
            for (std::size_t i = 0; i < points.size(); ++i) {
                const Vec2 from = points[i == 0 ? 0 : i - 1];
                const Vec2 along = points[i] - from;
                const Vec2 offset = pixel - from;
                const float squared = along.x * along.x + along.y * along.y;
                const float t =
                    squared > 0.0F ? std::clamp((offset.x * along.x + offset.y * along.y) / squared, 0.0F, 1.0F) : 0.0F;
                const Vec2 away = offset - along * t;
                nearest = std::min(nearest, away.x * away.x + away.y * away.y);
            }
            // Lines thinner than a pixel grow paler instead of breaking up.
            const float covered = std::clamp(radius - std::sqrt(nearest) + 0.5F, 0.0F, std::min(1.0F, radius * 2.0F));
            if (covered > 0.004F) {
                blend(x, y, colour, covered * opacity);
            }
        }
    }
}

void Canvas::ellipse(Vec2 centre, Vec2 radii, float angle, Colour colour, float opacity) {
    constexpr int kCorners = 20;
    std::array<Vec2, kCorners> outline;
    const float c = std::cos(angle);
    const float s = std::sin(angle);
    for (int i = 0; i < kCorners; ++i) {
        const float turn = 2.0F * kPi * static_cast<float>(i) / kCorners;
        const Vec2 point{radii.x * std::cos(turn), radii.y * std::sin(turn)};
        outline[static_cast<std::size_t>(i)] = {centre.x + point.x * c - point.y * s,
                                                centre.y + point.x * s + point.y * c};
    }
    Part* const parts = std::exchange(parts_, nullptr);
    fill(outline, Part::Body, colour, opacity);
    parts_ = parts;
}

const float* Canvas::coverageRow(const Box& box, int y) const {
    return coverage_.data() + static_cast<std::ptrdiff_t>(y - box.top) * (box.right - box.left + 2);
}

/// Signed area to the right of the edges, as differences along each row: the running sum is a pixel's coverage.
Canvas::Box Canvas::coverage(std::span<const Vec2> polygon) {
    Vec2 low = polygon[0];
    Vec2 high = polygon[0];
    for (const Vec2 point : polygon) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    const Box box = clipped(low.x, low.y, high.x, high.y);
    const std::ptrdiff_t rows = std::max(0, box.bottom - box.top);
    coverage_.assign(static_cast<std::size_t>(rows * (box.right - box.left + 2)), 0.0F);
    if (rows == 0 || box.right <= box.left) {
        return {};
    }
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        coverEdge(box, polygon[i], polygon[(i + 1) % polygon.size()]);
    }
    return box;
}

void Canvas::coverEdge(const Box& box, Vec2 from, Vec2 to) {
    if (from.y == to.y) {
        return;
    }
    const float direction = from.y < to.y ? 1.0F : -1.0F;
    if (direction < 0.0F) {
        std::swap(from, to);
    }
    const float slope = (to.x - from.x) / (to.y - from.y);
    const float limit = static_cast<float>(box.right - box.left);
    const int first = std::max(box.top, static_cast<int>(std::floor(from.y)));
    const int last = std::min(box.bottom, static_cast<int>(std::ceil(to.y)));
    for (int y = first; y < last; ++y) {
        const float top = std::max(static_cast<float>(y), from.y);
        const float bottom = std::min(static_cast<float>(y + 1), to.y);
        const float x = from.x + (top - from.y) * slope - static_cast<float>(box.left);
        const float nextX = from.x + (bottom - from.y) * slope - static_cast<float>(box.left);
        float* row = coverage_.data() + static_cast<std::ptrdiff_t>(y - box.top) * (box.right - box.left + 2);
        coverSpan(row, x, nextX, (bottom - top) * direction, limit);
    }
}

void Canvas::coverSpan(float* row, float x, float nextX, float height, float limit) {
    const float left = std::clamp(std::min(x, nextX), 0.0F, limit);
    const float right = std::clamp(std::max(x, nextX), 0.0F, limit);
    const int first = static_cast<int>(left);
    const int last = static_cast<int>(right);
    if (last == first) {
        const float inside = 0.5F * (left + right) - static_cast<float>(first);
        row[first] += height * (1.0F - inside);
        row[first + 1] += height * inside;
        return;
    }
    // The edge crosses several pixels of this row: hand each its share, with the area right of the crossing.
    const float perPixel = height / (right - left);
    for (int pixel = first; pixel <= last; ++pixel) {
        const float from = std::max(left, static_cast<float>(pixel));
        const float to = std::min(right, static_cast<float>(pixel + 1));
        const float share = perPixel * (to - from);
        const float inside = 0.5F * (from + to) - static_cast<float>(pixel);
        row[pixel] += share * (1.0F - inside);
        row[pixel + 1] += share * inside;
    }
}

std::vector<Vec2> smoothClosed(std::span<const Vec2> points, int steps) {
    std::vector<Vec2> curve;
    const std::size_t count = points.size();
    curve.reserve(count * static_cast<std::size_t>(steps));
    for (std::size_t i = 0; i < count; ++i) {
        const Vec2 a = points[(i + count - 1) % count];
        const Vec2 b = points[i];
        const Vec2 c = points[(i + 1) % count];
        const Vec2 d = points[(i + 2) % count];
        for (int step = 0; step < steps; ++step) {
            const float t = static_cast<float>(step) / static_cast<float>(steps);
            const float t2 = t * t;
            const float t3 = t2 * t;
            curve.push_back((b * 2.0F + (c - a) * t + (a * 2.0F - b * 5.0F + c * 4.0F - d) * t2 +
                             (b * 3.0F - a - c * 3.0F + d) * t3) *
                            0.5F);
        }
    }
    return curve;
}

} // namespace livegloss::synth
