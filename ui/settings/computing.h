#pragma once

#include "engine/compute.h"
#include "ui/settings/settings_table.h"

namespace livegloss::ui {

engine::ComputeRequest requestOf(Computing computing);

/// What `computing` comes to on this machine and why, in one or two translated sentences.
QString computingText(Computing computing);

} // namespace livegloss::ui
