#include "decode_options.h"

#include <CLI/CLI.hpp>

namespace livegloss::cli {

void addDecodeOptions(CLI::App& command, DecodeChoice& choice) {
    command.add_option("--beam", choice.beam, "width of the beam search; 1 is nearly greedy")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_flag(
        "--merge-repeats", choice.mergeRepeats,
        "of the whole clip's decode: count a gloss that follows itself once, as AdaptSign's released code\n"
        "does for its figures; a sign that is really repeated is lost");
}

} // namespace livegloss::cli
