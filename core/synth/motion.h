#pragma once

#include "pose.h"
#include "random.h"

namespace livegloss::synth {

/// What makes one performance of a sign differ from the next.
struct SignVariation {
    Vec3 placeShift;
    float sizeScale = 1.0F;
    float tempo = 0.0F; ///< -1 .. 1: slow start .. slow end
    Quat tilt;
    Handshape sloppiness; ///< blended in a little
    float sloppy = 0.0F;
    float faceStrength = 1.0F;
};
SignVariation drawVariation(Random& random);

/// Both hands and the face at `progress` (0 .. 1) through a sign. `resting`: where the other hand stays in one-handed
/// signs.
BodyPose poseOfSign(const Sign& sign, const SignVariation& variation, float progress, const HandPose& resting);

} // namespace livegloss::synth
