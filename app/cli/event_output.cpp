#include "event_output.h"

#include "base/error_keys.h"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

bool lost = false;

/// Nobody reads any more, which is no reason to end: what is still told goes nowhere.
void stopTelling() {
#ifdef _WIN32
    std::freopen("NUL", "w", stdout);
#else
    if (std::freopen("/dev/null", "w", stdout) == nullptr) {
        std::clearerr(stdout);
    }
#endif
}

} // namespace

bool eventsLost() {
    return lost;
}

void writeEvent(const nlohmann::ordered_json& event) {
    const std::string line = event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fflush(stdout) != 0) {
        lost = lost || errno != EPIPE;
        stopTelling();
    }
}

void writeErrorEvent(const Error& error) {
    writeEvent({{"event", "error"},
                {"code", std::string(errorKey(error.code))},
                {"message", error.message},
                {"hint", error.hint}});
}

bool Throttle::due() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) {
        return false;
    }
    last_ = now;
    return true;
}

} // namespace livegloss::cli
