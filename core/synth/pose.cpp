#include "pose.h"

#include <limits>

namespace livegloss::synth {
namespace {

struct NamedPlace {
    const char* name;
    Place place;
    bool free; ///< a hand can be there whatever else the signer does
};
constexpr std::array<NamedPlace, 14> kPlaces{{{"forehead", {{-0.045F, 0.150F, 0.13F}, true}, true},
                                              {"cheek", {{-0.075F, 0.255F, 0.12F}, true}, true},
                                              {"mouth", {{-0.012F, 0.292F, 0.14F}, true}, false},
                                              {"chin", {{-0.010F, 0.325F, 0.14F}, true}, true},
                                              {"chest", {{-0.015F, 0.560F, 0.13F}, false}, true},
                                              {"shoulder", {{0.120F, 0.500F, 0.13F}, false}, true},
                                              {"crossed", {{0.060F, 0.530F, 0.14F}, false}, false},
                                              {"belly", {{-0.020F, 0.760F, 0.13F}, false}, true},
                                              {"neutral", {{-0.135F, 0.620F, 0.20F}, false}, true},
                                              {"middle", {{-0.058F, 0.610F, 0.20F}, false}, false},
                                              {"roof", {{-0.045F, 0.330F, 0.20F}, true}, false},
                                              {"side", {{-0.300F, 0.520F, 0.12F}, false}, true},
                                              {"high", {{-0.235F, 0.215F, 0.12F}, false}, true},
                                              {"other-hand", {{0.010F, 0.635F, 0.235F}, false}, false}}};

struct NamedOrientation {
    const char* name;
    Vec3 fingers;
    Vec3 palm;
};
// Directions that would point straight at the viewer lean a little, so that the fingers stay visible.
constexpr std::array<NamedOrientation, 11> kOrientations{{{"palm-out-up", {0.08F, -1.0F, 0.1F}, {0, 0, 1}},
                                                          {"palm-in-up", {0.22F, -1.0F, 0.1F}, {0, 0, -1}},
                                                          {"palm-side-up", {0.05F, -1.0F, 0.15F}, {1, 0, 0.12F}},
                                                          {"palm-in-across", {1.0F, -0.22F, 0.1F}, {0, 0, -1}},
                                                          {"palm-out-across", {1.0F, -0.22F, 0.1F}, {0, 0, 1}},
                                                          {"palm-down-across", {1.0F, 0.05F, 0.3F}, {0, 0.88F, -0.47F}},
                                                          {"palm-up-across", {1.0F, 0.02F, 0.25F}, {0, -0.84F, 0.54F}},
                                                          {"palm-down-forward", {0.2F, 0.40F, 0.9F}, {0, 0.9F, -0.4F}},
                                                          {"palm-up-forward", {-0.15F, -0.1F, 0.8F}, {0, -0.8F, 0.6F}},
                                                          {"palm-side-forward", {0.3F, -0.50F, 0.8F}, {1, 0, -0.2F}},
                                                          {"palm-in-down", {0.15F, 1.0F, 0.1F}, {0, 0, -1}}}};

/// Shoulder-to-wrist frame: where the upper arm's end lies along it, and how far from it.
struct ArmTriangle {
    Vec3 axis;
    float along = 0.0F;
    float aside = 0.0F;
};
ArmTriangle armTriangle(Vec3 wrist) {
    const Vec3 reach = wrist - kShoulder;
    const float distance = std::clamp(length(reach), 0.02F, kUpperArm + kForearm - 1e-3F);
    ArmTriangle triangle;
    triangle.axis = normalised(reach);
    triangle.along = (kUpperArm * kUpperArm - kForearm * kForearm + distance * distance) / (2.0F * distance);
    triangle.along = std::clamp(triangle.along, -kUpperArm, kUpperArm);
    triangle.aside = std::sqrt(std::max(0.0F, kUpperArm * kUpperArm - triangle.along * triangle.along));
    return triangle;
}

Vec3 elbowAt(Vec3 wrist, float swivel) {
    const ArmTriangle triangle = armTriangle(wrist);
    const Vec3 pole{-0.62F, 0.78F, -0.12F};
    const Vec3 side = normalised(pole - triangle.axis * dot(pole, triangle.axis));
    const Vec3 turned = rotate(aboutAxis(triangle.axis, swivel), side);
    return kShoulder + triangle.axis * triangle.along + turned * triangle.aside;
}

/// How unnatural an elbow is: a bent wrist, an elbow lifted or pressed into the body.
float strain(Vec3 wrist, Vec3 fingers, float swivel) {
    const Vec3 elbow = elbowAt(wrist, swivel);
    const float bend = std::acos(std::clamp(dot(normalised(wrist - elbow), fingers), -1.0F, 1.0F));
    const float lifted = std::max(0.0F, 0.60F - elbow.y);
    const float inwards = std::max(0.0F, elbow.x + 0.17F);
    return bend * bend + 9.0F * lifted + 16.0F * inwards + 0.35F * swivel * swivel;
}

template <class Entries, class Wanted>
void appendNames(const Entries& entries, const Wanted& wanted, std::vector<std::string>& names) {
    for (const auto& entry : entries) {
        if (wanted(entry)) {
            names.emplace_back(entry.name);
        }
    }
}

} // namespace

HandPose mix(const HandPose& a, const HandPose& b, float t) {
    return {mix(a.wrist, b.wrist, t), slerp(a.rotation, b.rotation, t), mix(a.shape, b.shape, t),
            mix(a.swivel, b.swivel, t)};
}

FacePose mix(const FacePose& a, const FacePose& b, float t) {
    return {mix(a.brows, b.brows, t), mix(a.mouthOpen, b.mouthOpen, t), mix(a.pursed, b.pursed, t),
            mix(a.smile, b.smile, t), mix(a.puffed, b.puffed, t),       mix(a.blink, b.blink, t)};
}

FacePose facePose(Brows brows, Mouth mouth) {
    FacePose face;
    face.brows = brows == Brows::Raised ? 1.0F : brows == Brows::Lowered ? -1.0F : 0.0F;
    face.mouthOpen = mouth == Mouth::Open ? 1.0F : 0.0F;
    face.pursed = mouth == Mouth::Pursed || mouth == Mouth::Puffed ? 1.0F : 0.0F;
    face.smile = mouth == Mouth::Smile ? 1.0F : 0.0F;
    face.puffed = mouth == Mouth::Puffed ? 1.0F : 0.0F;
    return face;
}

std::optional<Place> findPlace(std::string_view name) {
    for (const NamedPlace& entry : kPlaces) {
        if (name == entry.name) {
            return entry.place;
        }
    }
    return std::nullopt;
}

std::optional<Quat> findOrientation(std::string_view name) {
    for (const NamedOrientation& entry : kOrientations) {
        if (name == entry.name) {
            const Vec3 palm = normalised(entry.palm);
            const Vec3 fingers = normalised(entry.fingers - palm * dot(entry.fingers, palm));
            return fromAxes(cross(fingers, palm), fingers, palm);
        }
    }
    return std::nullopt;
}

const std::vector<std::string>& placeNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        appendNames(
            kPlaces, [](const NamedPlace& place) { return place.free; }, all);
        appendNames(
            kPlaces, [](const NamedPlace& place) { return !place.free; }, all);
        return all;
    }();
    return names;
}

int freePlaceCount() {
    return static_cast<int>(
        std::count_if(kPlaces.begin(), kPlaces.end(), [](const auto& place) { return place.free; }));
}

const std::vector<std::string>& orientationNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        appendNames(
            kOrientations, [](const NamedOrientation&) { return true; }, all);
        return all;
    }();
    return names;
}

HandPose placeHand(const Handshape& shape, Quat rotation, Vec3 target, bool byFingertips) {
    HandPose hand{{}, rotation, shape, 0.0F};
    const Vec3 touching = byFingertips ? contactPoint(shape) : Vec3{0.0F, 0.42F, 0.0F};
    hand.wrist = target - rotate(rotation, touching * kHandLength);
    hand.wrist.z = std::max(hand.wrist.z, 0.09F);
    const Vec3 reach = hand.wrist - kShoulder;
    const float limit = (kUpperArm + kForearm) * 0.985F;
    if (length(reach) > limit) {
        hand.wrist = kShoulder + normalised(reach) * limit;
    }
    const Vec3 fingers = rotate(rotation, {0.0F, 1.0F, 0.0F});
    float best = std::numeric_limits<float>::max();
    for (int step = -8; step <= 24; ++step) {
        const float swivel = radians(4.0F * static_cast<float>(step));
        const float cost = strain(hand.wrist, fingers, swivel);
        if (cost < best) {
            best = cost;
            hand.swivel = swivel;
        }
    }
    return hand;
}

HandPose restingHand(float lateral, float height) {
    return placeHand(relaxedHandshape(), *findOrientation("palm-in-down"), {lateral, height, 0.10F}, false);
}

float wristBend(const HandPose& hand) {
    const Vec3 forearm = normalised(hand.wrist - elbowOf(hand));
    return std::acos(std::clamp(dot(forearm, rotate(hand.rotation, {0.0F, 1.0F, 0.0F})), -1.0F, 1.0F));
}

Vec3 elbowOf(const HandPose& hand) {
    return elbowAt(hand.wrist, hand.swivel);
}

} // namespace livegloss::synth
