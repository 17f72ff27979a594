#pragma once

#include <QWidget>

class QLabel;

namespace livegloss::ui {

class CameraSign;

/// Stands where files have the seek bar: LIVE, the camera sign, the time since the start and what waits for the
/// network. The camera sign cannot be hidden while the camera is open.
class LiveBadge final : public QWidget {
    Q_OBJECT
public:
    explicit LiveBadge(QWidget* parent = nullptr);
    void setLive(bool live);
    void setCameraOn(bool on);
    bool cameraOn() const;
    void setElapsed(const QString& time);
    void setWaiting(long long frames);

protected:
    void changeEvent(QEvent* event) override;

private:
    void retranslate();

    QLabel* live_;
    CameraSign* camera_;
    QLabel* elapsed_;
    QLabel* waiting_;
    long long waitingFrames_ = 0;
};

} // namespace livegloss::ui
