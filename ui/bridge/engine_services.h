#pragma once

#include "engine/loaded_model.h"
#include "importing/model_import.h"
#include "media/frame_source.h"
#include "ui/bridge/model_card.h"

#include <filesystem>
#include <functional>
#include <vector>

namespace livegloss::ui {

/// Slow calls of the engine that the window makes off the GUI thread. Each may be called from any thread.
struct EngineServices {
    std::function<Result<engine::LoadedModelPtr>(const std::filesystem::path&)> loadModel;
    std::function<std::vector<media::CameraDevice>()> listCameras;
    /// Reads what a model file says of itself, without its weights. Errors as loadModel.
    std::function<Result<ModelCard>(const std::filesystem::path&)> readModelCard = {};
    /// Looks into a checkpoint that is to be imported.
    std::function<Result<importing::ModelImport>(const importing::ImportOptions&)> openImport = {};
};

/// The engine's own functions.
EngineServices makeEngineServices();

} // namespace livegloss::ui
