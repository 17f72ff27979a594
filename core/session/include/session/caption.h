#pragma once

#include "base/clock.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace livegloss::session {

struct GlossAlternative {
    std::string text;
    float probability = 0.0F;
};

/// What the offline pass over the whole clip said about a committed gloss.
enum class OfflineChange { None, Confirmed, Added, Removed, Replaced };

struct CaptionGloss {
    std::int64_t id = 0;
    std::string text; ///< the gloss; a number when the model has no vocabulary
    int label = 0;
    MediaTime start{0};
    MediaTime end{0};
    float confidence = 0.0F;
    std::vector<GlossAlternative> alternatives;
    OfflineChange change = OfflineChange::None;
    std::string replacedText; ///< for Replaced: what was shown live
};
using CaptionList = std::shared_ptr<const std::vector<CaptionGloss>>;

} // namespace livegloss::session
