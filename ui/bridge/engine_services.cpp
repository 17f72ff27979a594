#include "ui/bridge/engine_services.h"

#include "engine/default_compute.h"

namespace livegloss::ui {

EngineServices makeEngineServices() {
    return {[](const std::filesystem::path& path) { return engine::loadModel(path, engine::defaultCompute()); }, media::listCameras, readModelCard, importing::ModelImport::open};
}

} // namespace livegloss::ui
