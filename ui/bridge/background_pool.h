#pragma once

#include <QThreadPool>

namespace livegloss::ui {

/// For work that takes minutes: what is asked for meanwhile does not wait behind it. Two threads.
inline QThreadPool& longWorkPool() {
    struct Pool : QThreadPool {
        Pool() { setMaxThreadCount(2); }
    };
    static Pool pool;
    return pool;
}

/// Declared after the application and before its windows: waits for what still runs when they are gone, because it may
/// need the application.
class BackgroundWorkEnd {
public:
    BackgroundWorkEnd() = default;
    BackgroundWorkEnd(const BackgroundWorkEnd&) = delete;
    BackgroundWorkEnd& operator=(const BackgroundWorkEnd&) = delete;
    ~BackgroundWorkEnd() {
        QThreadPool::globalInstance()->waitForDone();
        longWorkPool().waitForDone();
    }
};

} // namespace livegloss::ui
