#pragma once

#include "base/work_pace.h"

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
    WorkPace pace_;
};

} // namespace livegloss::ui
