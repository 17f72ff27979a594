#pragma once

namespace livegloss::ui {

/// Makes captions, video and seek bar known to screen readers. Call once, before the first widget is made.
void installAccessibility();

} // namespace livegloss::ui
