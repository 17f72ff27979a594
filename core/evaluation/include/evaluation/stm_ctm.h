#pragma once

#include "base/result.h"
#include "evaluation/word_error.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::evaluation {

/// One line of a reference file (.stm): `file channel speaker start end [<label>] word word ...`.
struct StmSegment {
    std::string file;
    std::string channel = "1";
    std::string speaker = "unknown";
    double startSeconds = 0.0;
    double endSeconds = 1.79769e+308; ///< as published corpora write "to the end"
    Words words;
    int line = 0; ///< of the file it was read from, from 1
};

/// One line of a hypothesis file (.ctm): `file channel start duration word [confidence]`.
struct CtmWord {
    std::string file;
    std::string channel = "1";
    double startSeconds = 0.0;
    double durationSeconds = 0.0;
    std::string word;
    std::optional<double> confidence;
    std::string startText = {}; ///< the start as the file writes it
    int line = 0;               ///< of the file it was read from, from 1
};

// Parsing skips empty lines and comments (;;) and takes either line ending. Times that run backwards or begin before 0
// are refused. Errors name `source` and the line.
Result<std::vector<StmSegment>> parseStm(std::string_view text, const std::string& source);
Result<std::vector<CtmWord>> parseCtm(std::string_view text, const std::string& source);
/// Lines in the order given. White space inside a word becomes "_", an empty word "[EMPTY]".
std::string formatStm(const std::vector<StmSegment>& segments);
/// Like formatStm(), sorted by file, channel and start, as scoring tools want.
std::string formatCtm(std::vector<CtmWord> words);

Result<std::vector<StmSegment>> readStm(const std::filesystem::path& path);
Result<std::vector<CtmWord>> readCtm(const std::filesystem::path& path);
Result<void> writeStm(const std::filesystem::path& path, const std::vector<StmSegment>& segments);
Result<void> writeCtm(const std::filesystem::path& path, const std::vector<CtmWord>& words);

} // namespace livegloss::evaluation
