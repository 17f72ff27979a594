#pragma once

#include "ui/training/command_process.h"

#include <QStringList>

#include <optional>

namespace livegloss::ui {

/// With what a run is started or gone on with.
struct RunPlan {
    QString program; ///< livegloss-cli
    QString recipe;
    QString data; ///< empty: drawn sentences
    QString folder;
    int threads = 2;
    int loaders = 1;
    bool resume = false; ///< refuse to begin anew
    QString stage = {};  ///< as --stage; empty: all
};
/// As a person would call it, without what only a program needs.
QStringList runArguments(const RunPlan& plan);

/// Where a run stands, as it tells.
struct RunProgress {
    QString stage; ///< "pretrain", "head" or "adapt"; empty: not there yet
    qint64 step = 0;
    qint64 steps = 0;
    double epoch = 0.0;
    double epochs = 0.0; ///< 0: epochs are not counted
    std::optional<double> werPercent;
    std::optional<double> bestWerPercent;
    qint64 skipped = 0;
    double secondsLeft = 0.0;
    double stepsPerSecond = 0.0; ///< 0: not known yet
};

/// livegloss-cli train as a state machine: Idle -> Starting -> Running -> (Stopping ->) Stopped, Finished or Failed,
/// and from these to Starting again. GUI thread.
class TrainingRun final : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Starting, Running, Stopping, Stopped, Finished, Failed };

    explicit TrainingRun(QObject* parent = nullptr);

    void start(const RunPlan& plan);
    /// Ends with a checkpoint, after the step or measurement under way.
    void stop();
    /// Ends at once; what came after the last checkpoint is lost.
    void endAtOnce();

    State state() const { return state_; }
    bool active() const { return state_ == State::Starting || state_ == State::Running || state_ == State::Stopping; }
    const RunPlan& plan() const { return plan_; }
    const RunProgress& progress() const { return progress_; }
    /// Steps since this process began with the stage on show.
    qint64 ownSteps() const { return ownSteps_; }
    /// Lines that the run told, the newest last.
    const QStringList& messages() const { return messages_; }
    /// How it ended, in the last three states.
    const CommandOutcome& outcome() const { return outcome_; }
    /// Back to Idle, for another folder. Not while active.
    void reset();

Q_SIGNALS:
    void stateChanged();
    void progressed();
    void told(const QString& message);
    /// log.jsonl has a new measurement.
    void measured();

private:
    void take(const QJsonObject& event);
    void takeProgress(const QJsonObject& event);
    void finish(const CommandOutcome& outcome);
    void setState(State state);

    CommandProcess process_;
    State state_ = State::Idle;
    RunPlan plan_;
    RunProgress progress_;
    CommandOutcome outcome_;
    QStringList messages_;
    qint64 firstStep_ = 0;
    qint64 ownSteps_ = 0;
    bool finished_ = false; ///< told by the last event
};

} // namespace livegloss::ui
