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

Result<void> writeText(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::path partial = path;
    partial += ".part";
    std::ofstream stream(partial, std::ios::binary);
    stream << text;
    stream.close();
    std::error_code problem;
    if (stream) {
        std::filesystem::rename(partial, path, problem);
    }
    if (!stream || problem) {
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
        return failure(ErrorCode::WriteFailed, path.string() + " cannot be written",
                       "Check that the folder exists, may be written to and has room.");
    }
    return {};
}

} // namespace livegloss::evaluation
