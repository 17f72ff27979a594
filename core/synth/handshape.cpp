#include "handshape.h"

#include <algorithm>

namespace livegloss::synth {
namespace {

using Finger = Handshape::Finger;
using Thumb = std::array<Handshape::ThumbBone, 3>;

constexpr Finger kStraight{3, 5, 3, 0};
constexpr Finger kFolded{84, 102, 55, 0};
constexpr Finger kCurved{28, 42, 28, 0};
constexpr Finger kClawed{8, 62, 42, 0};
constexpr Finger kHooked{8, 92, 55, 0};
constexpr Finger kRound{50, 58, 34, 0};
constexpr Finger kBent{78, 6, 4, 0};

constexpr Thumb kAlongside{{{34, 8}, {6, 6}, {2, 4}}};
constexpr Thumb kOut{{{48, 6}, {62, 2}, {66, 0}}};
constexpr Thumb kUpright{{{38, 20}, {8, 12}, {0, 6}}};
constexpr Thumb kAcross{{{20, 45}, {-39, 31}, {-80, 0}}};
constexpr Thumb kOpposed{{{46, 42}, {22, 48}, {4, 40}}};
constexpr Thumb kTouching{{{25, 42}, {-13, 34}, {-15, 15}}};
constexpr Thumb kWide{{{50, 14}, {44, 8}, {40, 4}}};

constexpr Finger spread(Finger finger, float degrees) {
    finger.spread = degrees;
    return finger;
}

struct Named {
    const char* name;
    Handshape shape;
};

constexpr std::array<Finger, 4> all(Finger finger) {
    return {finger, finger, finger, finger};
}
constexpr std::array<Finger, 4> fanned(Finger finger, float scale = 1.0F) {
    return {spread(finger, 15 * scale), spread(finger, 4 * scale), spread(finger, -8 * scale),
            spread(finger, -21 * scale)};
}

const std::array<Named, 18> kShapes{{
    {"flat", {all(kStraight), kAlongside}},
    {"five", {fanned(kStraight), kOut}},
    {"bent", {all(kBent), kAlongside}},
    {"fist", {all(kFolded), kAcross}},
    {"thumb", {all(kFolded), {{{60, 10}, {74, 2}, {84, 0}}}}},
    {"index", {{kStraight, kFolded, kFolded, kFolded}, kAcross}},
    {"vee", {{spread(kStraight, 13), spread(kStraight, -10), kFolded, kFolded}, kAcross}},
    {"pair", {{spread(kStraight, -2), spread(kStraight, 2), kFolded, kFolded}, kAcross}},
    {"three", {{spread(kStraight, 15), kStraight, spread(kStraight, -14), kFolded}, kAcross}},
    {"claw", {fanned(kClawed), kWide}},
    {"cee", {all(kCurved), kOpposed}},
    {"oh", {all(kRound), kTouching}},
    {"ell", {{kStraight, kFolded, kFolded, kFolded}, {{{55, 4}, {80, 0}, {86, 0}}}}},
    {"wye", {{kFolded, kFolded, kFolded, spread(kStraight, -24)}, {{{55, 6}, {76, 2}, {82, 0}}}}},
    {"ily", {{spread(kStraight, 4), kFolded, kFolded, spread(kStraight, -12)}, {{{52, 4}, {74, 0}, {78, 0}}}}},
    {"eff", {{kRound, spread(kStraight, 6), spread(kStraight, -7), spread(kStraight, -20)}, kTouching}},
    {"hook", {{kHooked, kFolded, kFolded, kFolded}, kAcross}},
    {"little", {{kFolded, kFolded, kFolded, spread(kStraight, -6)}, kAcross}},
}};

struct FingerSizes {
    Vec3 knuckle;
    std::array<float, 3> bones;
};
constexpr std::array<FingerSizes, 4> kFingers{{{{0.150F, 0.520F, 0.0F}, {0.200F, 0.125F, 0.095F}},
                                               {{0.050F, 0.540F, 0.01F}, {0.220F, 0.140F, 0.100F}},
                                               {{-0.050F, 0.520F, 0.005F}, {0.200F, 0.130F, 0.098F}},
                                               {{-0.142F, 0.475F, 0.0F}, {0.155F, 0.095F, 0.085F}}}};
constexpr Vec3 kThumbRoot{0.12F, 0.12F, 0.03F};
constexpr std::array<float, 3> kThumbBones{0.22F, 0.17F, 0.13F};

Vec3 fingerDirection(float flexion, float sideways) {
    const float bend = radians(flexion);
    const float side = radians(sideways);
    return {std::cos(bend) * std::sin(side), std::cos(bend) * std::cos(side), std::sin(bend)};
}

Vec3 thumbDirection(const Handshape::ThumbBone& bone) {
    const float azimuth = radians(bone.azimuth);
    const float elevation = radians(bone.elevation);
    return {std::cos(elevation) * std::sin(azimuth), std::cos(elevation) * std::cos(azimuth), std::sin(elevation)};
}

} // namespace

Handshape mix(const Handshape& a, const Handshape& b, float t) {
    Handshape shape;
    for (std::size_t i = 0; i < shape.fingers.size(); ++i) {
        const Finger& from = a.fingers[i];
        const Finger& to = b.fingers[i];
        shape.fingers[i] = {mix(from.knuckle, to.knuckle, t), mix(from.middle, to.middle, t), mix(from.end, to.end, t),
                            mix(from.spread, to.spread, t)};
    }
    for (std::size_t i = 0; i < shape.thumb.size(); ++i) {
        shape.thumb[i] = {mix(a.thumb[i].azimuth, b.thumb[i].azimuth, t),
                          mix(a.thumb[i].elevation, b.thumb[i].elevation, t)};
    }
    return shape;
}

const std::vector<std::string>& handshapeNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Named& shape : kShapes) {
            all.emplace_back(shape.name);
        }
        return all;
    }();
    return names;
}

std::optional<Handshape> findHandshape(std::string_view name) {
    const auto* found =
        std::find_if(kShapes.begin(), kShapes.end(), [&](const Named& shape) { return shape.name == name; });
    return found == kShapes.end() ? std::nullopt : std::optional(found->shape);
}

Handshape relaxedHandshape() {
    return {{Finger{18, 24, 14, 3}, Finger{24, 28, 16, 0}, Finger{28, 30, 18, -1}, Finger{30, 32, 18, -4}},
            {{{36, 24}, {14, 18}, {6, 14}}}};
}

HandJoints handJoints(const Handshape& shape) {
    HandJoints joints;
    for (std::size_t i = 0; i < 4; ++i) {
        const Finger& finger = shape.fingers[i];
        Vec3 place = kFingers[i].knuckle;
        joints.fingers[i][0] = mirrored(place);
        float flexion = finger.knuckle;
        const std::array<float, 3> steps{0.0F, finger.middle, finger.end};
        for (std::size_t bone = 0; bone < 3; ++bone) {
            flexion += steps[bone];
            place = place + fingerDirection(flexion, finger.spread) * kFingers[i].bones[bone];
            joints.fingers[i][bone + 1] = mirrored(place);
        }
    }
    Vec3 place = kThumbRoot;
    joints.thumb[0] = mirrored(place);
    for (std::size_t bone = 0; bone < 3; ++bone) {
        place = place + thumbDirection(shape.thumb[bone]) * kThumbBones[bone];
        joints.thumb[bone + 1] = mirrored(place);
    }
    return joints;
}

Vec3 contactPoint(const Handshape& shape) {
    const HandJoints joints = handJoints(shape);
    Vec3 sum;
    float count = 0.0F;
    for (const auto& finger : joints.fingers) {
        if (finger[3].y > 0.70F) {
            sum = sum + finger[3];
            count += 1.0F;
        }
    }
    return count > 0.0F ? sum * (1.0F / count) : Vec3{0.0F, 0.50F, 0.12F};
}

} // namespace livegloss::synth
