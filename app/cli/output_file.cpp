#include "output_file.h"

#include "base/new_file.h"

#include <cstdio>
#include <filesystem>

namespace livegloss::cli {

namespace fs = std::filesystem;

Result<void> writeOutput(const std::string& path, const std::string& text) {
    if (!path.empty()) {
        return writeNewFile(path, text);
    }
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
        return failure(ErrorCode::WriteFailed, "standard output cannot be written to");
    }
    return {};
}

Result<void> checkOutput(const std::string& path, const std::vector<std::string>& inputs) {
    if (path.empty()) {
        return {};
    }
    std::error_code ignored;
    for (const std::string& input : inputs) {
        if (fs::is_regular_file(path, ignored) && fs::equivalent(path, input, ignored)) {
            return failure(ErrorCode::InvalidArgument, "the output " + path + " is " + input + " itself, which is read",
                           "Choose another name.");
        }
    }
    return checkNewFile(path);
}

} // namespace livegloss::cli
