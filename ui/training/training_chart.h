#pragma once

#include "training/run_history.h"
#include "ui/sheets/time_chart.h"

#include <QCoreApplication>
#include <QString>

namespace livegloss::ui {

/// What a run has come to, as curves over the steps of one stage ("pretrain", "head", "adapt"): losses, and how well
/// unseen people are recognised. Long curves are drawn by the means of neighbouring steps.
class TrainingCharts {
    Q_DECLARE_TR_FUNCTIONS(TrainingCharts)
public:
    static TimeChart chart(const training::RunHistory& history, const QString& stage, bool dark);
    /// Steps 0 to the last one that is known.
    static TimeRange extent(const TimeChart& chart);
    /// Stages that have curves, in the order in which they ran.
    static QStringList stages(const training::RunHistory& history);
    static QString stageName(const QString& stage);
};

/// One measurement on dev.
struct Measurement {
    std::int64_t step = 0;
    std::optional<double> epoch;
    double werPercent = 0.0;
    bool best = false; ///< the model of this step is the one that was kept
};
/// In the order of the steps. Of equally good ones the last is kept.
std::vector<Measurement> measurementsOf(const training::RunHistory& history);

} // namespace livegloss::ui
