#pragma once

#include "base/work_pace.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace livegloss::cli {

/// Whether a person watches standard error or standard output.
bool errorIsTerminal();
bool outputIsTerminal();

/// Columns of the terminal behind standard error or standard output; 80 where that is none.
std::size_t errorColumns();
std::size_t outputColumns();

/// Text from a file as a terminal may get it: control characters but line ends and tabs become '?'.
std::string printable(std::string text);

/// From the first call on, Ctrl+C only raises a flag that interrupted() reads; a second one ends the program.
void catchInterrupts();
bool interrupted();
/// From now on a reader of the output that is gone ends nothing: writing to it fails.
void outliveReaders();
/// From now on the end of standard input counts as Ctrl+C: the program that started this one may disappear at any time,
/// and with it the reader of the output. Call once, after catchInterrupts().
void interruptWhenInputEnds();

/// "40 s left", "1 min 20 s left", "2 h 5 min left".
std::string timeLeftText(double seconds);

/// A bar on standard error while a long piece of work goes on, with the time left; silent where nobody watches. Redrawn
/// at most ten times a second, gone when it is destroyed.
class ProgressBar {
public:
    enum class Time { Left, InDetail }; ///< InDetail: update()'s detail tells it better
    explicit ProgressBar(std::string what, Time time = Time::Left) : what_(std::move(what)), time_(time) {}
    ~ProgressBar() { clear(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// `fraction` 0..1, below 0 where the end is not known.
    void update(double fraction, const std::string& detail);
    void clear();

private:
    std::string what_;
    Time time_;
    WorkPace pace_;
    std::chrono::steady_clock::time_point drawnAt_{};
    bool drawn_ = false;
};

} // namespace livegloss::cli
