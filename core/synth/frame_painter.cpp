#include "frame_painter.h"

#include "random.h"

namespace livegloss::synth {
namespace {

int drawNumber(std::uint64_t seed, const char* purpose, int count) {
    return Random(seed, purpose).below(count);
}

/// Large buffers that live as long as the thread, so that painting does not allocate.
struct Scratch {
    std::vector<float> depth;
    std::vector<Part> parts;
};

} // namespace

std::uint64_t splitSeed(std::uint64_t seed, Split split) {
    return Random(seed, split == Split::Train ? "train" : split == Split::Dev ? "dev" : "test").next();
}

FramePainter::FramePainter(std::uint64_t seed, Split split, int size)
    : size_(size),
      look_(signerLook(split, drawNumber(seed, "signer", signerCount(split)))),
      view_(drawView(seed)),
      camera_(view_, size),
      scene_(split, drawNumber(seed, "scene", sceneCount(split)), seed, size) {}

void FramePainter::paint(const BodyPose& pose, int frame, float fps, RenderedFrame& out, bool withTruth) const {
    static thread_local Scratch scratch;
    const std::size_t pixels = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
    scratch.depth.resize(pixels);
    out.size = size_;
    out.rgb.resize(pixels * 3);
    out.keypoints.clear();
    if (withTruth) {
        scratch.parts.assign(pixels, Part::Background);
    }
    Canvas behind(size_, out.rgb.data(), scratch.depth.data(), nullptr);
    scene_.drawBehind(behind, out.rgb.data(), frame, fps);
    Canvas canvas(size_, out.rgb.data(), scratch.depth.data(), withTruth ? scratch.parts.data() : nullptr);
    drawSigner({canvas, camera_, look_, view_, pose, withTruth ? &out.keypoints : nullptr});
    scene_.finish(out.rgb.data(), frame, view_);

    out.handMask.resize(withTruth ? pixels : 0);
    out.faceMask.resize(withTruth ? pixels : 0);
    for (std::size_t i = 0; withTruth && i < pixels; ++i) {
        const Part part = scratch.parts[i];
        out.handMask[i] = part == Part::RightHand ? 1 : part == Part::LeftHand ? 2 : 0;
        out.faceMask[i] = part == Part::Face ? 1 : 0;
    }
}

} // namespace livegloss::synth
