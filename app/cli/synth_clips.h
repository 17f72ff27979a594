#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "synth/signer.h"

#include <cstdint>
#include <functional>
#include <string>

namespace livegloss::cli {

/// Clip `number` of what `synth --split SPLIT --seed SEED` makes. Throws CommandFailure for an unknown split.
synth::ClipRequest synthRequest(const std::string& split, std::uint64_t seed, int number);
/// Its name, such as test-1-00042.
std::string synthClipId(const std::string& split, std::uint64_t seed, int number);

/// Draws the clip and hands its frames to `take`, in order, until it fails.
Result<void> drawFrames(const synth::Clip& clip, double fps, const std::function<Result<void>(const FramePtr&)>& take);

} // namespace livegloss::cli
