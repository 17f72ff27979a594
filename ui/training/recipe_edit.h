#pragma once

#include "training/recipe.h"

#include <QString>
#include <QStringList>

#include <nlohmann/json.hpp>

#include <vector>

namespace livegloss::ui {

/// The values of a recipe that the page has fields for.
struct RecipeValues {
    QString name;
    QString signLanguage;
    QString method; ///< "adaptsign", "freezing", "fine-tuning", "partial-2"
    bool adapters = true;
    bool prefixes = true;
    bool aggregation = true;
    bool crossFrame = true;
    QString backbone; ///< absolute path; empty: none
    QString start;    ///< of a trained model to go on from, instead of a backbone; empty: none
    bool countsSteps = false;
    int steps = 0;
    int epochs = 0;
    int batch = 0;
    double rate = 0.0;
    qint64 seed = 0;

    bool operator==(const RecipeValues&) const = default;
};

/// A recipe file that is being changed: keys that nothing was changed about stay as they were read, in their order.
class RecipeEdit {
public:
    /// NotFound, or Unreadable where it is no JSON object. Wrong values are for problem().
    static Result<RecipeEdit> read(const QString& path);

    const QString& path() const { return path_; }
    RecipeValues values() const;
    void apply(const RecipeValues& wanted);
    /// Whether it differs from what was read.
    bool changed() const { return root_ != read_; }
    /// Why the recipe's reader refuses it; empty when it does not.
    std::optional<Error> problem() const;
    /// What the reader makes of it.
    Result<training::Recipe> recipe() const;
    /// What was changed and is not saved, to go on with later; empty where nothing was.
    QString draft() const;
    /// Takes it back; false, with nothing changed, where it is none.
    bool takeDraft(const QString& draft);
    /// Writes it whole or not at all; files beside the recipe are named by their absolute paths. WriteFailed.
    Result<void> save(const QString& path) const;

private:
    using Json = nlohmann::ordered_json;
    Json valueOf(const std::string& key) const;
    /// Path that a key holds, counted from the recipe; empty where it holds none.
    QString fileOf(const std::string& key) const;
    /// Leaves a key out where it was left out and the standard is wanted.
    void put(const std::string& key, const Json& value, const Json& standard);
    bool moduleOn(const char* name) const;
    std::string text() const;
    /// A wish of the values that is another than the present one.
    template <class T>
    void change(const char* key, const T& wanted, const T& present);

    QString path_;
    Json read_;
    Json root_;
};

/// Recipes that came with the program: files NAME-recipe.json of a folder, the one to begin with first.
QStringList bundledRecipes(const QString& folder);

/// What a recipe and the data do not agree about, before anything is started.
enum class RecipeConflict {
    EndlessEpochs,    ///< epochs of drawn sentences, which have no end
    StillsOfDataSet,  ///< pre-training on captioned stills, which a data set has not
    MissingBackbone,  ///< a backbone that is not there
    MissingStart,     ///< a model to start from that is not there
    PicturesTooSmall, ///< smaller than sentences are drawn
};
std::vector<RecipeConflict> conflictsOf(const training::Recipe& recipe, bool drawn);
/// Neither a backbone nor pre-training: the image tower would start from random weights.
bool startsFromNothing(const training::Recipe& recipe);

} // namespace livegloss::ui
