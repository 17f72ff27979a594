#include "demo_model.h"

#include "commands.h"
#include "resource_paths.h"

#include <filesystem>
#include <system_error>

namespace livegloss::cli {

std::string demoModelOrFail() {
    const std::string path = app::demoModelPath().string();
    if (std::error_code ignored; !std::filesystem::exists(path, ignored)) {
        throw CommandFailure{{ErrorCode::NotFound, "the demo model is missing: " + path,
                              "Name a model file, or the folder that holds models/demo.safetensors in the environment "
                              "variable LIVEGLOSS_DATA_DIR."}};
    }
    return path;
}

} // namespace livegloss::cli
