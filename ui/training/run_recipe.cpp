#include "ui/training/run_recipe.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

namespace livegloss::ui {

namespace {

/// Whether the recipe on show is what a file holds.
bool holds(const QString& path, const RecipeEdit& shown) {
    const auto there = training::readRecipe(path.toStdString());
    const auto wanted = shown.recipe();
    return there && wanted && there->fingerprint == wanted->fingerprint && there->backbone == wanted->backbone &&
           there->start == wanted->start;
}

} // namespace

QString RunRecipe::resumeProblem(const training::RunFolder& found, const QString& folder, const RecipeEdit& shown) {
    const auto recipe = shown.recipe();
    if (!found.checkpoint || found.record || !recipe) {
        return {};
    }
    const QString own = QDir::toNativeSeparators(folder + QStringLiteral("/recipe.json"));
    switch (training::compareKeptRecipe(folder.toStdString(), *recipe)) {
    case training::KeptRecipe::Same:
        break;
    case training::KeptRecipe::Other:
        return tr("The folder holds the checkpoint of another recipe. Open %1 in Recipe to go on with it, or choose "
                  "another folder.")
            .arg(own);
    case training::KeptRecipe::Unknown:
        return tr("The folder holds a checkpoint, but nothing says with which recipe it was made. Choose another "
                  "folder, or copy that recipe to %1 if you know it.")
            .arg(own);
    }
    return {};
}

QString RunRecipe::file(const training::RunFolder& found, const QString& folder, const RecipeEdit* shown) const {
    const QString recorded = found.record ? QString::fromStdString(found.record->recipe.string()) : QString();
    // A file of another name is a person's own, and is not written over.
    static const QRegularExpression ours(QStringLiteral(R"(^recipe(-\d+)?\.json$)"));
    const bool mayBeWritten = ours.match(QFileInfo(recorded).fileName()).hasMatch();
    if (!recorded.isEmpty() && QFileInfo(recorded).absolutePath() == folder &&
        (mayBeWritten || (shown != nullptr && holds(recorded, *shown)))) {
        return recorded;
    }
    QString path = folder + QStringLiteral("/recipe.json");
    const auto foreign = [&] {
        return QFileInfo::exists(path) && path != kept_ && (shown == nullptr || !holds(path, *shown));
    };
    for (int number = 2; foreign(); ++number) {
        path = QStringLiteral("%1/recipe-%2.json").arg(folder).arg(number);
    }
    return path;
}

Result<void> RunRecipe::keep(const QString& path, const RecipeEdit& shown) {
    const QString folder = QFileInfo(path).absolutePath();
    if (!QDir().mkpath(folder)) {
        return failure(ErrorCode::WriteFailed, "cannot make the folder " + folder.toStdString());
    }
    if (holds(path, shown)) {
        return {};
    }
    Result<void> saved = shown.save(path);
    kept_ = saved ? path : kept_;
    return saved;
}

} // namespace livegloss::ui
