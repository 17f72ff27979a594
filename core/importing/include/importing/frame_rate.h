#pragma once

#include <optional>
#include <string>
#include <vector>

namespace livegloss::importing {

/// Frames a second that a recogniser was trained at, where its language or its glosses (from class 0, the blank) tell:
/// 30 for Chinese Sign Language, whose data sets CSL-Daily and CSL have that many. Nothing for others.
std::optional<double> usualFrameRate(const std::string& signLanguage, const std::vector<std::string>& vocabulary);

} // namespace livegloss::importing
