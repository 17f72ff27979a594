#pragma once

#include "base/result.h"
#include "evaluation/word_error.h"
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
/// {"wer_percent", "substitutions", "deletions", "insertions", "reference_words"}
nlohmann::ordered_json errorJson(const evaluation::ErrorCounts& counts);
/// JSON text; names from elsewhere that are no UTF-8 are replaced where they must be.
std::string jsonText(const nlohmann::ordered_json& json);

} // namespace livegloss::cli
