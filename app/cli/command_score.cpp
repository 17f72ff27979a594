#include "commands.h"
#include "evaluation/scoring.h"
#include "evaluation/text_columns.h"
#include "output_file.h"
#include "report_output.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using evaluation::columnsOf;
using evaluation::padded;
using nlohmann::ordered_json;

struct ScoreCommandOptions {
    std::string reference;
    std::string hypothesis;
    evaluation::ScoringOptions scoring;
    std::size_t top = 10;
    bool alignments = false;
    bool json = false;
};

const std::map<std::string, evaluation::ScoringTool> kTools{{"sclite", evaluation::ScoringTool::Sclite},
                                                            {"reference", evaluation::ScoringTool::Reference}};
const std::map<std::string, evaluation::Cleanup> kCleanups{{"none", evaluation::Cleanup::None},
                                                           {"phoenix", evaluation::Cleanup::Phoenix}};

template <class Value>
std::string nameOf(const std::map<std::string, Value>& names, Value value) {
    return std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.second == value; })->first;
}

/// One letter an aligned position: C, S, D, I.
std::string editLetters(const std::vector<evaluation::AlignedPair>& alignment) {
    std::string letters;
    for (const evaluation::AlignedPair& pair : alignment) {
        letters.push_back("CSDI"[static_cast<std::size_t>(pair.edit)]);
    }
    return letters;
}

ordered_json reportJson(const ScoreCommandOptions& options, const evaluation::ScoreReport& report) {
    ordered_json result{{"tool", nameOf(kTools, options.scoring.tool)},
                        {"cleanup", nameOf(kCleanups, options.scoring.cleanup)},
                        {"utterances", report.utterances.size()}};
    result.update(errorJson(report.total));
    result["signers"] = ordered_json::array();
    for (const evaluation::SpeakerScore& speaker : report.speakers) {
        ordered_json entry{{"signer", speaker.speaker}, {"utterances", speaker.utterances}};
        entry.update(errorJson(speaker.counts));
        result["signers"].push_back(std::move(entry));
    }
    result["glosses"] = ordered_json::array();
    for (const evaluation::GlossScore& gloss : report.glosses) {
        result["glosses"].push_back({{"gloss", gloss.gloss},
                                     {"reference_words", gloss.counts.referenceWords},
                                     {"correct", gloss.counts.correct},
                                     {"substitutions", gloss.counts.substitutions},
                                     {"deletions", gloss.counts.deletions},
                                     {"insertions", gloss.counts.insertions},
                                     {"in_place_of_others", gloss.mistaken}});
    }
    result["confusions"] = ordered_json::array();
    for (const evaluation::Confusion& pair : report.confusions) {
        result["confusions"].push_back(
            {{"reference", pair.reference}, {"hypothesis", pair.hypothesis}, {"count", pair.count}});
    }
    if (options.alignments) {
        result["alignments"] = ordered_json::array();
        for (const evaluation::ScoredUtterance& utterance : report.utterances) {
            result["alignments"].push_back({{"file", utterance.file},
                                            {"signer", utterance.speaker},
                                            {"reference", utterance.reference},
                                            {"hypothesis", utterance.hypothesis},
                                            {"edits", editLetters(utterance.alignment)}});
        }
    }
    result["notes"] = report.notes;
    return result;
}

void printRow(const std::string& name, std::size_t width, const evaluation::ErrorCounts& counts) {
    std::printf("%s %7.2f %9lld %9lld %13lld %9lld %10lld\n", padded(printable(name), width).c_str(),
                counts.werPercent(), static_cast<long long>(counts.referenceWords),
                static_cast<long long>(counts.correct), static_cast<long long>(counts.substitutions),
                static_cast<long long>(counts.deletions), static_cast<long long>(counts.insertions));
}

void printTotals(const evaluation::ScoreReport& report) {
    std::size_t width = 6;
    for (const evaluation::SpeakerScore& speaker : report.speakers) {
        width = std::max(width, columnsOf(speaker.speaker));
    }
    std::printf("%s   WER %%   glosses   correct   substituted   deleted   inserted\n",
                padded("signer", width).c_str());
    if (report.speakers.size() > 1) {
        for (const evaluation::SpeakerScore& speaker : report.speakers) {
            printRow(speaker.speaker, width, speaker.counts);
        }
    }
    printRow("all", width, report.total);
}

void printWorst(const evaluation::ScoreReport& report, std::size_t top) {
    const auto glosses = std::min(top, report.glosses.size());
    if (glosses > 0 && report.glosses.front().counts.errors() > 0) {
        std::printf("\nGlosses with most errors                  in reference   missed   taken for another   added\n");
        for (std::size_t i = 0; i < glosses && report.glosses[i].counts.errors() > 0; ++i) {
            const evaluation::GlossScore& gloss = report.glosses[i];
            std::printf(
                "  %s %12lld %8lld %19lld %7lld\n", padded(printable(gloss.gloss), 40).c_str(),
                static_cast<long long>(gloss.counts.referenceWords), static_cast<long long>(gloss.counts.deletions),
                static_cast<long long>(gloss.counts.substitutions), static_cast<long long>(gloss.counts.insertions));
        }
    }
    if (top > 0 && !report.confusions.empty()) {
        std::printf("\nMost frequent confusions\n");
        for (std::size_t i = 0; i < std::min(top, report.confusions.size()); ++i) {
            const evaluation::Confusion& pair = report.confusions[i];
            std::printf("  %5lld x %s recognised as %s\n", static_cast<long long>(pair.count),
                        printable(pair.reference).c_str(), printable(pair.hypothesis).c_str());
        }
    }
}

void printText(const ScoreCommandOptions& options, const evaluation::ScoreReport& report) {
    if (options.alignments) {
        for (const evaluation::ScoredUtterance& utterance : report.utterances) {
            std::printf(
                "%s (%s)\n%s\n", printable(utterance.file).c_str(), printable(utterance.speaker).c_str(),
                printable(evaluation::alignmentText(utterance.reference, utterance.hypothesis, utterance.alignment))
                    .c_str());
        }
    }
    std::printf("%zu utterances counted as %s counts, clean-up: %s\n\n", report.utterances.size(),
                options.scoring.tool == evaluation::ScoringTool::Sclite ? "sclite" : "the reference tool",
                nameOf(kCleanups, options.scoring.cleanup).c_str());
    printTotals(report);
    printWorst(report, options.top);
}

void run(const ScoreCommandOptions& options) {
    const evaluation::ScoreReport report =
        valueOrFail(evaluation::scoreFiles(options.reference, options.hypothesis, options.scoring));
    for (const std::string& note : report.notes) {
        std::fprintf(stderr, "Note: %s.\n", printable(note).c_str());
    }
    if (options.json) {
        valueOrFail(writeOutput({}, jsonText(reportJson(options, report))));
    } else {
        printText(options, report);
    }
}

} // namespace

void addScoreCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "score", "Word error rate of a hypothesis file against a reference, as published tools count it.");
    auto options = std::make_shared<ScoreCommandOptions>();
    command->add_option("--reference", options->reference, "reference file (.stm)")->required();
    command->add_option("--hypothesis", options->hypothesis, "hypothesis file (.ctm)")->required();
    command
        ->add_option("--tool", options->scoring.tool,
                     "sclite: as published figures are counted; reference: as the released Python tool")
        ->transform(CLI::CheckedTransformer(kTools))
        ->default_str("sclite");
    command
        ->add_option("--cleanup", options->scoring.cleanup,
                     "phoenix: the published clean-up of the hypothesis; none: score it as it is")
        ->transform(CLI::CheckedTransformer(kCleanups))
        ->default_str("none");
    command->add_option("--top", options->top, "how many glosses and confusions the text report lists")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command->add_flag("--alignments", options->alignments, "also show each reference over its hypothesis");
    command->add_flag("--json", options->json, "print JSON");
    command->footer(
        "Both tools align with the same weights; the reference tool first merges equal neighbours of the hypothesis,\n"
        "so its figure is lower where a model stutters. Say which tool a published figure comes from. What is\n"
        "followed to the letter, and what is refused, is in docs/scoring.md.\n\n"
        "Examples:\n"
        "  livegloss-cli score --reference dev.stm --hypothesis out.ctm --cleanup phoenix\n"
        "  livegloss-cli score --reference dev.stm --hypothesis out.ctm --tool reference --cleanup phoenix --json\n"
        "  livegloss-cli score --reference dev.stm --hypothesis out.ctm --alignments | less\n\n"
        "JSON: tool, cleanup, utterances, wer_percent, errors, substitutions, deletions, insertions, correct,\n"
        "reference_words, hypothesis_words, signers [], glosses [], confusions [], notes [], with --alignments\n"
        "alignments [{file, signer, reference [], hypothesis [], edits}].");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
