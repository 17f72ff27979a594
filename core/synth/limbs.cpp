#include "figure.h"

namespace livegloss::synth {
namespace {

constexpr float kFingerRadius = 0.053F; ///< at the knuckle, in hand lengths
constexpr float kSleeveSetback = 0.035F;

/// One hand's geometry in the body's space.
struct HandGeometry {
    HandJoints joints;
    Vec3 across; ///< towards the thumb
    Vec3 fingers;
    Vec3 palm;
    Vec3 wrist;
    float length = 0.0F;
    const Stage* stage = nullptr;
    bool dominant = true;

    Vec3 place(Vec3 local) const {
        const HandPose& pose = dominant ? stage->pose.dominant : stage->pose.other;
        return stage->onSide(pose.wrist + rotate(pose.rotation, local * length), dominant);
    }
    Vec3 direction(Vec3 local) const { return place(local) - place({}); }
};

struct Shading {
    Surface skin;
    Part part = Part::Body;
};

void drawBone(const Stage& stage, Vec3 from, Vec3 to, float fromRadius, float toRadius, const Surface& surface,
              Part part) {
    const float fromPixels = stage.camera.pixels(from.z);
    const float toPixels = stage.camera.pixels(to.z);
    Tube tube{stage.camera.project(from), stage.camera.project(to), fromRadius * fromPixels, toRadius * toPixels};
    if (part == Part::Body) {
        // An arm gives way to hands at the same depth: a wide sleeve must not swallow the wrist.
        tube.from.z -= kSleeveSetback * fromPixels;
        tube.to.z -= kSleeveSetback * toPixels;
    }
    stage.canvas.tube(tube, surface, stage.view.light, part);
}

/// Skin on the side of the hand that shows: the palm is lighter.
Colour sideColour(const Look& look, float palmTowardsViewer) {
    return mix(look.skin * 0.97F, look.palm, smoothStep(-0.25F, 0.25F, palmTowardsViewer));
}

void drawPalm(const HandGeometry& hand, const Shading& shading) {
    Surface flat = shading.skin;
    const Vec3 normal = normalised(hand.palm);
    flat.flatNormal = normal.z < 0.0F ? normal * -1.0F : normal;
    flat.flatness = 0.75F;
    flat.outline = 0.22F;
    const float unit = hand.length;
    for (std::size_t i = 0; i < 4; ++i) {
        const Vec3 knuckle = hand.joints.fingers[i][0];
        const Vec3 root{knuckle.x * 0.72F, 0.06F, 0.0F};
        drawBone(*hand.stage, hand.place(root), hand.place(knuckle), 0.068F * unit, 0.060F * unit, flat, shading.part);
    }
    // Ball of the thumb and heel of the hand stand out on the palm's side.
    const Vec3 ball = mix(hand.joints.thumb[0], hand.joints.thumb[1], 0.75F);
    drawBone(*hand.stage, hand.place({-0.07F, 0.08F, 0.02F}), hand.place(ball), 0.075F * unit, 0.070F * unit, flat,
             shading.part);
    drawBone(*hand.stage, hand.place({0.085F, 0.10F, 0.02F}), hand.place({0.11F, 0.34F, 0.02F}), 0.070F * unit,
             0.060F * unit, flat, shading.part);
}

void drawPalmLines(const HandGeometry& hand, const Shading& shading) {
    Surface line{shading.skin.colour * 0.72F, 0.0F, {}, 0.0F};
    constexpr std::array<std::array<Vec3, 2>, 3> lines{{{{{0.16F, 0.40F, 0.062F}, {-0.03F, 0.47F, 0.068F}}},
                                                        {{{-0.15F, 0.36F, 0.062F}, {0.10F, 0.26F, 0.085F}}},
                                                        {{{-0.12F, 0.38F, 0.064F}, {-0.01F, 0.10F, 0.092F}}}}};
    for (const auto& [from, to] : lines) {
        drawBone(*hand.stage, hand.place(from), hand.place(to), 0.012F * hand.length, 0.010F * hand.length, line,
                 shading.part);
    }
}

void drawNail(const HandGeometry& hand, Vec3 joint, Vec3 tip, Vec3 back, float radius, const Shading& shading) {
    const Surface nail{mix(shading.skin.colour, {250, 214, 208}, 0.55F), 0.10F, {}, 0.0F};
    const Vec3 along = normalised(tip - joint);
    const Vec3 centre = tip + back * (0.45F * radius) - along * (0.15F * radius);
    drawBone(*hand.stage, hand.place(centre - along * (0.45F * radius)), hand.place(centre + along * (0.25F * radius)),
             0.66F * radius * hand.length, 0.62F * radius * hand.length, nail, shading.part);
}

void drawDigit(const HandGeometry& hand, const std::array<Vec3, 4>& joints, std::size_t firstBone, float fromRadius,
               float toRadius, Vec3 back, const Shading& shading) {
    for (std::size_t bone = firstBone; bone < 3; ++bone) {
        const float from = mix(fromRadius, toRadius, static_cast<float>(bone) / 3.0F);
        const float to = mix(fromRadius, toRadius, static_cast<float>(bone + 1) / 3.0F);
        drawBone(*hand.stage, hand.place(joints[bone]), hand.place(joints[bone + 1]), from * hand.length,
                 to * hand.length, shading.skin, shading.part);
    }
    drawNail(hand, joints[2], joints[3], back, toRadius, shading);
}

/// Away from the palm at a finger's last bone.
Vec3 backOfDigit(const std::array<Vec3, 4>& joints, Vec3 sideways) {
    return normalised(cross(sideways, normalised(joints[3] - joints[2])));
}

void reportFingertips(const HandGeometry& hand, bool right) {
    constexpr std::array<const char*, 5> rightNames{"right_index_tip", "right_middle_tip", "right_ring_tip",
                                                    "right_little_tip", "right_thumb_tip"};
    constexpr std::array<const char*, 5> leftNames{"left_index_tip", "left_middle_tip", "left_ring_tip",
                                                   "left_little_tip", "left_thumb_tip"};
    const auto& names = right ? rightNames : leftNames;
    for (std::size_t i = 0; i < 4; ++i) {
        hand.stage->keypoint(names[i], hand.place(hand.joints.fingers[i][3]));
    }
    hand.stage->keypoint(names[4], hand.place(hand.joints.thumb[3]));
}

struct Arm {
    Vec3 shoulder;
    Vec3 elbow;
    Vec3 wrist;
};

Arm armOf(const Stage& stage, bool dominant) {
    const HandPose& hand = dominant ? stage.pose.dominant : stage.pose.other;
    Vec3 shoulder = kShoulder;
    shoulder.x *= stage.look.shoulderWidth;
    return {stage.onSide(shoulder, dominant), stage.onSide(elbowOf(hand), dominant),
            stage.onSide(hand.wrist, dominant)};
}

void drawArm(const Stage& stage, const Arm& arm) {
    const Look& look = stage.look;
    const float thick = look.armThickness;
    const Surface skin{look.skin, 0.16F, {}, 0.0F};
    const Surface cloth{look.sleeve, 0.24F, {}, 0.0F};
    Surface shoulder = cloth;
    shoulder.fadeIn = true;
    const float upper = std::min(look.sleeveLength, 1.0F);
    const float lower = std::clamp(look.sleeveLength - 1.0F, 0.0F, 1.0F);
    const float shoulderRadius = 0.056F * thick;
    const float elbowRadius = 0.043F * thick;
    const float wristRadius = 0.026F * thick;
    const Vec3 forearmMiddle = mix(arm.elbow, arm.wrist, 0.32F);
    if (upper < 0.99F) {
        drawBone(stage, mix(arm.shoulder, arm.elbow, std::max(0.0F, upper - 0.02F)), arm.elbow, shoulderRadius * 0.8F,
                 elbowRadius * 0.88F, skin, Part::Body);
        drawBone(stage, arm.elbow, forearmMiddle, elbowRadius * 0.88F, elbowRadius * 0.9F, skin, Part::Body);
    }
    if (lower < 0.99F) {
        const Vec3 start = mix(arm.elbow, arm.wrist, std::max(0.32F, lower - 0.04F));
        drawBone(stage, start, arm.wrist, mix(wristRadius, elbowRadius * 0.9F, std::min(1.0F, (1.0F - lower) / 0.68F)),
                 wristRadius, skin, Part::Body);
    }
    const Vec3 upperEnd = mix(arm.shoulder, arm.elbow, upper);
    drawBone(stage, arm.shoulder, upperEnd, shoulderRadius, mix(shoulderRadius, elbowRadius * 1.08F, upper), shoulder,
             Part::Body);
    if (lower > 0.0F) {
        const Vec3 end = mix(arm.elbow, arm.wrist, lower * 0.96F);
        drawBone(stage, arm.elbow, end, elbowRadius * 1.08F, mix(elbowRadius * 1.08F, wristRadius * 1.4F, lower), cloth,
                 Part::Body);
    }
}

} // namespace

void drawHand(const Stage& stage, bool dominant) {
    const HandPose& pose = dominant ? stage.pose.dominant : stage.pose.other;
    HandGeometry hand;
    hand.stage = &stage;
    hand.dominant = dominant;
    hand.joints = handJoints(pose.shape);
    hand.length = kHandLength * stage.look.handScale;
    hand.wrist = hand.place({});
    hand.palm = hand.direction({0.0F, 0.0F, 1.0F});
    const bool right = dominant != stage.look.leftHanded;
    Shading shading;
    shading.part = right ? Part::RightHand : Part::LeftHand;
    shading.skin = {sideColour(stage.look, normalised(hand.palm).z), 0.48F, {}, 0.0F};

    drawPalm(hand, shading);
    if (hand.palm.z > 0.0F) {
        drawPalmLines(hand, shading);
    }
    const float radius = kFingerRadius * stage.look.fingerThickness;
    constexpr std::array<float, 4> thickness{1.0F, 1.04F, 0.98F, 0.86F};
    const Vec3 sideways{1.0F, 0.0F, 0.0F};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& joints = hand.joints.fingers[i];
        drawDigit(hand, joints, 0, radius * thickness[i], 0.78F * radius * thickness[i],
                  backOfDigit(joints, sideways * -1.0F), shading);
    }
    const auto& thumb = hand.joints.thumb;
    const Vec3 outwards = normalised(Vec3{-0.8F, 0.0F, -0.6F});
    const Vec3 along = normalised(thumb[3] - thumb[2]);
    drawDigit(hand, thumb, 0, 1.28F * radius, 0.92F * radius, normalised(outwards - along * dot(outwards, along)),
              shading);
    reportFingertips(hand, right);
}

void drawArms(const Stage& stage) {
    const Arm dominant = armOf(stage, true);
    const Arm other = armOf(stage, false);
    // The depth test settles what hides what; drawing the nearer arm last keeps its edges smooth.
    const bool dominantLast = dominant.wrist.z >= other.wrist.z;
    for (const bool isDominant : {!dominantLast, dominantLast}) {
        drawArm(stage, isDominant ? dominant : other);
        drawHand(stage, isDominant);
        const bool right = isDominant != stage.look.leftHanded;
        const Arm& arm = isDominant ? dominant : other;
        stage.keypoint(right ? "right_shoulder" : "left_shoulder", arm.shoulder);
        stage.keypoint(right ? "right_elbow" : "left_elbow", arm.elbow);
        stage.keypoint(right ? "right_wrist" : "left_wrist", arm.wrist);
    }
}

} // namespace livegloss::synth
