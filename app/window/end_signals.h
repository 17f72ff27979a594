#pragma once

#include <QSocketNotifier>

#include <functional>
#include <optional>

namespace livegloss::app {

/// While it lives, Ctrl+C in the terminal, the end of the terminal and a system that shuts down (SIGINT, SIGHUP,
/// SIGTERM) call `end` in the thread that made it, once. One at a time; on other systems it does nothing.
class EndSignals {
public:
    explicit EndSignals(std::function<void()> end);
    ~EndSignals();
    EndSignals(const EndSignals&) = delete;
    EndSignals& operator=(const EndSignals&) = delete;

private:
    std::optional<QSocketNotifier> notifier_;
};

} // namespace livegloss::app
