#pragma once

#include <QObject>

#include <memory>

namespace livegloss::ui {

/// Keeps the desktop from blanking or locking the screen while something plays: people sign with their hands, not at
/// the keyboard. On Linux the desktop is asked over D-Bus (org.freedesktop.ScreenSaver), on Windows the system is told;
/// elsewhere, and where nothing answers, the screen does as it likes. GUI thread.
class ScreenWake final : public QObject {
    Q_OBJECT
public:
    explicit ScreenWake(QObject* parent = nullptr);
    ~ScreenWake() override;

    void keepAwake(bool awake);
    bool keepsAwake() const { return awake_; }

private:
    class Desktop;

    std::unique_ptr<Desktop> desktop_;
    bool awake_ = false;
};

} // namespace livegloss::ui
