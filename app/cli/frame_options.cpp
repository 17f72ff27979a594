#include "frame_options.h"

#include "decimal_range.h"

#include <CLI/CLI.hpp>
#include <array>
#include <string>

namespace livegloss::cli {

namespace {
constexpr std::array<const char*, 4> kNames{"auto", "1", "2", "3"};
}

void addFrameOptions(CLI::App& command, FrameOptions& options) {
    command
        .add_option_function<std::string>(
            "--frame-pattern",
            [&options](const std::string& name) {
                options.pattern = name == kNames[0] ? session::automaticPattern : std::stoi(name);
            },
            "encode every first, second or third frame and interpolate the features between; auto: of cameras and\n"
            "streams as many as this machine can, of files all")
        ->check(CLI::IsMember({kNames[0], kNames[1], kNames[2], kNames[3]}))
        ->default_str(kNames[0]);
    command
        .add_option("--skip-similar", options.skipSimilar,
                    "take the results of the frame before where the most changed patch has changed by no more than so\n"
                    "many grey levels of 255 on average; 0: exact copies only, which changes nothing")
        ->check(decimalRange(0.0, 255.0))
        ->capture_default_str();
}

const char* patternName(int pattern) {
    return kNames.at(static_cast<std::size_t>(pattern));
}

} // namespace livegloss::cli
