#include "output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannotWrite(const std::string& path, int reason) {
    return failure(ErrorCode::WriteFailed, "cannot write " + path + ": " + std::strerror(reason),
                   "Check that the folder exists, can be written to and has room.");
}

bool isRegularOrNew(const std::string& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    return status.type() == fs::file_type::regular || status.type() == fs::file_type::not_found;
}

/// Where `path` leads to in the end, so that a link stays a link.
fs::path targetOf(const std::string& path) {
    std::error_code problem;
    const fs::path target = fs::weakly_canonical(path, problem);
    return problem ? fs::path(path) : target;
}

Result<void> writeTo(const std::string& path, const fs::path& file, const std::string& text) {
    errno = 0;
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out) {
        return cannotWrite(path, errno);
    }
    return {};
}

} // namespace

Result<void> writeOutput(const std::string& path, const std::string& text) {
    if (path.empty()) {
        if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
            return failure(ErrorCode::WriteFailed, "standard output cannot be written to");
        }
        return {};
    }
    if (!isRegularOrNew(path)) {
        return writeTo(path, path, text);
    }
    // Under another name first, so that the file is never half there.
    const fs::path target = targetOf(path);
    const fs::path partial = target.string().append(".part-").append(std::to_string(::getpid()));
    Result<void> written = writeTo(path, partial, text);
    std::error_code problem;
    if (written) {
        fs::rename(partial, target, problem);
    }
    if (!written || problem) {
        std::error_code ignored;
        fs::remove(partial, ignored);
        return written ? cannotWrite(path, problem.value()) : written;
    }
    return {};
}

Result<void> checkOutput(const std::string& path, const std::vector<std::string>& inputs) {
    if (path.empty()) {
        return {};
    }
    const fs::path target = targetOf(path);
    std::error_code ignored;
    for (const std::string& input : inputs) {
        if (fs::is_regular_file(target, ignored) && fs::equivalent(target, input, ignored)) {
            return failure(ErrorCode::InvalidArgument, "the output " + path + " is " + input + " itself, which is read",
                           "Choose another name.");
        }
    }
    if (fs::is_directory(target, ignored)) {
        return cannotWrite(path, EISDIR);
    }
    const bool exists = fs::exists(target, ignored);
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
    if ((exists && ::access(target.c_str(), W_OK) != 0) ||
        (isRegularOrNew(path) && ::access(folder.c_str(), W_OK) != 0)) {
        return cannotWrite(path, errno);
    }
    return {};
}

} // namespace livegloss::cli
