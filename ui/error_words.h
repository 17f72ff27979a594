#pragma once

#include <QString>

#include <optional>
#include <span>

namespace livegloss::ui {

/// core speaks English. These are its sentences that a person may meet in the window, for the translators; places are
/// %1, %2 ... in the order of the English sentence.
std::span<const char* const> errorFacts();
std::span<const char* const> errorHints();
/// What the system and FFmpeg name as reasons within core's sentences.
std::span<const char* const> errorReasons();

/// Such a sentence in the window's language, with its names and numbers; none where it is not known or the window
/// speaks English. Unknown reasons of other libraries within it stay as they are.
std::optional<QString> factInWindowLanguage(const QString& english);
std::optional<QString> hintInWindowLanguage(const QString& english);

} // namespace livegloss::ui
