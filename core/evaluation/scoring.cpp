#include "evaluation/scoring.h"

#include "evaluation/cleanup.h"
#include "evaluation/text_file.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace livegloss::evaluation {
namespace {

using FileChannel = std::pair<std::string, std::string>;

/// Sclite takes ASCII letters of either case for the same, in names and in words.
std::string folded(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

Words folded(Words words) {
    for (std::string& word : words) {
        word = folded(std::move(word));
    }
    return words;
}

tl::unexpected<Error> refused(const std::string& file, int line, const std::string& problem, const std::string& hint) {
    return failure(ErrorCode::Unsupported, file + ", line " + std::to_string(line) + ": " + problem, hint);
}

/// Sclite gives braces, "@" and what follows ";" a meaning of their own; a gloss with them would be miscounted.
bool isMark(const std::string& word) {
    return word == "{" || word == "}" || word == "@" || word.find(';') != std::string::npos;
}

Result<void> refuseMarks(const std::vector<StmSegment>& reference, const std::vector<CtmWord>& hypothesis,
                         const std::string& stmName, const std::string& ctmName) {
    const std::string hint = "Give the gloss another name, or count with the tool \"reference\".";
    for (const StmSegment& segment : reference) {
        const auto mark = std::find_if(segment.words.begin(), segment.words.end(), isMark);
        if (mark != segment.words.end()) {
            return refused(stmName, segment.line, "sclite would not take \"" + *mark + "\" for a gloss", hint);
        }
    }
    for (const CtmWord& word : hypothesis) {
        if (isMark(word.word)) {
            return refused(ctmName, word.line, "sclite would not take \"" + word.word + "\" for a gloss", hint);
        }
    }
    return {};
}

bool ignored(const StmSegment& segment) {
    return std::any_of(segment.words.begin(), segment.words.end(),
                       [](const std::string& word) { return folded(word) == "ignore_time_segment_in_scoring"; });
}

/// Sclite keeps a segment's end in single precision, so a word whose middle is that very moment may fall on either
/// side.
double scliteEnd(double seconds) {
    constexpr double most = std::numeric_limits<float>::max();
    return seconds > most ? std::numeric_limits<double>::infinity() : static_cast<double>(static_cast<float>(seconds));
}

ScoredUtterance utteranceOf(const StmSegment& segment, Words hypothesis) {
    return {segment.file, segment.speaker, segment.words, std::move(hypothesis), {}, {}};
}

/// Each segment with its words, as sclite deals them out.
Result<std::vector<ScoredUtterance>> pairAsSclite(const std::vector<StmSegment>& reference,
                                                  const std::vector<CtmWord>& hypothesis, const std::string& ctmName) {
    std::map<FileChannel, std::vector<const CtmWord*>> words;
    std::map<FileChannel, std::size_t> lastSegment;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        lastSegment[{folded(reference[i].file), folded(reference[i].channel)}] = i;
    }
    for (const CtmWord& word : hypothesis) {
        const FileChannel key{folded(word.file), folded(word.channel)};
        if (!lastSegment.contains(key)) {
            return refused(ctmName, word.line,
                           "the reference has no file \"" + word.file + "\" with channel " + word.channel,
                           "Score with the reference of the same split, or remove the file's lines.");
        }
        words[key].push_back(&word);
    }
    std::vector<ScoredUtterance> utterances;
    std::map<FileChannel, std::size_t> taken;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const StmSegment& segment = reference[i];
        const FileChannel key{folded(segment.file), folded(segment.channel)};
        const std::vector<const CtmWord*>& own = words[key];
        Words dealt;
        for (std::size_t& next = taken[key]; next < own.size(); ++next) {
            const double middle = own[next]->startSeconds + own[next]->durationSeconds / 2.0;
            if (middle >= scliteEnd(segment.endSeconds) && i != lastSegment[key]) {
                break;
            }
            dealt.push_back(own[next]->word);
        }
        if (!ignored(segment)) {
            utterances.push_back(utteranceOf(segment, std::move(dealt)));
        }
    }
    return utterances;
}

Result<std::vector<ScoredUtterance>> pairAsReferenceTool(const std::vector<StmSegment>& reference,
                                                         const std::vector<CtmWord>& hypothesis,
                                                         const std::string& stmName, std::vector<std::string>& notes) {
    std::map<std::string, int> firstLine;
    for (const StmSegment& segment : reference) {
        const auto [known, isNew] = firstLine.emplace(segment.file, segment.line);
        if (!isNew) {
            return refused(
                stmName, segment.line,
                "\"" + segment.file + "\" is there already (line " + std::to_string(known->second) + ")",
                "The reference tool scores a file as a whole: use one segment a file, or count as sclite does.");
        }
    }
    std::map<std::string, Words> words;
    std::set<std::string> unknown;
    for (const CtmWord& word : hypothesis) {
        if (!firstLine.contains(word.file)) {
            unknown.insert(word.file);
            continue;
        }
        Words& own = words[word.file];
        if (own.empty() || own.back() != word.word) {
            own.push_back(word.word);
        }
    }
    if (!unknown.empty()) {
        notes.push_back(std::to_string(unknown.size()) + " files of the hypothesis are not in the reference (first: " +
                        *unknown.begin() + "); they are left out");
    }
    std::vector<ScoredUtterance> utterances;
    for (const StmSegment& segment : reference) {
        utterances.push_back(utteranceOf(segment, std::move(words[segment.file])));
    }
    return utterances;
}

/// "10.0" sorts before "9.0" as text: the published clean-up puts such words in a wrong order.
void noteMisorder(const std::vector<CtmWord>& words, std::vector<std::string>& notes) {
    std::set<std::string> files;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i].file == words[i - 1].file && words[i].startSeconds < words[i - 1].startSeconds) {
            files.insert(words[i].file);
        }
    }
    if (!files.empty()) {
        notes.push_back("the clean-up sorts start times as text, which changes the order of words in " +
                        std::to_string(files.size()) + " files (first: " + *files.begin() +
                        "); write start times with the same number of digits to avoid it");
    }
}

/// Drops the last character, of however many bytes.
void dropLastCharacter(std::string& text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
        text.pop_back();
    }
    if (!text.empty()) {
        text.pop_back();
    }
}

} // namespace

Result<ScoreReport> scoreHypothesis(const std::vector<StmSegment>& reference, std::vector<CtmWord> hypothesis,
                                    const ScoringOptions& options, const std::string& stmName,
                                    const std::string& ctmName) {
    std::vector<std::string> notes;
    const bool asSclite = options.tool == ScoringTool::Sclite;
    if (options.cleanup == Cleanup::Phoenix) {
        hypothesis = cleanPhoenixHypothesis(std::move(hypothesis), reference);
        noteMisorder(hypothesis, notes);
    }
    if (asSclite) {
        if (auto clean = refuseMarks(reference, hypothesis, stmName, ctmName); !clean) {
            return tl::unexpected(std::move(clean.error()));
        }
    }
    auto utterances = asSclite ? pairAsSclite(reference, hypothesis, ctmName)
                               : pairAsReferenceTool(reference, hypothesis, stmName, notes);
    if (!utterances) {
        return tl::unexpected(std::move(utterances.error()));
    }
    for (ScoredUtterance& utterance : *utterances) {
        utterance.alignment = asSclite ? alignWords(folded(utterance.reference), folded(utterance.hypothesis))
                                       : alignWordsDeletingFirst(utterance.reference, utterance.hypothesis);
        utterance.counts = countErrors(utterance.alignment);
    }
    ScoreReport report = summarise(std::move(*utterances), asSclite);
    report.notes = std::move(notes);
    return report;
}

Result<ScoreReport> scoreFiles(const std::filesystem::path& stm, const std::filesystem::path& ctm,
                               const ScoringOptions& options) {
    auto text = readText(stm);
    if (!text) {
        return tl::unexpected(std::move(text.error()));
    }
    std::vector<std::string> notes;
    if (options.tool == ScoringTool::Reference && !text->empty() && !text->ends_with('\n')) {
        dropLastCharacter(*text);
        notes.push_back(stm.string() +
                        " does not end in a line break: the reference tool drops its last character, and so is done "
                        "here");
    }
    auto reference = parseStm(*text, stm.string());
    if (!reference) {
        return tl::unexpected(std::move(reference.error()));
    }
    if (reference->empty()) {
        return failure(ErrorCode::Unreadable, stm.string() + " holds no reference",
                       "Check that it is the .stm file of the split.");
    }
    auto hypothesis = readCtm(ctm);
    if (!hypothesis) {
        return tl::unexpected(std::move(hypothesis.error()));
    }
    auto report = scoreHypothesis(*reference, std::move(*hypothesis), options, stm.string(), ctm.string());
    if (report) {
        report->notes.insert(report->notes.begin(), notes.begin(), notes.end());
    }
    return report;
}

} // namespace livegloss::evaluation
