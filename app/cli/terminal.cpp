#include "terminal.h"

#include "evaluation/text_columns.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <thread>

#ifdef _WIN32
#include <io.h>
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace livegloss::cli {

namespace {

std::atomic<int> interruptCount{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");
std::atomic<bool> inputEnded{false};

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

std::size_t columnsBehind([[maybe_unused]] int descriptor) {
#ifndef _WIN32
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        return size.ws_col;
    }
#endif
    return 80;
}

} // namespace

bool errorIsTerminal() {
    return isTerminal(stderr);
}

bool outputIsTerminal() {
    return isTerminal(stdout);
}

std::size_t errorColumns() {
    return columnsBehind(2);
}

std::size_t outputColumns() {
    return columnsBehind(1);
}

std::string printable(std::string text) {
    constexpr unsigned char firstPrinted = 0x20;
    constexpr unsigned char deleted = 0x7F;
    for (char& letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if ((code < firstPrinted && letter != '\n' && letter != '\t') || code == deleted) {
            letter = '?';
        }
    }
    // The second half of ISO 8859's control characters, U+0080 to U+009F, is two bytes in UTF-8.
    for (std::size_t at = text.find('\xC2'); at != std::string::npos; at = text.find('\xC2', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
            text.replace(at, 2, "?");
        }
    }
    return text;
}

void catchInterrupts() {
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
}

bool interrupted() {
    return interruptCount != 0 || inputEnded;
}

void outliveReaders() {
#ifndef _WIN32
    std::signal(SIGPIPE, SIG_IGN);
#endif
}

void interruptWhenInputEnds() {
#ifndef _WIN32
    outliveReaders();
    // Waits for as long as the process lives; not through stdio, whose locks the end of the process takes.
    std::thread([] {
        std::array<char, 256> ignored{};
        ssize_t got = 1;
        while (got > 0 || (got < 0 && errno == EINTR)) {
            got = ::read(STDIN_FILENO, ignored.data(), ignored.size());
        }
        inputEnded = true;
    }).detach();
#endif
}

std::string timeLeftText(double left) {
    const auto seconds = std::max(1LL, std::llround(left));
    const auto two = [](long long large, const char* largeUnit, long long small, const char* smallUnit) {
        return std::to_string(large) + largeUnit + std::to_string(small) + smallUnit;
    };
    if (seconds >= 3600) {
        return two(seconds / 3600, " h ", seconds / 60 % 60, " min left");
    }
    return seconds >= 60 ? two(seconds / 60, " min ", seconds % 60, " s left") : std::to_string(seconds) + " s left";
}

void ProgressBar::update(double fraction, const std::string& detail) {
    const auto now = std::chrono::steady_clock::now();
    const auto seconds = time_ == Time::Left ? pace_.secondsLeft(now, fraction) : std::nullopt;
    const std::string left = seconds ? timeLeftText(*seconds) : std::string();
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
    // A line that wraps could not be drawn over.
    const std::string gap = left.empty() || detail.empty() ? "" : "  ";
    const std::string line = evaluation::cutToColumns(what_ + "  " + bar + detail + gap + left, errorColumns() - 1);
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
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
