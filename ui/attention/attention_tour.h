#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace livegloss::ui {

/// A few short steps that explain the pictures to somebody who sees them for the first time.
class AttentionTour final : public QFrame {
    Q_OBJECT
public:
    explicit AttentionTour(QWidget* parent = nullptr);
    void restart();
    int step() const { return step_; }
    static int steps();

Q_SIGNALS:
    /// Finished, or not wanted.
    void finished();

protected:
    void changeEvent(QEvent* event) override;

private:
    void turnTo(int step);
    void retranslate();

    int step_ = 0;
    QLabel* title_;
    QLabel* text_;
    QLabel* place_;
    QPushButton* skip_;
    QPushButton* back_;
    QPushButton* next_;
};

} // namespace livegloss::ui
