#pragma once

#include "training/run_folder.h"
#include "ui/training/recipe_edit.h"
#include "ui/training/training_run.h"

#include <QCoreApplication>
#include <QString>

#include <optional>

namespace livegloss::ui {

/// How training is spoken of, in the user's language.
class TrainingTexts {
    Q_DECLARE_TR_FUNCTIONS(Training)
public:
    /// "Media missing" for "media_missing".
    static QString problem(const QString& key);
    /// "PHOENIX-2014, multisigner" for "phoenix-2014-multisigner".
    static QString layout(const QString& key);
    /// "Training" for "train".
    static QString part(const QString& name);
    static QString conflict(RecipeConflict conflict);
    /// Title of a recipe that came with the program, by its file's name; empty for others.
    static QString recipeTitle(const QString& fileName);
    static QString recipeAbout(const QString& fileName);
    /// What went wrong with a command, and what to do.
    static QString failure(const CommandOutcome& outcome);
    /// "1.4 steps a second", "4.2 s a step" where that is slow.
    static QString speed(double stepsPerSecond);
    static QString percent(double percent);
};

/// What the page says about a run, and what can be done with it.
struct RunView {
    QString title;
    QString detail;
    QString problem;   ///< what went wrong and what to do; empty: nothing
    QString startText; ///< of the button that starts or goes on; empty: it cannot be pressed now
    bool canStop = false;
    bool canEndAtOnce = false;
    bool busy = false;   ///< at work without a known end
    double share = -1.0; ///< of the stage's steps that are done; below 0: not known
    QString speed, left, newest, best, skipped;
};
/// `ready`: data and recipe agree, so that a run can begin. `lastStep`: of the log; -1 without one.
RunView describeRun(const TrainingRun& run, const training::RunFolder& folder, const QString& path, bool ready,
                    std::int64_t lastStep);

} // namespace livegloss::ui
