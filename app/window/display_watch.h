#pragma once

namespace livegloss::app {

/// The exit code where no window can be opened (EX_UNAVAILABLE of sysexits.h); run.sh knows it.
inline constexpr int noDisplayExitCode = 69;

/// While it lives, a window system that Qt cannot reach ends the program with a sentence and noDisplayExitCode; Qt
/// alone would abort() with a list of its plug-ins. Around the making of the QApplication, in the main thread, one at a
/// time.
class DisplayWatch {
public:
    DisplayWatch();
    ~DisplayWatch();
    DisplayWatch(const DisplayWatch&) = delete;
    DisplayWatch& operator=(const DisplayWatch&) = delete;
};

} // namespace livegloss::app
