#include "figure.h"
#include "frame_painter.h"
#include "scene.h"
#include "sentence.h"

#include <algorithm>

namespace livegloss::synth {
namespace {

class SynthClip final : public Clip {
public:
    explicit SynthClip(const ClipRequest& request)
        : fps_(static_cast<float>(request.fps)),
          sentence_(request),
          painter_(request.seed, request.split, request.size) {}

    int frames() const override { return sentence_.frames(); }
    const std::vector<SignSpan>& spans() const override { return sentence_.spans(); }
    std::string signerName() const override { return painter_.look().name; }
    void render(int frame, RenderedFrame& out, bool withTruth) const override {
        painter_.paint(sentence_.pose(frame), frame, fps_, out, withTruth);
    }

private:
    float fps_;
    Sentence sentence_;
    FramePainter painter_;
};

bool valid(const ClipRequest& request) {
    const std::vector<std::string>& known = lexiconGlosses();
    return request.size >= kMinSize && request.size <= kMaxSize && request.fps >= 1.0 && request.fps <= 240.0 &&
           request.minSigns >= 1 && request.maxSigns >= request.minSigns && request.maxSigns <= 1000 &&
           std::all_of(request.glosses.begin(), request.glosses.end(), [&](const std::string& gloss) {
               return std::find(known.begin(), known.end(), gloss) != known.end();
           });
}

} // namespace

std::unique_ptr<Clip> makeClip(const ClipRequest& request) {
    if (!valid(request)) {
        return nullptr;
    }
    // Equal seeds mean different sentences in different splits.
    ClipRequest own = request;
    own.seed = splitSeed(request.seed, request.split);
    return std::make_unique<SynthClip>(own);
}

} // namespace livegloss::synth
