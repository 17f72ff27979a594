#include "end_signals.h"

#include <QObject>

#include <utility>

#ifndef _WIN32
#include <array>
#include <cerrno>
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
std::array<struct sigaction, endingSignals.size()> before{};

void handle(int) {
    const int code = errno;
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(ends[0], &byte, 1);
    errno = code;
}

} // namespace

EndSignals::EndSignals(std::function<void()> end) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        return;
    }
    notifier_.emplace(ends[1], QSocketNotifier::Read);
    QObject::connect(&*notifier_, &QSocketNotifier::activated, &*notifier_, [this, end = std::move(end)] {
        notifier_->setEnabled(false);
        end();
    });
    for (std::size_t index = 0; index < endingSignals.size(); ++index) {
        const int signal = endingSignals.at(index);
        ::sigaction(signal, nullptr, &before.at(index));
        if (before.at(index).sa_handler == SIG_IGN) {
            continue; // nohup, or a script that starts the program behind itself
        }
        struct sigaction action = {};
        action.sa_handler = handle;
        // A second Ctrl+C ends the program at once. A terminal that closes hangs up twice.
        action.sa_flags = SA_RESTART | (signal == SIGINT ? static_cast<int>(SA_RESETHAND) : 0);
        ::sigaction(signal, &action, nullptr);
    }
}

EndSignals::~EndSignals() {
    if (!notifier_) {
        return;
    }
    for (std::size_t index = 0; index < endingSignals.size(); ++index) {
        ::sigaction(endingSignals.at(index), &before.at(index), nullptr);
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
