#pragma once

#include <string>

namespace livegloss::cli {

/// The bundled demo model's path. Throws CommandFailure where it is missing.
std::string demoModelOrFail();

} // namespace livegloss::cli
