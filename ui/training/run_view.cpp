#include "ui/text_format.h"
#include "ui/training/training_chart.h"
#include "ui/training/training_texts.h"

#include <QLocale>

namespace livegloss::ui {

namespace {

using State = TrainingRun::State;
using FolderState = training::RunFolder::State;

/// Before so many steps the time left would be a guess.
constexpr qint64 stepsForEstimate = 3;

class Words {
    Q_DECLARE_TR_FUNCTIONS(Training)
public:
    static QString count(qint64 value) { return QLocale().toString(value); }

    static void describeProgress(RunView& view, const TrainingRun& run) {
        const RunProgress& progress = run.progress();
        if (progress.stage.isEmpty()) {
            view.busy = true;
            view.detail = run.messages().isEmpty() ? tr("Loading what is needed…") : run.messages().last();
            return;
        }
        view.title = tr("Training: step %1 of %2").arg(count(progress.step), count(progress.steps));
        view.detail = TrainingCharts::stageName(progress.stage);
        if (progress.epochs > 0.0) {
            view.detail += QStringLiteral(" \u00b7 ") + tr("epoch %1 of %2")
                                                            .arg(QLocale().toString(progress.epoch, 'f', 1),
                                                                 QLocale().toString(progress.epochs, 'f', 0));
        }
        view.share =
            progress.steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.steps) : -1.0;
        if (run.ownSteps() >= stepsForEstimate && progress.stepsPerSecond > 0.0) {
            view.speed = TrainingTexts::speed(progress.stepsPerSecond);
            view.left = formatTimeLeft(progress.secondsLeft);
        }
    }

    static void describeQuality(RunView& view, const RunProgress& progress) {
        if (progress.werPercent) {
            view.newest = TrainingTexts::percent(*progress.werPercent);
        }
        if (progress.bestWerPercent) {
            view.best = TrainingTexts::percent(*progress.bestWerPercent);
        }
        if (progress.skipped > 0) {
            view.skipped = count(progress.skipped);
        }
    }

    /// What the folder says, while nothing runs in it.
    static void describeFolder(RunView& view, const training::RunFolder& folder, const QString& path, bool ready,
                               std::int64_t lastStep) {
        if (folder.trainedBy) {
            view.title = tr("Another process trains in this folder");
            view.detail = tr("Process %1. It can go on here once that one has ended.").arg(*folder.trainedBy);
            return;
        }
        switch (folder.state) {
        case FolderState::Fresh:
            view.title = ready ? tr("Ready to train") : tr("Not ready yet");
            view.detail = ready ? tr("Everything goes into %1").arg(path)
                                : tr("Data or recipe need a look: their pages say why.");
            view.startText = ready ? tr("Start Training") : QString();
            break;
        case FolderState::Occupied:
            view.title = tr("The folder is not empty");
            view.detail = tr("%1 holds other files. Choose another folder in Recipe.").arg(path);
            break;
        case FolderState::Unfinished:
            view.title = !folder.checkpoint ? tr("Begun, but without a checkpoint yet")
                         : lastStep >= 0    ? tr("Stopped at step %1").arg(count(lastStep))
                                            : tr("Stopped");
            view.detail = folder.checkpoint ? tr("A checkpoint is in %1").arg(path)
                                            : tr("It begins anew: a checkpoint comes with the first steps.");
            view.startText = !ready ? QString() : folder.checkpoint ? tr("Resume") : tr("Start Again");
            if (folder.checkpoint && !folder.record) {
                view.detail = tr("A checkpoint is in %1, without a note of how it was made. It goes on only with the "
                                 "recipe that lies there as recipe.json.")
                                  .arg(path);
            }
            break;
        case FolderState::Finished:
            if (folder.record && folder.record->stage == "pretrain" && folder.checkpoint) {
                view.title = tr("Pre-training is finished");
                view.detail = tr("What it made is in %1. Resume goes on with the head and adaptation.").arg(path);
                view.startText = ready ? tr("Resume") : QString();
                break;
            }
            view.title = tr("Training is finished");
            view.detail = (folder.model ? tr("The best model is in %1. To go on, raise the steps in Recipe.")
                                        : tr("Its checkpoint is in %1. To go on, raise the steps in Recipe."))
                              .arg(path);
            view.startText = ready && folder.checkpoint ? tr("Resume") : QString();
            break;
        }
    }
};

} // namespace

RunView describeRun(const TrainingRun& run, const training::RunFolder& folder, const QString& path, bool ready,
                    std::int64_t lastStep) {
    RunView view;
    Words::describeQuality(view, run.progress());
    switch (run.state()) {
    case State::Starting:
        view.title = Words::tr("Starting…");
        view.busy = true;
        view.canStop = true;
        break;
    case State::Running:
        view.title = Words::tr("Training");
        Words::describeProgress(view, run);
        view.canStop = true;
        break;
    case State::Stopping:
        Words::describeProgress(view, run);
        view.title = Words::tr("Stopping…");
        view.detail = Words::tr("The step or measurement under way is finished first, then a checkpoint is written.");
        view.left.clear();
        view.canEndAtOnce = true;
        break;
    case State::Failed:
        Words::describeFolder(view, folder, path, ready, lastStep);
        view.title = Words::tr("Training failed");
        view.problem = TrainingTexts::failure(run.outcome());
        break;
    case State::Idle:
    case State::Stopped:
    case State::Finished:
        Words::describeFolder(view, folder, path, ready, lastStep);
        break;
    }
    return view;
}

} // namespace livegloss::ui
