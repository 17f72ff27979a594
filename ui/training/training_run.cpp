#include "ui/training/training_run.h"

namespace livegloss::ui {

namespace {

constexpr int mostMessages = 500;

std::optional<double> percentOf(const QJsonValue& value) {
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

} // namespace

QStringList runArguments(const RunPlan& plan) {
    QStringList arguments{QStringLiteral("train"), QStringLiteral("--recipe"), plan.recipe, QStringLiteral("--work"),
                          plan.folder};
    if (!plan.data.isEmpty()) {
        arguments += {QStringLiteral("--data"), plan.data};
    }
    arguments += {QStringLiteral("--threads"), QString::number(plan.threads), QStringLiteral("--loaders"),
                  QString::number(plan.loaders)};
    if (!plan.stage.isEmpty() && plan.stage != QLatin1String("all")) {
        arguments += {QStringLiteral("--stage"), plan.stage};
    }
    if (plan.resume) {
        arguments.append(QStringLiteral("--resume"));
    }
    return arguments;
}

TrainingRun::TrainingRun(QObject* parent) : QObject(parent) {
    connect(&process_, &CommandProcess::event, this, &TrainingRun::take);
    connect(&process_, &CommandProcess::ended, this, &TrainingRun::finish);
}

void TrainingRun::start(const RunPlan& plan) {
    if (active()) {
        return;
    }
    plan_ = plan;
    progress_ = {};
    outcome_ = {};
    messages_.clear();
    firstStep_ = 0;
    ownSteps_ = 0;
    finished_ = false;
    setState(State::Starting);
    process_.start(plan.program,
                   runArguments(plan) + QStringList{QStringLiteral("--events"), QStringLiteral("--stop-with-input")});
}

void TrainingRun::stop() {
    if (state_ == State::Starting || state_ == State::Running) {
        setState(State::Stopping);
        process_.stop();
    }
}

void TrainingRun::endAtOnce() {
    if (active()) {
        process_.kill();
    }
}

void TrainingRun::reset() {
    if (!active()) {
        progress_ = {};
        outcome_ = {};
        messages_.clear();
        setState(State::Idle);
    }
}

void TrainingRun::take(const QJsonObject& event) {
    const QString kind = event[QLatin1String("event")].toString();
    if (kind == QLatin1String("progress")) {
        takeProgress(event);
    } else if (kind == QLatin1String("message")) {
        messages_.append(event[QLatin1String("text")].toString());
        if (messages_.size() > mostMessages) {
            messages_.removeFirst();
        }
        Q_EMIT told(messages_.last());
    } else if (kind == QLatin1String("measured")) {
        Q_EMIT measured();
    } else if (kind == QLatin1String("end")) {
        finished_ = event[QLatin1String("finished")].toBool();
    }
    if (state_ == State::Starting) {
        setState(State::Running);
    }
}

void TrainingRun::takeProgress(const QJsonObject& event) {
    const QString stage = event[QLatin1String("stage")].toString();
    const qint64 step = event[QLatin1String("step")].toInteger();
    if (stage != progress_.stage) {
        firstStep_ = step - 1;
    }
    progress_.stage = stage;
    progress_.step = step;
    progress_.steps = event[QLatin1String("steps")].toInteger();
    progress_.epoch = event[QLatin1String("epoch")].toDouble();
    progress_.epochs = event[QLatin1String("epochs")].toDouble();
    progress_.werPercent = percentOf(event[QLatin1String("wer_percent")]);
    progress_.bestWerPercent = percentOf(event[QLatin1String("best_wer_percent")]);
    progress_.skipped = event[QLatin1String("skipped")].toInteger();
    progress_.secondsLeft = event[QLatin1String("seconds_left")].toDouble();
    const auto left = static_cast<double>(progress_.steps - step);
    progress_.stepsPerSecond =
        progress_.secondsLeft > 0.0 && left > 0.0 ? left / progress_.secondsLeft : progress_.stepsPerSecond;
    ownSteps_ = step - firstStep_;
    Q_EMIT progressed();
}

void TrainingRun::finish(const CommandOutcome& outcome) {
    outcome_ = outcome;
    switch (outcome.end) {
    case CommandOutcome::End::Cancelled:
        setState(State::Stopped);
        break;
    case CommandOutcome::End::Failed:
        setState(State::Failed);
        break;
    case CommandOutcome::End::Done:
        setState(finished_ ? State::Finished : State::Stopped);
        break;
    }
}

void TrainingRun::setState(State state) {
    if (state != state_) {
        state_ = state;
        Q_EMIT stateChanged();
    }
}

} // namespace livegloss::ui
