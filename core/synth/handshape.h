#pragma once

#include "geometry.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::synth {

/// Joint angles in degrees. Interpolates by value, so that one handshape can turn into another.
struct Handshape {
    struct Finger {
        float knuckle = 0.0F; ///< flexion towards the palm
        float middle = 0.0F;
        float end = 0.0F;
        float spread = 0.0F; ///< in the palm's plane, positive towards the thumb
    };
    struct ThumbBone {
        float azimuth = 0.0F;   ///< from the fingers' direction towards the thumb's side
        float elevation = 0.0F; ///< out of the palm's plane, towards where the palm looks
    };
    std::array<Finger, 4> fingers; ///< index, middle, ring, little
    std::array<ThumbBone, 3> thumb;
};

Handshape mix(const Handshape& a, const Handshape& b, float t);

/// Names of the handshapes, as lexicon and captions spell them.
const std::vector<std::string>& handshapeNames();
std::optional<Handshape> findHandshape(std::string_view name);
/// The loose hand between signs.
Handshape relaxedHandshape();

/// Places of a hand's joints in its own frame (x towards the little finger, y along the fingers, z where the palm
/// looks), the wrist at the origin, in units of the hand's length.
struct HandJoints {
    std::array<std::array<Vec3, 4>, 4> fingers; ///< knuckle, two joints, tip
    std::array<Vec3, 4> thumb;
};
HandJoints handJoints(const Handshape& shape);

/// Point of the hand that touches: the middle of the outstretched fingertips, or the knuckles of a closed hand.
Vec3 contactPoint(const Handshape& shape);

} // namespace livegloss::synth
