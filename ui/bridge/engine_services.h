#pragma once

#include "engine/loaded_model.h"
#include "media/frame_source.h"

#include <filesystem>
#include <functional>
#include <vector>

namespace livegloss::ui {

/// Slow calls of the engine that the window makes off the GUI thread. Each may be called from any thread.
struct EngineServices {
    std::function<Result<engine::LoadedModelPtr>(const std::filesystem::path&)> loadModel;
    std::function<std::vector<media::CameraDevice>()> listCameras;
};

/// The engine's own functions.
EngineServices makeEngineServices();

} // namespace livegloss::ui
