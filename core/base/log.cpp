#include "base/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace livegloss {
namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};

LogLevel levelFromEnvironment() {
    const char* wanted = std::getenv("LIVEGLOSS_LOG"); // NOLINT(concurrency-mt-unsafe): read once, before threads start
    if (wanted == nullptr) {
        return LogLevel::Warning;
    }
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == wanted) {
            return static_cast<LogLevel>(i);
        }
    }
    return std::string_view(wanted) == "off" ? LogLevel::Off : LogLevel::Warning;
}

std::atomic<LogLevel>& threshold() {
    static std::atomic<LogLevel> level{levelFromEnvironment()};
    return level;
}

} // namespace

void setLogLevel(LogLevel level) {
    threshold() = level;
}

void log(LogLevel level, std::string_view message) {
    if (level == LogLevel::Off || level < threshold().load()) {
        return;
    }
    static std::mutex mutex;
    static const auto start = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::scoped_lock lock(mutex);
    std::fprintf(stderr, "[%9.3f] %s: %.*s\n", seconds, kNames.at(static_cast<std::size_t>(level)).data(),
                 static_cast<int>(message.size()), message.data());
}

} // namespace livegloss
