#include "ui/bridge/engine_services.h"

#include "engine/default_compute.h"

namespace livegloss::ui {

EngineServices makeEngineServices() {
    const auto loadModel = [](const std::filesystem::path& path) {
        return engine::loadModel(path, engine::defaultCompute());
    };
    return {loadModel, media::listCameras, model::describeModelFile, importing::ModelImport::open};
}

} // namespace livegloss::ui
