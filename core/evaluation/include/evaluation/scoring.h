#pragma once

#include "base/result.h"
#include "evaluation/stm_ctm.h"
#include "evaluation/word_error.h"

#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::evaluation {

/// Whose way of counting is followed.
enum class ScoringTool {
    Sclite,   ///< NIST's sclite, as published figures are counted
    Reference ///< the Python tool of the released recognisers: equal neighbours of the hypothesis count once
};
enum class Cleanup { None, Phoenix };

struct ScoringOptions {
    ScoringTool tool = ScoringTool::Sclite;
    Cleanup cleanup = Cleanup::None;
};

struct ScoredUtterance {
    std::string file;
    std::string speaker;
    Words reference;
    Words hypothesis; ///< as aligned: after the clean-up, and for the reference tool with equal neighbours merged
    std::vector<AlignedPair> alignment;
    ErrorCounts counts;
};
struct SpeakerScore {
    std::string speaker;
    int utterances = 0;
    ErrorCounts counts;
};
/// How one gloss fared: `counts` over its places in the reference, insertions where it was recognised without a place.
struct GlossScore {
    std::string gloss;
    ErrorCounts counts;
    std::int64_t mistaken = 0; ///< times it was recognised in another gloss' place
};
struct Confusion {
    std::string reference;
    std::string hypothesis;
    std::int64_t count = 0;
};

struct ScoreReport {
    ErrorCounts total;
    std::vector<ScoredUtterance> utterances; ///< in the order of the reference
    std::vector<SpeakerScore> speakers;      ///< by name
    std::vector<GlossScore> glosses;         ///< most errors first, then by name
    std::vector<Confusion> confusions;       ///< most frequent first, then by name
    std::vector<std::string> notes;          ///< what a person should know about the input, in English
};

/// Scores a hypothesis as `options.tool` does. Sclite compares ASCII letters whatever their case, gives each segment of
/// a file the words whose middle lies before its end, in the order of the file, and the last one the rest; the
/// reference tool takes one segment a file and compares byte by byte. Refused with file and line: words of files that
/// the reference lacks (sclite), several segments of one file (reference tool), glosses that sclite reads as marks.
/// `stmName` and `ctmName` appear in messages. Pure; any thread.
Result<ScoreReport> scoreHypothesis(const std::vector<StmSegment>& reference, std::vector<CtmWord> hypothesis,
                                    const ScoringOptions& options, const std::string& stmName = "the reference",
                                    const std::string& ctmName = "the hypothesis");

/// Reads both files and scores them. The reference tool loses the last character of a reference that does not end in a
/// line break; its figures come out the same only if that is done here too, so it is, and noted in the report.
Result<ScoreReport> scoreFiles(const std::filesystem::path& stm, const std::filesystem::path& ctm,
                               const ScoringOptions& options);

/// Sums up utterances that are aligned and counted already: totals, speakers, glosses, confusions. Glosses that differ
/// only in the case of ASCII letters are one, under the first spelling met, where `foldCase`.
ScoreReport summarise(std::vector<ScoredUtterance> utterances, bool foldCase);

} // namespace livegloss::evaluation
