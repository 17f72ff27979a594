#pragma once

#include "figure.h"
#include "scene.h"

namespace livegloss::synth {

inline constexpr int kMinSize = 96;
inline constexpr int kMaxSize = 1024;

std::uint64_t splitSeed(std::uint64_t seed, Split split);

/// One signer in one scene before one camera, all drawn from a seed. Const members are thread-safe.
class FramePainter {
public:
    /// `seed` is a splitSeed().
    FramePainter(std::uint64_t seed, Split split, int size);

    const Look& look() const { return look_; }
    void paint(const BodyPose& pose, int frame, float fps, RenderedFrame& out, bool withTruth) const;

private:
    int size_;
    Look look_;
    View view_;
    Camera camera_;
    Scene scene_;
};

} // namespace livegloss::synth
