#include "gloss_output.h"

#include "evaluation/stm_ctm.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using session::CaptionGloss;

std::string printed(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

double rounded(double value, double places) {
    return std::round(value * places) / places;
}

/// hh:mm:ss and milliseconds, with `point` between them.
std::string timeStamp(MediaTime time, char point) {
    const auto total = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    char text[32];
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld%c%03lld", static_cast<long long>(total / 3600000),
                  static_cast<long long>(total / 60000 % 60), static_cast<long long>(total / 1000 % 60), point,
                  static_cast<long long>(total % 1000));
    return text;
}

/// A gloss lasts a fraction of a second; on a screen it stays a second, or until the next one.
MediaTime readableEnd(const std::vector<CaptionGloss>& glosses, std::size_t index) {
    const CaptionGloss& gloss = glosses[index];
    MediaTime end = std::max(gloss.end, gloss.start + MediaTime(std::chrono::seconds(1)));
    if (index + 1 < glosses.size()) {
        end = std::min(end, std::max(gloss.start + MediaTime(std::chrono::milliseconds(40)), glosses[index + 1].start));
    }
    return end;
}

std::string subtitles(const std::vector<CaptionGloss>& glosses, bool vtt) {
    std::string text = vtt ? "WEBVTT\n\n" : "";
    const char point = vtt ? '.' : ',';
    for (std::size_t i = 0; i < glosses.size(); ++i) {
        std::string word = glosses[i].text;
        if (vtt) {
            for (const auto& [from, to] : {std::pair{'&', "&amp;"}, std::pair{'<', "&lt;"}}) {
                for (std::size_t at = word.find(from); at != std::string::npos; at = word.find(from, at + 1)) {
                    word.replace(at, 1, to);
                }
            }
        }
        text += std::to_string(i + 1) + "\n" + timeStamp(glosses[i].start, point) + " --> " +
                timeStamp(readableEnd(glosses, i), point) + "\n" + word + "\n\n";
    }
    return text;
}

std::string csvField(const std::string& value) {
    if (value.find_first_of(",\"\n\r") == std::string::npos) {
        return value;
    }
    std::string quoted = "\"";
    for (const char letter : value) {
        quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    }
    return quoted + "\"";
}

std::string csv(const std::vector<CaptionGloss>& glosses) {
    std::string text = "gloss,start_s,end_s,confidence,alternatives\n";
    for (const CaptionGloss& gloss : glosses) {
        std::string others;
        for (const session::GlossAlternative& other : gloss.alternatives) {
            others += (others.empty() ? "" : "; ") + other.text + " " + printed("%.3f", other.probability);
        }
        text += csvField(gloss.text) + printed(",%.3f", toSeconds(gloss.start)) +
                printed(",%.3f", toSeconds(gloss.end)) + printed(",%.3f,", gloss.confidence) + csvField(others) + "\n";
    }
    return text;
}

std::string ctm(const RecognitionOutput& output) {
    std::vector<evaluation::CtmWord> words;
    const std::string file = std::filesystem::path(output.input).stem().string();
    for (const CaptionGloss& gloss : output.glosses) {
        words.push_back({file, "1", toSeconds(gloss.start), toSeconds(gloss.end - gloss.start), gloss.text,
                         static_cast<double>(gloss.confidence)});
    }
    return evaluation::formatCtm(std::move(words));
}

std::string wordsLine(const std::vector<CaptionGloss>& glosses) {
    std::string line;
    for (const CaptionGloss& gloss : glosses) {
        line += (line.empty() ? "" : " ") + gloss.text;
    }
    return line + "\n";
}

} // namespace

nlohmann::ordered_json glossJson(const CaptionGloss& gloss) {
    auto alternatives = nlohmann::ordered_json::array();
    for (const session::GlossAlternative& other : gloss.alternatives) {
        alternatives.push_back({{"gloss", other.text}, {"probability", rounded(other.probability, 1e4)}});
    }
    return {{"gloss", gloss.text},
            {"start_s", rounded(toSeconds(gloss.start), 1e3)},
            {"end_s", rounded(toSeconds(gloss.end), 1e3)},
            {"confidence", rounded(gloss.confidence, 1e4)},
            {"alternatives", std::move(alternatives)}};
}

nlohmann::ordered_json framesJson(const session::FrameCounts& frames) {
    return {{"captured", frames.captured},
            {"encoded", frames.encoded},
            {"reused", frames.reused},
            {"interpolated", frames.interpolated},
            {"dropped", frames.dropped}};
}

std::string formatGlosses(const RecognitionOutput& output, GlossFormat format) {
    switch (format) {
    case GlossFormat::Text:
        return wordsLine(output.glosses);
    case GlossFormat::Srt:
        return subtitles(output.glosses, false);
    case GlossFormat::Vtt:
        return subtitles(output.glosses, true);
    case GlossFormat::Csv:
        return csv(output.glosses);
    case GlossFormat::Ctm:
        return ctm(output);
    case GlossFormat::Json:
        break;
    }
    auto glosses = nlohmann::ordered_json::array();
    for (const CaptionGloss& gloss : output.glosses) {
        glosses.push_back(glossJson(gloss));
    }
    return jsonText({{"model", output.model},
                     {"input", output.input},
                     {"fps", output.fps},
                     {"duration_s", rounded(output.durationSeconds, 1e3)},
                     {"glosses", std::move(glosses)},
                     {"left_out", output.leftOut},
                     {"frames", framesJson(output.frames)}});
}

} // namespace livegloss::cli
