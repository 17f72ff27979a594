#include "sentence.h"

#include <algorithm>

namespace livegloss::synth {
namespace {

/// Starts and ends at rest, as hands do (minimum jerk).
float reaching(float t) {
    return t * t * t * (10.0F + t * (6.0F * t - 15.0F));
}

} // namespace

Sentence::Sentence(const ClipRequest& request) : fps_(static_cast<float>(request.fps)) {
    Random random(request.seed, "sentence");
    const bool hanging = random.chance(0.35F);
    const float restX = hanging ? random.range(-0.24F, -0.20F) : random.range(-0.13F, -0.055F);
    const float restY = hanging ? random.range(1.0F, 1.06F) : random.range(0.88F, 0.97F);
    restDominant_ = restingHand(restX, restY);
    restOther_ = restingHand(restX + random.range(-0.02F, 0.02F), restY + random.range(-0.02F, 0.02F));
    restOther_.wrist.z -= 0.02F;
    drawSigns(request, random);
    layOut(random, fps_ / 25.0F);
    for (float& phase : swayPhase_) {
        phase = random.range(0.0F, 2.0F * kPi);
    }
    swayAmount_ = random.range(0.4F, 1.3F);
    float next = random.range(0.3F, 3.0F);
    while (static_cast<int>(next * fps_) < frames_) {
        blinks_.push_back(static_cast<int>(next * fps_));
        next += random.range(1.2F, 4.5F);
    }
}

void Sentence::drawSigns(const ClipRequest& request, Random& random) {
    const std::vector<std::string>& glosses = lexiconGlosses();
    if (!request.glosses.empty()) {
        for (const std::string& gloss : request.glosses) {
            const auto found = std::find(glosses.begin(), glosses.end(), gloss);
            signs_.push_back({static_cast<int>(found - glosses.begin()), drawVariation(random)});
        }
        return;
    }
    const int count = random.between(request.minSigns, request.maxSigns);
    for (int i = 0; i < count; ++i) {
        const bool again = i > 0 && random.chance(0.08F);
        const int entry = again ? signs_.back().entry : random.below(static_cast<int>(glosses.size()));
        signs_.push_back({entry, drawVariation(random)});
    }
}

void Sentence::append(Segment segment, float lengthAt25, float framesScale) {
    segment.first = frames_;
    segment.length = std::max(segment.sign >= 0 ? 3 : 1, static_cast<int>(std::lround(lengthAt25 * framesScale)));
    frames_ += segment.length;
    segments_.push_back(segment);
}

void Sentence::layOut(Random& random, float framesScale) {
    const float pace = random.range(0.85F, 1.15F);
    const auto way = [&](bool repeat, float from, float to) {
        append({-1, 0, 0, false, repeat}, random.range(from, to) * pace, framesScale);
    };
    append({-1, 0, 0, true, false}, random.range(5.0F, 15.0F), framesScale);
    for (std::size_t i = 0; i < signs_.size(); ++i) {
        const bool repeat = i > 0 && signs_[i].entry == signs_[i - 1].entry;
        if (i > 0 && !repeat && random.chance(0.07F)) {
            way(false, 6.0F, 9.0F);
            append({-1, 0, 0, true, false}, random.range(3.0F, 9.0F), framesScale);
        }
        repeat ? way(true, 8.0F, 12.0F) : segments_.back().rest ? way(false, 6.0F, 10.0F) : way(false, 4.0F, 9.0F);
        const Sign& sign = lexicon()[static_cast<std::size_t>(signs_[i].entry)];
        const bool repeated = sign.movement.count > 1;
        append({static_cast<int>(i), 0, 0, false, false},
               random.range(repeated ? 13.0F : 10.0F, repeated ? 20.0F : 17.0F) * pace, framesScale);
        const Segment& placed = segments_.back();
        spans_.push_back({signs_[i].entry + 1, sign.gloss, placed.first, placed.first + placed.length - 1});
    }
    way(false, 6.0F, 10.0F);
    append({-1, 0, 0, true, false}, random.range(5.0F, 15.0F), framesScale);
}

BodyPose Sentence::edgePose(const Segment& segment, bool atEnd) const {
    if (segment.sign >= 0) {
        const Performed& performed = signs_[static_cast<std::size_t>(segment.sign)];
        return poseOfSign(lexicon()[static_cast<std::size_t>(performed.entry)], performed.variation,
                          atEnd ? 1.0F : 0.0F, restOther_);
    }
    BodyPose pose;
    pose.dominant = restDominant_;
    pose.other = restOther_;
    return pose;
}

BodyPose Sentence::handsAndFace(int frame) const {
    const auto after = std::upper_bound(segments_.begin(), segments_.end(), frame,
                                        [](int value, const Segment& segment) { return value < segment.first; });
    const Segment& segment = *std::prev(after);
    const float within = static_cast<float>(frame - segment.first);
    if (segment.rest) {
        return edgePose(segment, false);
    }
    if (segment.sign >= 0) {
        const Performed& performed = signs_[static_cast<std::size_t>(segment.sign)];
        return poseOfSign(lexicon()[static_cast<std::size_t>(performed.entry)], performed.variation,
                          within / static_cast<float>(segment.length - 1), restOther_);
    }
    const BodyPose from = edgePose(*std::prev(after, 2), true);
    const BodyPose to = edgePose(*after, false);
    const float t = (within + 1.0F) / static_cast<float>(segment.length + 1);
    const float reached = reaching(t);
    BodyPose pose;
    // Hands swing a little towards the viewer on the way, and visibly fall between two performances of one sign.
    const float arc = std::sin(kPi * t);
    const Vec3 lift = segment.repeat ? Vec3{-0.035F, 0.085F, 0.02F} * arc : Vec3{0.0F, 0.0F, 0.03F} * arc;
    pose.dominant = mix(from.dominant, to.dominant, reached);
    pose.other = mix(from.other, to.other, reached);
    pose.dominant.wrist = pose.dominant.wrist + lift;
    if (length(from.other.wrist - to.other.wrist) > 1e-3F || from.other.wrist.y < 0.8F) {
        pose.other.wrist = pose.other.wrist + lift;
    }
    pose.face = mix(from.face, to.face, smoothStep(0.2F, 0.8F, t));
    if (segment.repeat) {
        pose.face = mix(pose.face, FacePose{}, 0.7F * arc);
    }
    return pose;
}

void Sentence::addLife(int frame, BodyPose& pose) const {
    const float seconds = static_cast<float>(frame) / fps_;
    const auto wave = [&](std::size_t i, float hertz) {
        return swayAmount_ * std::sin(2.0F * kPi * hertz * seconds + swayPhase_[i]);
    };
    pose.sway = 0.006F * wave(0, 0.23F);
    pose.headShift = {0.004F * wave(1, 0.31F), 0.003F * wave(2, 0.27F)};
    pose.headRoll = radians(2.2F * wave(3, 0.21F));
    pose.headYaw = 0.16F * wave(4, 0.17F) + 0.08F * wave(5, 0.61F);
    const Vec3 breath{0.0015F * wave(6, 0.9F), 0.0015F * wave(7, 0.8F), 0.0F};
    pose.dominant.wrist = pose.dominant.wrist + breath;
    pose.other.wrist = pose.other.wrist + breath;
    for (const int blink : blinks_) {
        const float away = std::abs(static_cast<float>(frame - blink)) / fps_;
        pose.face.blink = std::max(pose.face.blink, 1.0F - smoothStep(0.04F, 0.12F, away));
    }
}

BodyPose Sentence::pose(int frame) const {
    BodyPose pose = handsAndFace(std::clamp(frame, 0, frames_ - 1));
    addLife(frame, pose);
    return pose;
}

} // namespace livegloss::synth
