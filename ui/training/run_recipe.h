#pragma once

#include "training/run_folder.h"
#include "ui/training/recipe_edit.h"

#include <QCoreApplication>
#include <QString>

namespace livegloss::ui {

/// The recipe that a run is started with lies in its folder: where there, and whether a checkpoint there is its own.
class RunRecipe {
    Q_DECLARE_TR_FUNCTIONS(Training)
public:
    /// Why `shown` cannot go on from the checkpoint in the folder, and what to do; empty when it can. A checkpoint that
    /// nothing is noted about may be of any recipe.
    static QString resumeProblem(const training::RunFolder& found, const QString& folder, const RecipeEdit& shown);

    /// recipe.json, or the next free name where that is the file of someone else. `shown` may be null.
    QString file(const training::RunFolder& found, const QString& folder, const RecipeEdit* shown) const;
    /// Writes the recipe where it is not there already; makes the folder. WriteFailed.
    Result<void> keep(const QString& path, const RecipeEdit& shown);

private:
    QString kept_; ///< path of the one that was written last
};

} // namespace livegloss::ui
