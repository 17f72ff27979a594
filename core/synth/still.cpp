#include "frame_painter.h"
#include "motion.h"
#include "random.h"

#include <algorithm>

namespace livegloss::synth {
namespace {

/// Indices into the vocabulary's groups, in the caption's order.
enum Slot {
    RightShape,
    RightOrientation,
    RightPlace,
    LeftShape,
    LeftOrientation,
    LeftPlace,
    BrowState,
    MouthState,
    SlotCount
};
using Attributes = std::array<int, SlotCount>;

/// A moment of a sign of the lexicon, or (sign -1) a pose that no sign has.
struct Moment {
    int sign = -1;
    float progress = 0.0F;
};

const std::array<const char*, 3> kBrowWords{"brows-neutral", "brows-raised", "brows-lowered"};
const std::array<const char*, 5> kMouthWords{"mouth-closed", "mouth-open", "mouth-pursed", "mouth-smile",
                                             "mouth-puffed"};
const std::string kRest = "rest";

int placeCount() {
    return static_cast<int>(placeNames().size());
}

int optionCount(int slot) {
    switch (slot) {
    case RightShape:
    case LeftShape:
        return static_cast<int>(handshapeNames().size());
    case RightOrientation:
    case LeftOrientation:
        return static_cast<int>(orientationNames().size());
    case RightPlace:
    case LeftPlace:
        return freePlaceCount();
    case BrowState:
        return static_cast<int>(kBrowWords.size());
    default:
        return static_cast<int>(kMouthWords.size());
    }
}

bool atRest(const Attributes& attributes, int placeSlot) {
    return attributes[static_cast<std::size_t>(placeSlot)] == placeCount();
}

/// No hand could do it: the wrist would break.
bool impossible(const Attributes& attributes, int firstSlot) {
    if (atRest(attributes, firstSlot + 2)) {
        return false;
    }
    const auto index = [&](int slot) {
        return static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot + slot)]);
    };
    const Place place = *findPlace(placeNames()[index(2)]);
    const HandPose hand = placeHand(*findHandshape(handshapeNames()[index(0)]),
                                    *findOrientation(orientationNames()[index(1)]), place.point, place.byFingertips);
    return wristBend(hand) > radians(88.0F);
}

bool sameHand(const Attributes& a, const Attributes& b, int firstSlot) {
    return std::equal(a.begin() + firstSlot, a.begin() + firstSlot + 3, b.begin() + firstSlot);
}

/// A hand that is not as in `known` breaks its wrist.
bool impossibleChange(const Attributes& attributes, const Attributes& known) {
    return (!sameHand(attributes, known, RightShape) && impossible(attributes, RightShape)) ||
           (!sameHand(attributes, known, LeftShape) && impossible(attributes, LeftShape));
}

int indexOf(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

Moment drawMoment(Random& random) {
    Moment moment{random.below(static_cast<int>(lexicon().size())), random.uniform()};
    const Sign& sign = lexicon()[static_cast<std::size_t>(moment.sign)];
    // Half-way between two shapes or orientations no word would be right.
    if (sign.endShape != sign.shape) {
        moment.progress = moment.progress < 0.5F ? 0.4F * moment.progress : 0.6F + 0.4F * moment.progress;
    } else if (sign.movement.kind == MovementKind::Turn) {
        moment.progress *= 0.25F;
    }
    return moment;
}

Attributes attributesOf(const Moment& moment) {
    const Sign& sign = lexicon()[static_cast<std::size_t>(moment.sign)];
    Attributes attributes{};
    attributes[RightShape] = indexOf(handshapeNames(), moment.progress < 0.5F ? sign.shape : sign.endShape);
    attributes[RightOrientation] = indexOf(orientationNames(), sign.orientation);
    attributes[RightPlace] = indexOf(placeNames(), sign.place);
    if (sign.hands == Hands::One) {
        attributes[LeftPlace] = placeCount();
    } else {
        const bool base = sign.hands == Hands::Base;
        attributes[LeftShape] = base ? indexOf(handshapeNames(), sign.otherShape) : attributes[RightShape];
        attributes[LeftOrientation] =
            base ? indexOf(orientationNames(), sign.otherOrientation) : attributes[RightOrientation];
        attributes[LeftPlace] = attributes[RightPlace];
    }
    attributes[BrowState] = static_cast<int>(sign.brows);
    attributes[MouthState] = static_cast<int>(sign.mouth);
    return attributes;
}

Attributes drawAttributes(Random& random) {
    Attributes attributes{};
    for (int slot = 0; slot < SlotCount; ++slot) {
        attributes[static_cast<std::size_t>(slot)] = random.below(optionCount(slot));
    }
    if (random.chance(0.02F)) {
        attributes[RightPlace] = placeCount(); // at rest
    }
    const float kind = random.uniform();
    if (kind < 0.45F) { // one hand signs
        attributes[LeftPlace] = placeCount();
    } else if (kind < 0.70F) { // both alike
        attributes[LeftShape] = attributes[RightShape];
        attributes[LeftOrientation] = attributes[RightOrientation];
        attributes[LeftPlace] = attributes[RightPlace];
    }
    return attributes;
}

Attributes drawPossible(Random& random) {
    Attributes attributes = drawAttributes(random);
    for (int attempt = 0; attempt < 50; ++attempt) {
        if (!impossible(attributes, RightShape) && !impossible(attributes, LeftShape)) {
            break;
        }
        attributes = drawAttributes(random);
    }
    return attributes;
}

/// Slots whose change can be seen: shape and orientation of a hand only while it signs.
std::vector<int> visibleSlots(const Attributes& attributes) {
    std::vector<int> slots{BrowState, MouthState};
    for (const int hand : {static_cast<int>(RightShape), static_cast<int>(LeftShape)}) {
        const int place = hand + (RightPlace - RightShape);
        if (!atRest(attributes, place)) {
            slots.insert(slots.end(), {hand, hand, hand + 1, place});
        }
    }
    return slots;
}

/// One slot changed; with `also`, a second one.
Attributes varied(Attributes attributes, Random& random, bool also) {
    for (int change = 0; change < (also ? 2 : 1); ++change) {
        const std::vector<int> slots = visibleSlots(attributes);
        const int slot = slots[static_cast<std::size_t>(random.below(static_cast<int>(slots.size())))];
        int& value = attributes[static_cast<std::size_t>(slot)];
        const int options = optionCount(slot);
        value = value < options ? (value + 1 + random.below(options - 1)) % options : random.below(options);
    }
    return attributes;
}

/// A resting hand has a place only: its shape and turn say nothing.
Attributes comparable(Attributes attributes) {
    for (const int hand : {static_cast<int>(RightShape), static_cast<int>(LeftShape)}) {
        if (atRest(attributes, hand + 2)) {
            attributes[static_cast<std::size_t>(hand)] = 0;
            attributes[static_cast<std::size_t>(hand) + 1] = 0;
        }
    }
    return attributes;
}

void describeHand(const Attributes& attributes, int firstSlot, std::vector<std::string>& words) {
    if (atRest(attributes, firstSlot + 2)) {
        words.insert(words.end(), {"relaxed", "palm-loose", kRest});
        return;
    }
    words.push_back(handshapeNames()[static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot)])]);
    words.push_back(orientationNames()[static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot) + 1])]);
    words.push_back(placeNames()[static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot) + 2])]);
}

std::vector<std::string> describe(const Attributes& attributes) {
    std::vector<std::string> words{"right"};
    describeHand(attributes, RightShape, words);
    words.emplace_back("left");
    describeHand(attributes, LeftShape, words);
    words.emplace_back(kBrowWords[static_cast<std::size_t>(attributes[BrowState])]);
    words.emplace_back(kMouthWords[static_cast<std::size_t>(attributes[MouthState])]);
    return words;
}

HandPose poseHand(const Attributes& attributes, int firstSlot, const SignVariation& variation,
                  const HandPose& resting) {
    if (atRest(attributes, firstSlot + 2)) {
        return resting;
    }
    const auto value = [&](int slot) {
        return static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot + slot)]);
    };
    const Handshape shape = mix(*findHandshape(handshapeNames()[value(0)]), variation.sloppiness, variation.sloppy);
    const Quat rotation = variation.tilt * *findOrientation(orientationNames()[value(1)]);
    const Place place = *findPlace(placeNames()[value(2)]);
    return placeHand(shape, rotation, place.point + variation.placeShift * 1.5F, place.byFingertips);
}

/// What members of a group share.
struct Shared {
    SignVariation right;
    SignVariation left;
    HandPose restRight;
    HandPose restLeft;
    BodyPose body;
};

Shared drawShared(Random& random) {
    Shared shared;
    shared.right = drawVariation(random);
    shared.left = drawVariation(random);
    const float height = random.range(0.88F, 1.04F);
    const float lateral = height > 0.97F ? random.range(-0.24F, -0.20F) : random.range(-0.13F, -0.055F);
    shared.restRight = restingHand(lateral, height);
    shared.restLeft = restingHand(lateral, height);
    shared.body.headShift = {0.006F * random.normal(), 0.004F * random.normal()};
    shared.body.headRoll = radians(2.5F * random.normal());
    shared.body.headYaw = 0.2F * random.normal();
    shared.body.sway = 0.006F * random.normal();
    return shared;
}

/// Both hands in the moment's sign, with the attributes of the hand at `firstSlot` in place of the sign's own.
BodyPose poseInSign(const Moment& moment, const Attributes& attributes, int firstSlot, const Shared& shared) {
    const auto value = [&](int slot) {
        return static_cast<std::size_t>(attributes[static_cast<std::size_t>(firstSlot + slot)]);
    };
    Sign sign = lexicon()[static_cast<std::size_t>(moment.sign)];
    sign.shape = sign.endShape = sign.otherShape = handshapeNames()[value(0)];
    sign.orientation = sign.otherOrientation = orientationNames()[value(1)];
    sign.place = placeNames()[value(2)];
    return poseOfSign(sign, shared.right, moment.progress, shared.restLeft);
}

void poseHands(const Moment& moment, const Attributes& attributes, const Shared& shared, BodyPose& pose) {
    if (moment.sign < 0) {
        pose.dominant = poseHand(attributes, RightShape, shared.right, shared.restRight);
        pose.other = poseHand(attributes, LeftShape, shared.left, shared.restLeft);
        return;
    }
    pose.dominant = poseInSign(moment, attributes, RightShape, shared).dominant;
    const bool rests = atRest(attributes, LeftPlace);
    pose.other = rests ? shared.restLeft : poseInSign(moment, attributes, LeftShape, shared).other;
}

BodyPose poseOf(const Moment& moment, const Attributes& attributes, const Shared& shared) {
    BodyPose pose = shared.body;
    poseHands(moment, attributes, shared, pose);
    pose.face =
        mix(FacePose{}, facePose(static_cast<Brows>(attributes[BrowState]), static_cast<Mouth>(attributes[MouthState])),
            shared.right.faceStrength);
    return pose;
}

std::vector<std::uint8_t> regionsOf(const RenderedFrame& frame, bool leftHanded) {
    std::vector<std::uint8_t> regions(frame.handMask.size());
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const std::uint8_t hand = frame.handMask[i];
        if (hand != 0) {
            regions[i] = (hand == 1) != leftHanded ? 1 : 2;
        } else if (frame.faceMask[i] != 0) {
            regions[i] = 3;
        }
    }
    return regions;
}

} // namespace

const std::vector<std::string>& stillVocabulary() {
    static const std::vector<std::string> words = [] {
        std::vector<std::string> all{"right", "left", "relaxed", "palm-loose", kRest};
        all.insert(all.end(), handshapeNames().begin(), handshapeNames().end());
        all.insert(all.end(), orientationNames().begin(), orientationNames().end());
        all.insert(all.end(), placeNames().begin(), placeNames().end());
        all.insert(all.end(), kBrowWords.begin(), kBrowWords.end());
        all.insert(all.end(), kMouthWords.begin(), kMouthWords.end());
        return all;
    }();
    return words;
}

std::vector<Still> makeStillGroup(std::uint64_t seed, Split split, int size, int count) {
    if (size < kMinSize || size > kMaxSize || count < 1) {
        return {};
    }
    const std::uint64_t own = splitSeed(seed, split);
    Random random(own, "stills");
    const FramePainter painter(own, split, size);
    const Shared shared = drawShared(random);
    const Moment moment = random.chance(0.6F) ? drawMoment(random) : Moment{};
    std::vector<Attributes> members{comparable(moment.sign < 0 ? drawPossible(random) : attributesOf(moment))};
    // One attribute away from the first; after many draws that are there already, two.
    for (int attempt = 0; static_cast<int>(members.size()) < count; ++attempt) {
        const Attributes next = comparable(varied(members.front(), random, attempt % 4 == 3));
        const bool known = std::find(members.begin(), members.end(), next) != members.end();
        if ((!known && !impossibleChange(next, members.front())) || attempt > 200 * count) {
            members.push_back(next);
        }
    }
    std::vector<Still> stills;
    RenderedFrame frame;
    for (std::size_t i = 0; i < members.size(); ++i) {
        painter.paint(poseOf(moment, members[i], shared), static_cast<int>(i), 25.0F, frame, true);
        stills.push_back({size, frame.rgb, describe(members[i]), regionsOf(frame, painter.look().leftHanded)});
    }
    return stills;
}

} // namespace livegloss::synth
