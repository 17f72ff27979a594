#pragma once

#include <QWidget>

class QLabel;

namespace livegloss::ui {

/// Says that the camera is open: an icon and words. Hidden while it is off.
class CameraSign final : public QWidget {
    Q_OBJECT
public:
    explicit CameraSign(QWidget* parent = nullptr);
    void setOn(bool on);
    bool isOn() const { return on_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void paintIcon();
    void retranslate();

    QLabel* icon_;
    QLabel* text_;
    bool on_ = false;
};

} // namespace livegloss::ui
