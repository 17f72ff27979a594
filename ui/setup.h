#pragma once

namespace livegloss::ui {

/// Makes the built-in icons and translations, screen-reader support and queued types known. Call once, after the
/// application object and before the first widget.
void prepareInterface();

} // namespace livegloss::ui
