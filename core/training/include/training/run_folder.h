#pragma once

#include "base/result.h"
#include "training/recipe.h"

#include <filesystem>
#include <optional>
#include <string>

namespace livegloss::training {

/// What a run was started with, so that it can be gone on with later and elsewhere: run.json in its work folder.
struct RunRecord {
    std::filesystem::path recipe; ///< absolute
    std::filesystem::path data;   ///< absolute; empty: the synthetic signer
    std::string stage = "all";    ///< as --stage
    int threads = 2;
    int loaders = 1;
    bool finished = false; ///< every asked stage came to its end
};
/// Replaces the record as a whole. WriteFailed.
Result<void> writeRunRecord(const std::filesystem::path& folder, const RunRecord& record);
/// NotFound where there is none, Unreadable where it is damaged.
Result<RunRecord> readRunRecord(const std::filesystem::path& folder);

/// What lies in a folder that is to be trained in.
struct RunFolder {
    enum class State {
        Fresh,      ///< missing, or without anything that a run would replace
        Occupied,   ///< files, but no run
        Unfinished, ///< a run that can go on
        Finished,   ///< a run that came to its end
    };
    State state = State::Fresh;
    std::optional<RunRecord> record; ///< of a run that says with what it was started
    bool checkpoint = false;         ///< there is one to go on from
    bool model = false;              ///< model.safetensors, the best so far
    std::optional<long> trainedBy;   ///< process that trains there at this moment
};
RunFolder inspectRunFolder(const std::filesystem::path& folder);

/// How the recipe that lies in a run's folder as recipe.json compares with another one.
enum class KeptRecipe {
    Same,
    Other,
    Unknown, ///< there is none that can be read
};
KeptRecipe compareKeptRecipe(const std::filesystem::path& folder, const Recipe& recipe);
/// Whether a recipe may go on from the folder's checkpoint: always where a record says how it was begun, otherwise only
/// the recipe that lies there. InvalidArgument.
Result<void> checkGoesOn(const std::filesystem::path& folder, const Recipe& recipe);

/// Held by the process that trains in a folder, so that no second one does. The system lets go of it when the process
/// ends, however it ends.
class RunLock {
public:
    /// InvalidArgument, naming the process, where another one trains there; WriteFailed.
    static Result<RunLock> take(const std::filesystem::path& folder);
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&& other) noexcept;
    ~RunLock();

private:
    explicit RunLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

} // namespace livegloss::training
