#pragma once

#include "engine/compute.h"
#include "ui/settings/settings_table.h"

namespace livegloss::ui {

/// `device`: as AppSettings::device.
engine::ComputeRequest requestOf(Computing computing, const QString& device = {});

/// What `computing` comes to on this machine and why, in one or two translated sentences.
QString computingText(Computing computing);

} // namespace livegloss::ui
