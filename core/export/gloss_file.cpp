#include "export/gloss_file.h"

#include "base/decimal.h"
#include "evaluation/stm_ctm.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace livegloss::session {

namespace {

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
        for (const GlossAlternative& other : gloss.alternatives) {
            others += (others.empty() ? "" : "; ") + other.text + " " + fixedText(other.probability, 3);
        }
        text += csvField(gloss.text) + "," + fixedText(toSeconds(gloss.start), 3) + "," +
                fixedText(toSeconds(gloss.end), 3) + "," + fixedText(gloss.confidence, 3) + "," + csvField(others) +
                "\n";
    }
    return text;
}

std::string ctm(const GlossReport& report) {
    std::vector<evaluation::CtmWord> words;
    const std::string file = std::filesystem::path(report.input).stem().string();
    for (const CaptionGloss& gloss : report.glosses) {
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

constexpr std::pair<std::string_view, GlossFormat> formatNames[] = {
    {"json", GlossFormat::Json}, {"text", GlossFormat::Text}, {"txt", GlossFormat::Text}, {"srt", GlossFormat::Srt},
    {"vtt", GlossFormat::Vtt},   {"csv", GlossFormat::Csv},   {"ctm", GlossFormat::Ctm}};

} // namespace

std::optional<GlossFormat> glossFormat(std::string_view name) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    const auto* found = std::find_if(std::begin(formatNames), std::end(formatNames),
                                     [&](const auto& entry) { return entry.first == lower; });
    return found == std::end(formatNames) ? std::nullopt : std::optional(found->second);
}

nlohmann::ordered_json glossJson(const CaptionGloss& gloss) {
    auto alternatives = nlohmann::ordered_json::array();
    for (const GlossAlternative& other : gloss.alternatives) {
        alternatives.push_back({{"gloss", other.text}, {"probability", rounded(other.probability, 1e4)}});
    }
    return {{"gloss", gloss.text},
            {"start_s", rounded(toSeconds(gloss.start), 1e3)},
            {"end_s", rounded(toSeconds(gloss.end), 1e3)},
            {"confidence", rounded(gloss.confidence, 1e4)},
            {"alternatives", std::move(alternatives)}};
}

nlohmann::ordered_json framesJson(const FrameCounts& frames) {
    return {{"captured", frames.captured},
            {"encoded", frames.encoded},
            {"reused", frames.reused},
            {"interpolated", frames.interpolated},
            {"dropped", frames.dropped}};
}

std::string formatGlosses(const GlossReport& report, GlossFormat format) {
    switch (format) {
    case GlossFormat::Text:
        return wordsLine(report.glosses);
    case GlossFormat::Srt:
        return subtitles(report.glosses, false);
    case GlossFormat::Vtt:
        return subtitles(report.glosses, true);
    case GlossFormat::Csv:
        return csv(report.glosses);
    case GlossFormat::Ctm:
        return ctm(report);
    case GlossFormat::Json:
        break;
    }
    auto glosses = nlohmann::ordered_json::array();
    for (const CaptionGloss& gloss : report.glosses) {
        glosses.push_back(glossJson(gloss));
    }
    nlohmann::ordered_json json{{"model", report.model},
                                {"input", report.input},
                                {"fps", report.fps},
                                {"duration_s", rounded(report.durationSeconds, 1e3)},
                                {"glosses", std::move(glosses)}};
    if (report.leftOut) {
        json["left_out"] = *report.leftOut;
    }
    json["frames"] = framesJson(report.frames);
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

} // namespace livegloss::session
