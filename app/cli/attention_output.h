#pragma once

#include "attention/clip_walk.h"
#include "attention/regions.h"
#include "attention/scale.h"
#include "attention/values_file.h"
#include "attention/view.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// Frames of a video with what a view shows of them.
struct CollectedAttention {
    std::vector<attention::AttendedFrame> frames; ///< those that were asked for
    std::vector<attention::FrameValues> values;   ///< of every frame, without its picture, where none was asked for
    std::optional<float> temporalWeight;          ///< with cross-frame weights
    attention::ClipScales scales{vision::RangeMemory::Whole}; ///< of all that was read
    std::int64_t videoFrames = 0;                             ///< the last frame that was read, + 1
};

struct AttentionJob {
    engine::LoadedModelPtr model;
    std::string input;
    attention::View view;
    std::vector<std::int64_t> frames; ///< of the video, from 0, ascending; empty: every frame that the network sees
    /// The span of a video, or of values of all frames, that is written; to its end without `to`.
    MediaTime from{0};
    std::optional<MediaTime> to;
    bool captions = true; ///< of a video or curves that are written: recognised first
};

/// What curves over time are measured of besides the attention itself.
struct CurveRegions {
    attention::RegionSource source;
    std::optional<vision::Region> own; ///< in fractions of the frame
};

/// Reads the video as far as is needed: to its end when the colours stand for the whole clip or every frame is wanted.
/// Of a frame that the network does not see, as its rate is lower, comes the one before it that it does.
Result<CollectedAttention> collectAttention(const AttentionJob& job);

/// Writes what its ending asks for: .png, .svg and .pdf sheets, .csv and .safetensors values.
Result<void> saveAttention(const AttentionJob& job, CollectedAttention collected, const std::string& path);
/// Whether `path` ends in one of them.
bool isAttentionFormat(const std::string& path);
bool isSheetFormat(const std::string& path);
bool isVideoFormat(const std::string& path);

bool isCurveFormat(const std::string& path);

/// Attention over time of the whole video (.csv, .png, .svg, .pdf), with the glosses as bands.
Result<void> saveCurves(const AttentionJob& job, const CurveRegions& regions, const std::string& path);

/// A span of the video with the attention over it and the glosses below (.mp4, .gif).
Result<void> saveVideo(const AttentionJob& job, const std::string& path);

} // namespace livegloss::cli
