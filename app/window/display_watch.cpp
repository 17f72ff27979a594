#include "display_watch.h"

#include <QString>
#include <QtGlobal>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace livegloss::app {

namespace {

struct HeldMessage {
    QtMsgType type;
    QString text;
};

QtMessageHandler usualHandler = nullptr;
std::vector<HeldMessage> held;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// Where the window was to appear, and why it cannot.
std::string whatIsWrong() {
    const std::string platform = variable("QT_QPA_PLATFORM");
    const std::string display = variable("DISPLAY");
    const std::string wayland = variable("WAYLAND_DISPLAY");
    if (!platform.empty()) {
        return "Qt cannot use the platform that QT_QPA_PLATFORM names (" + platform + ")";
    }
    if (display.empty() && wayland.empty()) {
        return "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)";
    }
    std::string places = display.empty() ? "" : "DISPLAY=" + display;
    if (!wayland.empty()) {
        places += (places.empty() ? "" : " and ") + ("WAYLAND_DISPLAY=" + wayland);
    }
    return "the display cannot be reached (" + places + ")";
}

[[noreturn]] void endWithoutDisplay() {
    std::fprintf(stderr, "livegloss: no window can be opened: %s.\n", whatIsWrong().c_str());
    for (const HeldMessage& message : held) {
        if (message.type != QtDebugMsg) {
            std::fprintf(stderr, "  %s\n", qPrintable(message.text.trimmed()));
        }
    }
    std::fputs("Start it from a graphical session, over ssh with -X. For Wayland the package qt6-wayland is needed.\n"
               "Without a display, livegloss-cli recognises videos: livegloss-cli recognize clip.mp4\n",
               stderr);
    std::_Exit(noDisplayExitCode);
}

void hold(QtMsgType type, const QMessageLogContext& context, const QString& text) {
    if (type == QtFatalMsg) {
        endWithoutDisplay();
    }
    if (type == QtDebugMsg && usualHandler != nullptr) {
        usualHandler(type, context, text);
        return;
    }
    held.push_back({type, text});
}

} // namespace

DisplayWatch::DisplayWatch() {
    usualHandler = qInstallMessageHandler(hold);
}

/// The display is there; what was held back is told as usual.
DisplayWatch::~DisplayWatch() {
    qInstallMessageHandler(usualHandler);
    for (const HeldMessage& message : held) {
        if (usualHandler != nullptr) {
            usualHandler(message.type, {}, message.text);
        }
    }
    held.clear();
}

} // namespace livegloss::app
