#pragma once

#include "base/result.h"
#include "session/clip_recogniser.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::session {

enum class GlossFormat { Json, Text, Srt, Vtt, Csv, Ctm };

/// The format that a name such as "srt" stands for, which is also the ending of its files ("txt" is text as well);
/// upper case counts as lower. Nothing for other names.
std::optional<GlossFormat> glossFormat(std::string_view name);

/// What was recognised in one clip, to be written down.
struct GlossReport {
    std::string model;
    std::string input;
    double fps = 0.0; ///< of the model
    double durationSeconds = 0.0;
    std::vector<CaptionGloss> glosses;
    std::optional<int> leftOut; ///< glosses below the least confidence, where they were counted
    FrameCounts frames;
};

/// The whole file, UTF-8.
std::string formatGlosses(const GlossReport& report, GlossFormat format);

// Parts that other reports hold too.
nlohmann::ordered_json glossJson(const CaptionGloss& gloss);
nlohmann::ordered_json framesJson(const FrameCounts& frames);

} // namespace livegloss::session
