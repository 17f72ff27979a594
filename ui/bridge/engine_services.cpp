#include "ui/bridge/engine_services.h"

namespace livegloss::ui {

EngineServices makeEngineServices() {
    return {engine::loadModel, media::listCameras, model::describeModelFile, importing::ModelImport::open};
}

} // namespace livegloss::ui
