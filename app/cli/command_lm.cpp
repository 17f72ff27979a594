#include "commands.h"
#include "dataset/dataset.h"
#include "dataset/vocabulary.h"
#include "language/ngram_training.h"
#include "output_file.h"
#include "report_output.h"
#include "synth_clips.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>

namespace livegloss::cli {

namespace {

using Sentences = std::vector<std::vector<std::string>>;

struct LanguageModelCommandOptions {
    std::string data;
    std::string split = "train";
    std::string test;
    int order = 3;
    std::string output;
    int synthSentences = 0;
    std::uint64_t seed = 1;
};

/// What the synthetic signer would sign, without the pictures; the sentences of `synth --seed SEED`.
Sentences sentencesOfSigner(const LanguageModelCommandOptions& options, const std::string& split) {
    Sentences sentences;
    for (int number = 0; number < options.synthSentences; ++number) {
        auto& sentence = sentences.emplace_back();
        const std::unique_ptr<synth::Clip> clip = synth::makeClip(synthRequest(split, options.seed, number));
        for (const synth::SignSpan& span : clip->spans()) {
            sentence.push_back(span.gloss);
        }
    }
    return sentences;
}

Sentences sentencesOf(const LanguageModelCommandOptions& options, const std::string& split) {
    if (options.synthSentences > 0) {
        return sentencesOfSigner(options, split);
    }
    const dataset::Dataset data = valueOrFail(dataset::openDataset(options.data));
    valueOrFail(checkOutput(options.output, dataset::filesOf(data)));
    Sentences sentences;
    for (dataset::Clip& clip : data.split(split)) {
        sentences.push_back(std::move(clip.glosses));
    }
    if (sentences.empty()) {
        throw CommandFailure{{ErrorCode::NotFound, options.data + " has no clips in " + split,
                              "livegloss-cli dataset check shows its parts."}};
    }
    return sentences;
}

void run(const LanguageModelCommandOptions& options) {
    if (options.data.empty() == (options.synthSentences == 0)) {
        throw CommandFailure{
            {ErrorCode::InvalidArgument, "lm needs either --data or --synth", "livegloss-cli lm --help shows both."}};
    }
    valueOrFail(checkOutput(options.output));
    const Sentences sentences = sentencesOf(options, options.split);
    const language::NgramModel model = valueOrFail(language::trainNgrams(sentences, {options.order}));
    valueOrFail(writeOutput(options.output, language::formatArpa(model)));
    std::fprintf(stderr, "%zu sentences of %s; n-grams:", sentences.size(), options.split.c_str());
    for (const std::int64_t count : model.counts()) {
        std::fprintf(stderr, " %lld", static_cast<long long>(count));
    }
    std::fprintf(stderr, "; perplexity %.2f", language::perplexity(model, sentences));
    if (!options.test.empty()) {
        std::fprintf(stderr, ", on %s %.2f", options.test.c_str(),
                     language::perplexity(model, sentencesOf(options, options.test)));
    }
    std::fprintf(stderr, "\n");
}

} // namespace

void addLmCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand("lm", "Train an n-gram language model on the glosses of a data set.");
    auto options = std::make_shared<LanguageModelCommandOptions>();
    command->add_option("--data", options->data, "data set of any layout that dataset check knows");
    command->add_option("--synth", options->synthSentences, "so many sentences of the synthetic signer instead")
        ->check(CLI::Range(1, 10000000));
    command->add_option("--seed", options->seed, "with --synth: same seed, same sentences")->capture_default_str();
    command->add_option("--split", options->split, "part to learn from")->capture_default_str();
    command->add_option("--order", options->order, "glosses an n-gram")->check(CLI::Range(1, 6))->capture_default_str();
    command->add_option("--output", options->output, "ARPA file; standard output if not given");
    command->add_option("--test", options->test, "also print the perplexity on this part");
    command->footer(
        "Interpolated Kneser-Ney smoothing with three discounts. The model helps where glosses of the corpus follow\n"
        "each other in habits that new clips share. Choose its weight on dev, never on test.\n\n"
        "Examples:\n"
        "  livegloss-cli lm --data phoenix-2014-multisigner --split train --order 3 --output phoenix.arpa --test dev\n"
        "  livegloss-cli evaluate --data phoenix-2014-multisigner --split dev --lm phoenix.arpa --lm-weight 0.4");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
