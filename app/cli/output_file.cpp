#include "output_file.h"

#include "base/new_file.h"
#include "event_output.h"

#include <cstdio>
#include <filesystem>

namespace livegloss::cli {

namespace fs = std::filesystem;

Result<void> writeOutput(const std::string& path, const std::string& text) {
    if (!path.empty()) {
        return writeNewFile(path, text);
    }
    std::fputs(text.c_str(), stdout);
    return finishOutput();
}

Result<void> finishOutput() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || eventsLost()) {
        return failure(ErrorCode::WriteFailed, "standard output cannot be written to",
                       "Check that the disk has room, or name a file with --output where the command has it.");
    }
    return {};
}

Result<void> checkOutput(const std::string& path, const std::vector<std::string>& inputs) {
    if (path.empty()) {
        return {};
    }
    std::error_code ignored;
    const bool replaces = fs::is_regular_file(path, ignored);
    for (const std::string& input : inputs) {
        if (replaces && fs::equivalent(path, input, ignored)) {
            return failure(ErrorCode::InvalidArgument, "the output " + path + " is " + input + " itself, which is read",
                           "Choose another name.");
        }
    }
    return checkNewFile(path);
}

} // namespace livegloss::cli
