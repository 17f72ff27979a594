#pragma once

#include <string_view>

namespace livegloss {

enum class LogLevel { Debug, Info, Warning, Error, Off };

/// Lowest level that is written; Warning unless LIVEGLOSS_LOG (debug, info, warning, error, off) says otherwise.
void setLogLevel(LogLevel level);

/// Writes one line with time and level to standard error. Thread-safe; lines of different threads do not mix.
void log(LogLevel level, std::string_view message);

} // namespace livegloss
