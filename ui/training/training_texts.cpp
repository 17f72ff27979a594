#include "ui/training/training_texts.h"

#include "ui/text_format.h"

#include <QLocale>

#include <map>

namespace livegloss::ui {

namespace {

QString number(double value, int decimals) {
    return QLocale().toString(value, 'f', decimals);
}

} // namespace

QString TrainingTexts::problem(const QString& key) {
    static const std::map<QString, const char*> names{
        {QStringLiteral("media_missing"), QT_TRANSLATE_NOOP("Training", "Media missing")},
        {QStringLiteral("media_unreadable"), QT_TRANSLATE_NOOP("Training", "Media unreadable")},
        {QStringLiteral("media_damaged"), QT_TRANSLATE_NOOP("Training", "Media damaged")},
        {QStringLiteral("fewer_frames"), QT_TRANSLATE_NOOP("Training", "Fewer frames than announced")},
        {QStringLiteral("no_glosses"), QT_TRANSLATE_NOOP("Training", "No glosses")},
        {QStringLiteral("out_of_vocabulary"), QT_TRANSLATE_NOOP("Training", "Out of vocabulary")},
        {QStringLiteral("too_short"), QT_TRANSLATE_NOOP("Training", "Too short for its glosses")},
    };
    const auto found = names.find(key);
    return found == names.end() ? key : tr(found->second);
}

QString TrainingTexts::layout(const QString& key) {
    static const std::map<QString, const char*> names{
        {QStringLiteral("table"), QT_TRANSLATE_NOOP("Training", "Videos listed in dataset.tsv")},
        {QStringLiteral("synth"), QT_TRANSLATE_NOOP("Training", "Clips of the synthetic signer")},
    };
    static const std::map<QString, QString> owners{
        {QStringLiteral("phoenix2014"), QStringLiteral("PHOENIX-2014")},
        {QStringLiteral("phoenix2014-si5"), QStringLiteral("PHOENIX-2014 SI5")},
        {QStringLiteral("phoenix2014-t"), QStringLiteral("PHOENIX-2014-T")},
        {QStringLiteral("csl-daily"), QStringLiteral("CSL-Daily")},
        {QStringLiteral("csl"), QStringLiteral("CSL")}};
    if (const auto owner = owners.find(key); owner != owners.end()) {
        return owner->second;
    }
    const auto found = names.find(key);
    return found == names.end() ? key : tr(found->second);
}

QString TrainingTexts::part(const QString& name) {
    if (name == QLatin1String("train")) {
        return tr("Training (train)");
    }
    if (name == QLatin1String("dev")) {
        return tr("Measuring (dev)");
    }
    return name == QLatin1String("test") ? tr("Final test (test)") : name;
}

QString TrainingTexts::conflict(RecipeConflict conflict) {
    switch (conflict) {
    case RecipeConflict::EndlessEpochs:
        return tr("The recipe counts epochs, but drawn sentences have no end: choose a number of steps instead.");
    case RecipeConflict::StillsOfDataSet:
        return tr("The recipe pre-trains on drawn stills, which a data set does not have. Choose a backbone and set "
                  "pretrain.steps to 0 in the recipe's file, or train on drawn sentences.");
    case RecipeConflict::MissingBackbone:
        return tr("The backbone is not there. Choose its file; the Models workspace fetches CLIP's.");
    case RecipeConflict::MissingStart:
        return tr("The model to start from is not there. Choose its file.");
    case RecipeConflict::PicturesTooSmall:
        break;
    }
    return tr("Sentences are drawn with at least 96 pixels a side: give the model a larger resize in the recipe's "
              "file.");
}

QString TrainingTexts::recipeTitle(const QString& fileName) {
    if (fileName == QLatin1String("quick-recipe.json")) {
        return tr("Quick try (some minutes)");
    }
    if (fileName == QLatin1String("paper-recipe.json")) {
        return tr("AdaptSign as in the paper");
    }
    return fileName == QLatin1String("demo-recipe.json") ? tr("The demo model (hours)") : QString();
}

QString TrainingTexts::recipeAbout(const QString& fileName) {
    if (fileName == QLatin1String("quick-recipe.json")) {
        return tr("Trains on drawn sentences from the demo model's backbone, so that everything can be tried at once.");
    }
    if (fileName == QLatin1String("paper-recipe.json")) {
        return tr("The paper's settings for PHOENIX and CSL: 40 epochs from CLIP's ViT-B/16, which the Models "
                  "workspace fetches. Meant for a graphics card.");
    }
    return fileName == QLatin1String("demo-recipe.json")
               ? tr("How the bundled model was made: pre-training on drawn stills, then the head, then AdaptSign.")
               : QString();
}

QString TrainingTexts::failure(const CommandOutcome& outcome) {
    switch (outcome.failing) {
    case CommandOutcome::Failing::Missing:
        return tr("The program that trains, livegloss-cli, is not where it should be: %1. Install LiveGloss again.")
            .arg(factOf(outcome.error));
    case CommandOutcome::Failing::NotStarted:
        return tr("The program that trains could not be started: %1").arg(outcome.output);
    case CommandOutcome::Failing::Killed:
        return tr("The system ended the process, mostly because memory ran short. Lower the clips per step, or "
                  "adapt.cache_megabytes and adapt.keep_clips in the recipe's file, then go on.");
    case CommandOutcome::Failing::Crashed:
        return tr("The process ended unexpectedly. Its last checkpoint is kept. %1").arg(outcome.output);
    case CommandOutcome::Failing::Told:
        break;
    }
    return withHint(outcome.error);
}

QString TrainingTexts::speed(double stepsPerSecond) {
    return stepsPerSecond >= 1.0 ? tr("%1 steps/s").arg(number(stepsPerSecond, 1))
                                 : tr("%1 s/step").arg(number(1.0 / stepsPerSecond, 1));
}

QString TrainingTexts::percent(double percent) {
    return tr("%1 %").arg(number(percent, 1));
}

} // namespace livegloss::ui
