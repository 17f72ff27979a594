#pragma once

#include "report_output.h"
#include "session/clip_recogniser.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace livegloss::cli {

enum class GlossFormat { Json, Text, Srt, Vtt, Csv, Ctm };

struct RecognitionOutput {
    std::string model;
    std::string input;
    double fps = 0.0; ///< of the model
    double durationSeconds = 0.0;
    std::vector<session::CaptionGloss> glosses;
    int leftOut = 0; ///< glosses below the least confidence
    session::FrameCounts frames;
};

/// The whole output file.
std::string formatGlosses(const RecognitionOutput& output, GlossFormat format);

// Parts that other reports hold too.
nlohmann::ordered_json glossJson(const session::CaptionGloss& gloss);
nlohmann::ordered_json framesJson(const session::FrameCounts& frames);

} // namespace livegloss::cli
