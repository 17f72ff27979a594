#include "motion.h"

namespace livegloss::synth {
namespace {

/// Where the hand is relative to its place, and how it is turned or shaped there.
struct Displacement {
    Vec3 shift;
    float turn = 0.0F;   ///< about the fingers' direction, radians
    float wiggle = 0.0F; ///< phase; 0: none
};

Displacement displacement(const Movement& movement, float progress, float scale, bool opposite) {
    const float size = movement.size * scale;
    const float eased = smoothStep(0.0F, 1.0F, progress);
    const float turns = 2.0F * kPi * static_cast<float>(movement.count) * progress;
    const float phase = opposite ? kPi : 0.0F;
    const Vec3 direction = movement.direction;
    Vec3 aside = cross(direction, {0.0F, 0.0F, 1.0F});
    // Arcs bulge upwards or towards the signer's own side, whichever way they run.
    if (aside.y > 0.0F || (aside.y == 0.0F && aside.x > 0.0F)) {
        aside = aside * -1.0F;
    }
    Displacement at;
    switch (movement.kind) {
    case MovementKind::Hold:
        break;
    case MovementKind::Straight:
        at.shift = direction * (size * (opposite ? 1.0F - eased : eased));
        break;
    case MovementKind::Arc:
        at.shift = direction * (size * eased) + aside * (0.42F * size * std::sin(kPi * eased));
        break;
    case MovementKind::Circle:
        at.shift = (direction * std::sin(turns + phase) + aside * std::cos(turns + phase)) * (0.5F * size);
        break;
    case MovementKind::Tap: {
        // Starts away from the place and ends in contact.
        const float beats = 2.0F * kPi * (static_cast<float>(movement.count) - 0.5F) * progress;
        at.shift = direction * (size * (0.5F + 0.5F * std::cos(beats + phase)));
        break;
    }
    case MovementKind::Shake:
        at.shift = direction * (size * std::sin(turns + phase));
        break;
    case MovementKind::Twist:
        at.turn = radians(movement.size) * scale * std::sin(turns + phase);
        break;
    case MovementKind::Turn:
        at.turn = radians(movement.size) * eased;
        break;
    case MovementKind::Wiggle:
        at.wiggle = turns + 1e-3F;
        break;
    }
    return at;
}

Handshape wiggled(Handshape shape, float phase) {
    for (std::size_t i = 0; i < shape.fingers.size(); ++i) {
        shape.fingers[i].knuckle += 26.0F * (0.6F + std::sin(phase * 1.3F + 1.6F * static_cast<float>(i)));
    }
    return shape;
}

float paced(float progress, float tempo) {
    return progress + 0.35F * tempo * progress * (1.0F - progress);
}

/// A hand's pose at its place, moved. The elbow is found once for the place so that it does not jump within a sign.
HandPose moved(HandPose hand, const Displacement& at) {
    hand.wrist = hand.wrist + at.shift;
    hand.rotation = hand.rotation * aboutAxis({0.0F, 1.0F, 0.0F}, at.turn);
    if (at.wiggle != 0.0F) {
        hand.shape = wiggled(hand.shape, at.wiggle);
    }
    return hand;
}

} // namespace

SignVariation drawVariation(Random& random) {
    SignVariation variation;
    variation.placeShift = Vec3{random.normal(), random.normal(), 0.5F * random.normal()} * 0.008F;
    variation.sizeScale = random.range(0.82F, 1.22F);
    variation.tempo = random.range(-1.0F, 1.0F);
    variation.tilt =
        aboutAxis({random.normal(), random.normal(), random.normal() + 0.01F}, radians(random.range(0.0F, 8.0F)));
    variation.sloppiness = relaxedHandshape();
    variation.sloppy = random.range(0.0F, 0.10F);
    variation.faceStrength = random.range(0.85F, 1.1F);
    return variation;
}

BodyPose poseOfSign(const Sign& sign, const SignVariation& variation, float progress, const HandPose& resting) {
    const float u = paced(progress, variation.tempo);
    const Handshape first = mix(*findHandshape(sign.shape), variation.sloppiness, variation.sloppy);
    const Handshape last = mix(*findHandshape(sign.endShape), variation.sloppiness, variation.sloppy);
    const Quat rotation = variation.tilt * *findOrientation(sign.orientation);
    const Place place = *findPlace(sign.place);

    HandPose hand = placeHand(first, rotation, place.point + variation.placeShift, place.byFingertips);
    if (sign.endShape != sign.shape) {
        hand.shape = mix(first, last, smoothStep(0.25F, 0.75F, u));
    }
    BodyPose pose;
    pose.dominant = moved(hand, displacement(sign.movement, u, variation.sizeScale, false));
    switch (sign.hands) {
    case Hands::One:
        pose.other = resting;
        break;
    case Hands::Symmetric:
        pose.other = pose.dominant;
        break;
    case Hands::Alternating:
        pose.other = moved(hand, displacement(sign.movement, u, variation.sizeScale, true));
        break;
    case Hands::Base: {
        const Handshape base = mix(*findHandshape(sign.otherShape), variation.sloppiness, variation.sloppy);
        // Under the dominant hand's place, in the other hand's mirrored frame.
        const Vec3 below = mirrored(place.point + variation.placeShift) + Vec3{0.0F, 0.055F, -0.055F};
        pose.other = placeHand(base, *findOrientation(sign.otherOrientation), below, false);
        break;
    }
    }
    pose.face = mix(FacePose{}, facePose(sign.brows, sign.mouth), variation.faceStrength);
    return pose;
}

} // namespace livegloss::synth
