#include "evaluation/text_file.h"

#include <fstream>
#include <iterator>

namespace livegloss::evaluation {

Result<std::string> readText(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return failure(ErrorCode::NotFound, path.string() + " does not exist", "Check the path.");
    }
    std::ifstream stream(path, std::ios::binary);
    std::string contents;
    if (stream && !std::filesystem::is_directory(path, ignored)) {
        contents.assign(std::istreambuf_iterator<char>(stream), {});
        if (!stream.bad()) {
            return contents;
        }
    }
    return failure(ErrorCode::Unreadable, path.string() + " cannot be read", "Check that it is a file you may read.");
}

} // namespace livegloss::evaluation
