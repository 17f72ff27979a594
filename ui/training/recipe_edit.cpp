#include "ui/training/recipe_edit.h"

#include "base/new_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace livegloss::ui {

namespace {

using Json = nlohmann::ordered_json;
constexpr int smallestDrawing = 96; ///< pixels a side that the synthetic signer is drawn at

Json::json_pointer pointerOf(std::string key) {
    std::replace(key.begin(), key.end(), '.', '/');
    return Json::json_pointer("/" + key);
}

const Json& standardOf(const std::string& key) {
    static const std::map<std::string, Json> standards = [] {
        std::map<std::string, Json> all;
        for (const training::RecipeKey& known : training::recipeKeys()) {
            all[known.path] = Json::parse(known.standard, nullptr, false);
        }
        return all;
    }();
    static const Json none;
    const auto found = standards.find(key);
    return found == standards.end() ? none : found->second;
}

/// Values of the wrong kind are shown as nothing; the reader says what is wrong with them.
QString textOf(const Json& value) {
    return value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
}
template <class Number>
Number numberOf(const Json& value) {
    const bool fits = value.is_number() &&
                      std::abs(value.get<double>()) <= 0.5 * static_cast<double>(std::numeric_limits<Number>::max());
    return fits ? value.get<Number>() : Number{};
}

} // namespace

Result<RecipeEdit> RecipeEdit::read(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return failure(ErrorCode::NotFound, "cannot open the recipe " + path.toStdString(), "Choose another one.");
    }
    RecipeEdit edit;
    edit.path_ = QFileInfo(path).absoluteFilePath();
    const QByteArray bytes = file.readAll();
    try {
        edit.root_ = Json::parse(bytes.constData(), bytes.constData() + bytes.size());
    } catch (const Json::exception& problem) {
        return failure(ErrorCode::Unreadable, "the recipe " + path.toStdString() + " is no JSON: " + problem.what(),
                       "docs/training.md lists every key");
    }
    if (!edit.root_.is_object()) {
        return failure(ErrorCode::Unreadable, "the recipe " + path.toStdString() + " is no JSON object",
                       "docs/training.md lists every key");
    }
    edit.read_ = edit.root_;
    return edit;
}

Json RecipeEdit::valueOf(const std::string& key) const {
    const auto pointer = pointerOf(key);
    return root_.contains(pointer) ? root_.at(pointer) : standardOf(key);
}

bool RecipeEdit::moduleOn(const char* name) const {
    const auto pointer = pointerOf(std::string("modules.") + name);
    if (root_.contains(pointer) && root_.at(pointer).is_boolean()) {
        return root_.at(pointer).get<bool>();
    }
    return textOf(valueOf("method")) == QLatin1String("adaptsign");
}

QString RecipeEdit::fileOf(const std::string& key) const {
    const QString file = textOf(valueOf(key));
    return file.isEmpty() ? file : QDir::cleanPath(QFileInfo(path_).dir().absoluteFilePath(file));
}

RecipeValues RecipeEdit::values() const {
    RecipeValues values;
    values.name = textOf(valueOf("name"));
    values.signLanguage = textOf(valueOf("sign_language"));
    values.method = textOf(valueOf("method"));
    values.adapters = moduleOn("adapters");
    values.prefixes = moduleOn("prefixes");
    values.aggregation = moduleOn("aggregation");
    values.crossFrame = moduleOn("cross_frame");
    values.backbone = fileOf("backbone");
    values.start = fileOf("start");
    values.steps = numberOf<int>(valueOf("adapt.steps"));
    values.epochs = numberOf<int>(valueOf("adapt.epochs"));
    values.countsSteps = values.steps > 0;
    values.batch = numberOf<int>(valueOf("adapt.batch"));
    values.rate = numberOf<double>(valueOf("adapt.rate.rate"));
    values.seed = numberOf<qint64>(valueOf("seed"));
    return values;
}

void RecipeEdit::put(const std::string& key, const Json& value, const Json& standard) {
    const auto pointer = pointerOf(key);
    if (!root_.contains(pointer) && value == standard) {
        return;
    }
    try {
        root_[pointer] = value;
    } catch (const Json::exception&) {
        // Its section is no object, which the reader refuses.
    }
}

template <class T>
void RecipeEdit::change(const char* key, const T& wanted, const T& present) {
    if (wanted != present) {
        put(key, Json(wanted), standardOf(key));
    }
}

void RecipeEdit::apply(const RecipeValues& wanted) {
    const RecipeValues present = values();
    change("name", wanted.name.toStdString(), present.name.toStdString());
    change("sign_language", wanted.signLanguage.toStdString(), present.signLanguage.toStdString());
    if (wanted.backbone != present.backbone) {
        put("backbone", wanted.backbone.toStdString(), "");
    }
    if (wanted.start != present.start) {
        put("start", wanted.start.toStdString(), "");
    }
    change("method", wanted.method.toStdString(), present.method.toStdString());
    const bool modules = wanted.method == QLatin1String("adaptsign");
    const auto changeModule = [&](const char* name, bool on) {
        if (moduleOn(name) != on) {
            put(std::string("modules.") + name, on, modules);
        }
    };
    changeModule("adapters", wanted.adapters);
    changeModule("prefixes", wanted.prefixes);
    changeModule("aggregation", wanted.aggregation);
    changeModule("cross_frame", wanted.crossFrame);
    change("adapt.steps", wanted.countsSteps ? wanted.steps : 0, present.steps);
    change("adapt.epochs", wanted.epochs, present.epochs);
    change("adapt.batch", wanted.batch, present.batch);
    change("adapt.rate.rate", wanted.rate, present.rate);
    change("seed", wanted.seed, present.seed);
}

std::string RecipeEdit::text() const {
    return root_.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

QString RecipeEdit::draft() const {
    return changed() ? QString::fromStdString(text()) : QString();
}

bool RecipeEdit::takeDraft(const QString& draft) {
    Json root = Json::parse(draft.toStdString(), nullptr, false);
    if (!root.is_object()) {
        return false;
    }
    root_ = std::move(root);
    return true;
}

Result<training::Recipe> RecipeEdit::recipe() const {
    auto recipe = training::parseRecipe(text(), path_.toStdString());
    if (recipe) {
        recipe->backbone = fileOf("backbone").toStdString();
        recipe->start = fileOf("start").toStdString();
    }
    return recipe;
}

std::optional<Error> RecipeEdit::problem() const {
    const auto read = recipe();
    return read ? std::nullopt : std::optional(read.error());
}

Result<void> RecipeEdit::save(const QString& path) const {
    RecipeEdit copy = *this;
    for (const char* key : {"backbone", "start"}) {
        if (const QString file = fileOf(key); !file.isEmpty()) {
            copy.root_[key] = file.toStdString();
        }
    }
    return writeNewFile(path.toStdString(), copy.text());
}

QStringList bundledRecipes(const QString& folder) {
    const QString first = QStringLiteral("quick-recipe.json");
    QStringList paths;
    for (const QFileInfo& file :
         QDir(folder).entryInfoList({QStringLiteral("*-recipe.json")}, QDir::Files, QDir::Name)) {
        if (file.fileName() == first) {
            paths.prepend(file.absoluteFilePath());
        } else {
            paths.append(file.absoluteFilePath());
        }
    }
    return paths;
}

std::vector<RecipeConflict> conflictsOf(const training::Recipe& recipe, bool drawn) {
    std::vector<RecipeConflict> found;
    const training::AdaptRecipe& adapt = recipe.adapt;
    if (drawn && adapt.steps == 0 && adapt.clips == 0) {
        found.push_back(RecipeConflict::EndlessEpochs);
    }
    if (!drawn && recipe.pretrain.steps > 0) {
        found.push_back(RecipeConflict::StillsOfDataSet);
    }
    std::error_code ignored;
    if (!recipe.backbone.empty() && !std::filesystem::is_regular_file(recipe.backbone, ignored)) {
        found.push_back(RecipeConflict::MissingBackbone);
    }
    if (!recipe.start.empty() && !std::filesystem::is_regular_file(recipe.start, ignored)) {
        found.push_back(RecipeConflict::MissingStart);
    }
    const int side = adapt.renderSize > 0 ? adapt.renderSize : recipe.model.resize;
    if (drawn && recipe.backbone.empty() && recipe.start.empty() && side < smallestDrawing) {
        found.push_back(RecipeConflict::PicturesTooSmall);
    }
    return found;
}

bool startsFromNothing(const training::Recipe& recipe) {
    return recipe.backbone.empty() && recipe.start.empty() && recipe.pretrain.steps == 0;
}

} // namespace livegloss::ui
