#pragma once

#include "engine/compute.h"

namespace livegloss::engine {

/// What models loaded from now on are asked to run with, where nobody asks for anything else. Any thread.
void setDefaultCompute(ComputeRequest request);
ComputeRequest defaultCompute();

} // namespace livegloss::engine
