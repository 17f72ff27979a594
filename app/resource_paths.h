#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace livegloss::app {

/// Folder that holds models/ and resources/samples/: LIVEGLOSS_DATA_DIR where it is set, else ../share/livegloss beside
/// the program's own folder (installed), else the source tree that the program was built from.
inline std::filesystem::path dataFolder() {
    if (const char* chosen = std::getenv("LIVEGLOSS_DATA_DIR"); chosen != nullptr && *chosen != '\0') {
        return chosen;
    }
    std::error_code ignored;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const std::filesystem::path installed = program.parent_path().parent_path() / "share" / "livegloss";
    if (!program.empty() && std::filesystem::is_directory(installed, ignored)) {
        return installed;
    }
#ifdef LIVEGLOSS_DEFAULT_DATA_DIR
    return LIVEGLOSS_DEFAULT_DATA_DIR;
#else
    return installed;
#endif
}

/// May not exist.
inline std::filesystem::path demoModelPath() {
    return dataFolder() / "models" / "demo.safetensors";
}

/// Models that can be had; may not exist.
inline std::filesystem::path cataloguePath() {
    return dataFolder() / "models" / "catalogue.json";
}

/// Recipes that come with the program: models/NAME-recipe.json.
inline std::filesystem::path recipeFolder() {
    return dataFolder() / "models";
}

/// The three sample clips; they may not exist.
inline std::vector<std::filesystem::path> samplePaths() {
    std::vector<std::filesystem::path> paths;
    for (const char* name : {"sample-1.mp4", "sample-2.mp4", "sample-3.mp4"}) {
        paths.push_back(dataFolder() / "resources" / "samples" / name);
    }
    return paths;
}

} // namespace livegloss::app
