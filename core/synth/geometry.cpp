#include "geometry.h"

namespace livegloss::synth {

Quat fromAxes(Vec3 x, Vec3 y, Vec3 z) {
    const float trace = x.x + y.y + z.z;
    Quat q;
    if (trace > 0.0F) {
        const float s = std::sqrt(trace + 1.0F) * 2.0F;
        q = {0.25F * s, (y.z - z.y) / s, (z.x - x.z) / s, (x.y - y.x) / s};
    } else if (x.x > y.y && x.x > z.z) {
        const float s = std::sqrt(1.0F + x.x - y.y - z.z) * 2.0F;
        q = {(y.z - z.y) / s, 0.25F * s, (y.x + x.y) / s, (z.x + x.z) / s};
    } else if (y.y > z.z) {
        const float s = std::sqrt(1.0F + y.y - x.x - z.z) * 2.0F;
        q = {(z.x - x.z) / s, (y.x + x.y) / s, 0.25F * s, (z.y + y.z) / s};
    } else {
        const float s = std::sqrt(1.0F + z.z - x.x - y.y) * 2.0F;
        q = {(x.y - y.x) / s, (z.x + x.z) / s, (z.y + y.z) / s, 0.25F * s};
    }
    return q;
}

} // namespace livegloss::synth
