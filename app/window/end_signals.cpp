#include "end_signals.h"

#include <QObject>

#include <utility>

#ifndef _WIN32
#include <array>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace livegloss::app {

#ifndef _WIN32

namespace {

constexpr std::array endingSignals{SIGINT, SIGHUP, SIGTERM};
/// A handler may do next to nothing: it writes a byte here, and the event loop reads it there.
std::array<int, 2> ends{-1, -1};

void handle(int) {
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(ends[0], &byte, 1);
}

} // namespace

EndSignals::EndSignals(std::function<void()> end) {
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
        return;
    }
    notifier_.emplace(ends[1], QSocketNotifier::Read);
    QObject::connect(&*notifier_, &QSocketNotifier::activated, &*notifier_, [this, end = std::move(end)] {
        notifier_->setEnabled(false);
        end();
    });
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND); // a second Ctrl+C ends the program at once
    for (const int signal : endingSignals) {
        ::sigaction(signal, &action, nullptr);
    }
}

EndSignals::~EndSignals() {
    if (!notifier_) {
        return;
    }
    for (const int signal : endingSignals) {
        std::signal(signal, SIG_DFL);
    }
    notifier_.reset();
    for (int& descriptor : ends) {
        ::close(descriptor);
        descriptor = -1;
    }
}

#else

EndSignals::EndSignals(std::function<void()>) {}
EndSignals::~EndSignals() = default;

#endif

} // namespace livegloss::app
