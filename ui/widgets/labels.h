#pragma once

class QLabel;
class QWidget;

namespace livegloss::ui {

/// A label whose text wraps, in the look of a role of the theme ("heading", "muted", "warning", "" for plain text).
QLabel* wrappedLabel(const char* role, QWidget* parent = nullptr);

} // namespace livegloss::ui
