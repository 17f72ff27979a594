#pragma once

#include "model/model_description.h"

namespace livegloss::ui {

/// What a model file says of itself.
using ModelCard = model::ModelDescription;

} // namespace livegloss::ui
