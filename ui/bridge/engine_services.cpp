#include "ui/bridge/engine_services.h"

namespace livegloss::ui {

EngineServices makeEngineServices() {
    return {[](const std::filesystem::path& path) { return engine::loadModel(path); }, media::listCameras, readModelCard, importing::ModelImport::open};
}

} // namespace livegloss::ui
