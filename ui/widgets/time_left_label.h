#pragma once

#include <QElapsedTimer>
#include <QLabel>

class QProgressBar;

namespace livegloss::ui {

/// Tells how long the work that a progress bar shows will still take, from its pace; empty for the first seconds and
/// where the end is not known. Comes and goes with the bar.
class TimeLeftLabel final : public QLabel {
    Q_OBJECT
public:
    TimeLeftLabel(QProgressBar* bar, QWidget* parent);

    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void update();

    QProgressBar* bar_;
    QElapsedTimer sinceBegin_;
    int first_ = 0; ///< value of the bar then
    int last_ = 0;
};

} // namespace livegloss::ui
