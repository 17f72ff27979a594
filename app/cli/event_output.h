#pragma once

#include "commands.h"
#include "terminal.h"

#include <chrono>
#include <nlohmann/json_fwd.hpp>

namespace livegloss::cli {

/// One line of JSON on standard output at once, for a program that watches; docs/events.md lists them.
void writeEvent(const nlohmann::ordered_json& event);
/// Whether an event could not be written although somebody may still read: a full disk, say.
bool eventsLost();
/// {"event": "error", "code", "message", "hint"}
void writeErrorEvent(const Error& error);

/// Runs a command's work; where `events` is set, a failure is told as an event besides, and a reader that is gone ends
/// nothing.
template <class Work>
void withErrorEvents(bool events, Work work) {
    if (events) {
        outliveReaders();
    }
    try {
        work();
    } catch (const CommandFailure& failed) {
        if (events) {
            writeErrorEvent(failed.error);
        }
        throw;
    }
}

/// Lets something through at most ten times a second.
class Throttle {
public:
    bool due();

private:
    std::chrono::steady_clock::time_point last_{};
};

} // namespace livegloss::cli
