#include "terminal.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace livegloss::cli {

namespace {

volatile std::sig_atomic_t interruptCount = 0;

void onInterrupt(int number) {
    if (interruptCount != 0) {
        std::signal(number, SIG_DFL);
        std::raise(number);
        return;
    }
    interruptCount = 1;
}

bool isTerminal(std::FILE* file) {
#ifdef _WIN32
    return _isatty(_fileno(file)) != 0;
#else
    return isatty(fileno(file)) != 0;
#endif
}

} // namespace

bool errorIsTerminal() {
    return isTerminal(stderr);
}

bool outputIsTerminal() {
    return isTerminal(stdout);
}

void catchInterrupts() {
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
}

bool interrupted() {
    return interruptCount != 0;
}

void ProgressBar::update(double fraction, const std::string& detail) {
    const auto now = std::chrono::steady_clock::now();
    if (!errorIsTerminal() || (drawn_ && now - drawnAt_ < std::chrono::milliseconds(100))) {
        return;
    }
    drawnAt_ = now;
    drawn_ = true;
    constexpr int kWidth = 30;
    std::string bar;
    if (fraction >= 0.0) {
        const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kWidth + 0.5);
        bar.push_back('[');
        bar.append(static_cast<std::size_t>(filled), '#').append(static_cast<std::size_t>(kWidth - filled), '.');
        bar.append("] ").append(std::to_string(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100.0))).append("%  ");
    }
    std::fprintf(stderr, "\r\033[K%s  %s%s", what_.c_str(), bar.c_str(), detail.c_str());
    std::fflush(stderr);
}

void ProgressBar::clear() {
    if (drawn_) {
        std::fputs("\r\033[K", stderr);
        std::fflush(stderr);
        drawn_ = false;
    }
}

} // namespace livegloss::cli
