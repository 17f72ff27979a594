#include "synth_clips.h"

#include "commands.h"

#include <array>
#include <cstdio>
#include <map>
#include <memory>

namespace livegloss::cli {

synth::ClipRequest synthRequest(const std::string& split, std::uint64_t seed, int number) {
    static const std::map<std::string, synth::Split> splits{
        {"train", synth::Split::Train}, {"dev", synth::Split::Dev}, {"test", synth::Split::Test}};
    const auto known = splits.find(split);
    if (known == splits.end()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the synthetic signer has no split " + split,
                              "Its splits are train, dev and test."}};
    }
    synth::ClipRequest request;
    request.seed = seed * 1'000'003U + static_cast<std::uint64_t>(number);
    request.split = known->second;
    return request;
}

std::string synthClipId(const std::string& split, std::uint64_t seed, int number) {
    std::array<char, 64> tail{};
    std::snprintf(tail.data(), tail.size(), "-%llu-%05d", static_cast<unsigned long long>(seed), number);
    return split + tail.data();
}

Result<void> drawFrames(const synth::Clip& clip, double fps, const std::function<Result<void>(const FramePtr&)>& take) {
    synth::RenderedFrame picture;
    for (int index = 0; index < clip.frames(); ++index) {
        clip.render(index, picture, false);
        auto frame = std::make_shared<Frame>();
        frame->width = frame->height = picture.size;
        frame->rgb = picture.rgb;
        frame->time = fromSeconds(index / fps);
        frame->index = index;
        if (auto taken = take(frame); !taken) {
            return taken;
        }
    }
    return {};
}

} // namespace livegloss::cli
