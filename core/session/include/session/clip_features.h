#pragma once

#include "base/clock.h"
#include "base/frame.h"
#include "base/result.h"
#include "decode/label_scorer.h"
#include "engine/loaded_model.h"
#include "session/caption.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace livegloss::session {

/// Frame features of a contiguous part of a clip, each with the time of its frame. Rows that pad the clip carry the
/// time of the frame that they copy.
struct ClipFeatures {
    int width = 0;             ///< E
    std::vector<float> values; ///< [rows, E]
    std::vector<MediaTime> times;
    bool paddedFront = false; ///< begins with the padding of a clip's beginning
    bool paddedBack = false;

    int rows() const { return static_cast<int>(times.size()); }
    void append(std::span<const float> feature, MediaTime time);
    /// Rows first .. first + count - 1 as a part of its own.
    ClipFeatures part(int first, int count) const;
    void dropFront(int count);
};

struct OfflineDecodeOptions {
    float minConfidence = 0.4F; ///< see leaveOutUnsure()
    int beamWidth = 10;
    int alternatives = 3;
    bool mergeRepeats = false;       ///< see decode::DecodeOptions
    decode::LanguageFusion language; ///< weighed in by the beam search
    std::function<bool()> cancelled; ///< asked between chunks; may be empty
};

/// Removes glosses less confident than `least`, but for hesitant ones within five seconds of a sure one: the live
/// captions' rule (decode::sureConfidence()), whose window is that long at 12.5 frames a second. Returns how many.
int leaveOutUnsure(std::vector<CaptionGloss>& glosses, float least);

/// The temporal head over all of `features` at once (in overlapping chunks of 2000 frames when they are many), decoded.
/// Ends that are not padded yet are padded with copies. Empty when there are too few frames for one step. Any thread.
Result<std::vector<CaptionGloss>> decodeOffline(const engine::LoadedModelPtr& model, const ClipFeatures& features,
                                                const OfflineDecodeOptions& options);

} // namespace livegloss::session
