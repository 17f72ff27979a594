#pragma once

#include "handshape.h"
#include "lexicon.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::synth {

/// One hand, described as if it were the right hand of a signer who faces the viewer (x < 0 is its own side). The other
/// hand is the mirror image. Lengths in picture heights.
struct HandPose {
    Vec3 wrist;
    Quat rotation; ///< takes the hand's own axes (little finger's side, fingers, palm) to the body's
    Handshape shape;
    float swivel = 0.0F; ///< turns the elbow about the line from shoulder to wrist, radians
};

/// Each from 0 to 1, except brows: -1 lowered .. 1 raised.
struct FacePose {
    float brows = 0.0F;
    float mouthOpen = 0.0F;
    float pursed = 0.0F;
    float smile = 0.0F;
    float puffed = 0.0F;
    float blink = 0.0F;
};

struct BodyPose {
    HandPose dominant;
    HandPose other;
    FacePose face;
    Vec2 headShift;
    float headRoll = 0.0F; ///< radians
    float headYaw = 0.0F;  ///< -1 .. 1, about a quarter turn at the ends
    float sway = 0.0F;     ///< sideways shift of the torso
};

HandPose mix(const HandPose& a, const HandPose& b, float t);
FacePose mix(const FacePose& a, const FacePose& b, float t);
FacePose facePose(Brows brows, Mouth mouth);

/// A place of articulation: where the touching point of the hand goes, and whether that is the fingertips (else the
/// palm).
struct Place {
    Vec3 point;
    bool byFingertips = false;
};
std::optional<Place> findPlace(std::string_view name);
std::optional<Quat> findOrientation(std::string_view name);
/// Places and orientations in the order of the captions' vocabulary. The first freePlaceCount() places can be combined
/// with anything; the others belong to signs of two hands or lie close to a free one.
const std::vector<std::string>& placeNames();
int freePlaceCount();
const std::vector<std::string>& orientationNames();

/// Length of the hand from wrist to middle fingertip.
inline constexpr float kHandLength = 0.184F;
inline constexpr float kUpperArm = 0.265F;
inline constexpr float kForearm = 0.245F;
inline constexpr Vec3 kShoulder{-0.163F, 0.480F, 0.0F};

/// Puts the hand's touching point at `target`, within the arm's reach, and bends the elbow where it strains the wrist
/// least.
HandPose placeHand(const Handshape& shape, Quat rotation, Vec3 target, bool byFingertips);
/// A hand that is not signing, its palm at a distance from the body's middle and a height: lying at the waist, or
/// hanging.
HandPose restingHand(float lateral, float height);
/// How far the wrist is bent, radians.
float wristBend(const HandPose& hand);
/// The elbow for a hand, in the hand's own frame.
Vec3 elbowOf(const HandPose& hand);

} // namespace livegloss::synth
