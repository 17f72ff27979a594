#include "training/run_folder.h"

#include "base/new_file.h"
#include "training/trainer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace livegloss::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* recordName = "run.json";
constexpr const char* lockName = "run.lock";
constexpr std::array checkpointNames{"pretrain.safetensors", "head-features.safetensors", "head.safetensors",
                                     "adapt.safetensors"};

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// Files that say nothing about whether a run was begun.
bool isHarmless(const fs::path& name) {
    const std::string text = name.string();
    const std::string_view kept = "recipe-"; // and a number: see ui's RunRecipe
    const bool numbered = text.starts_with(kept) && text.ends_with(".json") &&
                          text.find_first_not_of("0123456789", kept.size()) == text.size() - 5;
    return numbered || text == "recipe.json" || text == lockName;
}

bool holdsOtherFiles(const fs::path& folder) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
        if (!isHarmless(entry->path().filename())) {
            return true;
        }
    }
    return false;
}

std::optional<long> lockHolder(const fs::path& folder) {
    const int descriptor = ::open((folder / lockName).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return std::nullopt;
    }
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    char text[32] = {};
    const ssize_t length = held ? ::read(descriptor, text, sizeof text - 1) : 0;
    ::close(descriptor);
    if (!held) {
        return std::nullopt;
    }
    return length > 0 ? std::strtol(text, nullptr, 10) : 0L;
}

} // namespace

bool hasCheckpoint(const fs::path& workFolder) {
    return std::ranges::any_of(checkpointNames, [&](const char* name) { return isThere(workFolder / name); });
}

Result<void> writeRunRecord(const fs::path& folder, const RunRecord& record) {
    const Json json{{"recipe", record.recipe.string()}, {"data", record.data.string()}, {"stage", record.stage},
                    {"threads", record.threads},        {"loaders", record.loaders},    {"finished", record.finished}};
    return writeNewFile(folder / recordName, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<RunRecord> readRunRecord(const fs::path& folder) {
    const fs::path path = folder / recordName;
    std::ifstream file(path);
    if (!file) {
        return failure(ErrorCode::NotFound, "there is no " + path.string());
    }
    try {
        const Json json = Json::parse(file);
        RunRecord record;
        record.recipe = json.at("recipe").get<std::string>();
        record.data = json.at("data").get<std::string>();
        record.stage = json.at("stage").get<std::string>();
        record.threads = json.at("threads").get<int>();
        record.loaders = json.at("loaders").get<int>();
        record.finished = json.at("finished").get<bool>();
        return record;
    } catch (const Json::exception& problem) {
        return failure(ErrorCode::Unreadable,
                       path.string() + " does not say how the run was started: " + problem.what(),
                       "Start it again with the same recipe and data; its checkpoint is kept.");
    }
}

RunFolder inspectRunFolder(const fs::path& folder) {
    RunFolder found;
    if (auto record = readRunRecord(folder)) {
        found.record = std::move(*record);
    }
    found.checkpoint = hasCheckpoint(folder);
    found.model = isThere(folder / "model.safetensors");
    found.trainedBy = lockHolder(folder);
    if (found.record && found.record->finished) {
        found.state = RunFolder::State::Finished;
    } else if (found.record || found.checkpoint) {
        found.state = RunFolder::State::Unfinished;
    } else if (holdsOtherFiles(folder)) {
        found.state = RunFolder::State::Occupied;
    }
    return found;
}

KeptRecipe compareKeptRecipe(const fs::path& folder, const Recipe& recipe) {
    const auto kept = readRecipe(folder / "recipe.json");
    if (!kept) {
        return KeptRecipe::Unknown;
    }
    return kept->fingerprint == recipe.fingerprint ? KeptRecipe::Same : KeptRecipe::Other;
}

Result<void> checkGoesOn(const fs::path& folder, const Recipe& recipe) {
    if (!hasCheckpoint(folder) || readRunRecord(folder)) {
        return {};
    }
    const std::string kept = (folder / "recipe.json").string();
    switch (compareKeptRecipe(folder, recipe)) {
    case KeptRecipe::Same:
        break;
    case KeptRecipe::Other:
        return failure(ErrorCode::InvalidArgument,
                       folder.string() + " holds the checkpoint of a run that did not record how it was begun, and " +
                           kept + " there is another recipe than this one",
                       "Go on with --recipe " + kept + ", or begin in an empty folder.");
    case KeptRecipe::Unknown:
        return failure(ErrorCode::InvalidArgument,
                       folder.string() + " holds a checkpoint, but nothing says with which recipe it was made",
                       "If you know that recipe, copy it to " + kept +
                           " and go on; otherwise begin in an empty folder.");
    }
    return {};
}

Result<RunLock> RunLock::take(const fs::path& folder) {
    const fs::path path = folder / lockName;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return failure(ErrorCode::WriteFailed, "cannot write " + path.string() + ": " + std::strerror(errno),
                       "Choose a folder that can be written.");
    }
    RunLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const long holder = lockHolder(folder).value_or(0);
        std::string who = "another process";
        who += holder > 0 ? " (" + std::to_string(holder) + ")" : std::string();
        return failure(ErrorCode::InvalidArgument, who + " trains in " + folder.string(),
                       "Wait until it has ended, or stop it; two would destroy each other's checkpoints.");
    }
    const std::string self = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, self.data(), self.size(), 0) < 0) {
        return failure(ErrorCode::WriteFailed, "cannot write " + path.string() + ": " + std::strerror(errno));
    }
    return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

RunLock::~RunLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

} // namespace livegloss::training
