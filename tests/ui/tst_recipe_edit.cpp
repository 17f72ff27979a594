#include "text_files.h"
#include "ui/setup.h"
#include "ui/style/language.h"
#include "ui/training/recipe_edit.h"
#include "ui/training/training_texts.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::test::contentsOf;
using livegloss::test::writeText;

namespace {

RecipeEdit edited(const QString& path, const std::function<void(RecipeValues&)>& change) {
    RecipeEdit edit = RecipeEdit::read(path).value();
    RecipeValues values = edit.values();
    change(values);
    edit.apply(values);
    return edit;
}

} // namespace

/// Recipes as the training page changes and judges them, without its widgets.
class TestRecipeEdit : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        language_.use(QStringLiteral("en"));
    }

    void recipesShowTheirValues() {
        const RecipeEdit demo = RecipeEdit::read(models("demo-recipe.json")).value();
        RecipeValues values = demo.values();
        QCOMPARE(values.name, QStringLiteral("LiveGloss demo"));
        QVERIFY(values.countsSteps && values.steps == 901 && values.batch == 2 && values.rate == 0.0004);
        QVERIFY(values.adapters && values.prefixes && values.aggregation && values.crossFrame);
        QVERIFY(values.backbone.isEmpty());
        values = RecipeEdit::read(models("quick-recipe.json")).value().values();
        QCOMPARE(values.backbone, models("demo.safetensors"));
        values = RecipeEdit::read(models("paper-recipe.json")).value().values();
        QVERIFY(!values.countsSteps && values.epochs == 40);
        writeText(path("plain.json"), R"({"method": "partial-3", "modules": {"adapters": true}})");
        values = RecipeEdit::read(path("plain.json")).value().values();
        QVERIFY(values.method == QLatin1String("partial-3") && values.adapters && !values.prefixes);
        QVERIFY(values.name == QLatin1String("model") && values.epochs == 40 && values.rate == 1e-4);
    }

    void changesLeaveTheRestAsItWas() {
        const QByteArray before = R"({"seed": 7, "name": "x", "adapt": {"flips": 0.25, "batch": 3}})";
        writeText(path("own.json"), before);
        RecipeEdit edit = RecipeEdit::read(path("own.json")).value();
        edit.apply(edit.values());
        QVERIFY(!edit.changed());
        RecipeValues values = edit.values();
        values.countsSteps = true;
        values.steps = 12;
        values.method = QStringLiteral("freezing");
        values.adapters = values.prefixes = values.aggregation = values.crossFrame = false;
        edit.apply(values);
        QVERIFY(edit.changed());
        QCOMPARE(edit.values(), values);
        QVERIFY(edit.save(path("saved.json")));
        const auto saved = nlohmann::ordered_json::parse(contentsOf(path("saved.json")).toStdString());
        QCOMPARE(saved.dump(), std::string(R"({"seed":7,"name":"x","adapt":{"flips":0.25,"batch":3,"steps":12},)"
                                           R"("method":"freezing"})"));
        QCOMPARE(contentsOf(path("own.json")), before);
        // Back to the standard: written, because it was there.
        values.countsSteps = false;
        edit.apply(values);
        QCOMPARE(edit.values().countsSteps, false);
        QVERIFY(!edit.problem());
    }

    void savedRecipesFindTheirBackbone() {
        const RecipeEdit edit = RecipeEdit::read(models("quick-recipe.json")).value();
        QVERIFY(edit.save(path("quick.json")));
        const auto recipe = training::readRecipe(path("quick.json").toStdString());
        QCOMPARE(QString::fromStdString(recipe->backbone.string()), models("demo.safetensors"));
    }

    void modelsToTrainOnAreChosenInsteadOfBackbones() {
        RecipeEdit edit = RecipeEdit::read(models("quick-recipe.json")).value();
        RecipeValues values = edit.values();
        QVERIFY(values.start.isEmpty());
        values.backbone.clear();
        values.start = path("own.safetensors");
        edit.apply(values);
        QCOMPARE(edit.values(), values);
        QVERIFY(!edit.problem());
        QVERIFY(edit.save(path("further-own.json")));
        const auto saved = training::readRecipe(path("further-own.json").toStdString());
        QVERIFY(saved->backbone.empty());
        QCOMPARE(QString::fromStdString(saved->start.string()), path("own.safetensors"));
        // Beside the recipe, and saved elsewhere.
        writeText(path("beside.json"), R"({"start": "own.safetensors", "adapt": {"steps": 3}})");
        QVERIFY(QDir().mkpath(path("elsewhere")));
        const QString elsewhere = path("elsewhere/copy.json");
        QVERIFY(RecipeEdit::read(path("beside.json")).value().save(elsewhere));
        QCOMPARE(QString::fromStdString(training::readRecipe(elsewhere.toStdString())->start.string()),
                 path("own.safetensors"));
    }

    void wrongRecipesSayWhat() {
        QCOMPARE(RecipeEdit::read(path("none.json")).error().code, ErrorCode::NotFound);
        writeText(path("broken.json"), "{\"seed\": ");
        QCOMPARE(RecipeEdit::read(path("broken.json")).error().code, ErrorCode::Unreadable);
        writeText(path("list.json"), "[1]");
        QCOMPARE(RecipeEdit::read(path("list.json")).error().code, ErrorCode::Unreadable);
        writeText(path("typo.json"), R"({"adapt": {"epoch": 3}, "model": 7, "seed": "x", "modules": {"adapters": 3}})");
        RecipeEdit typo = RecipeEdit::read(path("typo.json")).value();
        QVERIFY(typo.problem().has_value());
        QCOMPARE(typo.values().seed, 0);
        RecipeValues values = typo.values();
        values.rate = 0.5;
        typo.apply(values); // must not crash on sections that are none
        writeText(path("key.json"), R"({"adapt": {"epoch": 3}})");
        const auto problem = RecipeEdit::read(path("key.json")).value().problem();
        QVERIFY(problem->message.find("did you mean \"epochs\"") != std::string::npos);
        const RecipeEdit tooBig = edited(models("demo-recipe.json"), [](RecipeValues& v) { v.rate = 99.0; });
        QVERIFY(tooBig.problem()->message.find("adapt.rate.rate") != std::string::npos);
    }

    void dataAndRecipeHaveToAgree() {
        const auto conflicts = [this](const char* name, bool drawn, const std::function<void(RecipeValues&)>& change) {
            return conflictsOf(edited(models(name), change).recipe().value(), drawn);
        };
        const auto asItIs = [](RecipeValues&) {};
        using List = std::vector<RecipeConflict>;
        QVERIFY(conflicts("quick-recipe.json", true, asItIs) == List{});
        QVERIFY(conflicts("demo-recipe.json", true, asItIs) == List{});
        QVERIFY(conflicts("demo-recipe.json", false, asItIs) == List{RecipeConflict::StillsOfDataSet});
        QVERIFY(conflicts("paper-recipe.json", true, asItIs) == List{RecipeConflict::EndlessEpochs});
        QVERIFY(conflicts("paper-recipe.json", false, asItIs) == List{});
        QVERIFY(conflicts("paper-recipe.json", false, [](RecipeValues& v) {
                    v.backbone = QStringLiteral("/nowhere/clip.safetensors");
                }) == List{RecipeConflict::MissingBackbone});
        writeText(path("further.json"), R"({"start": "none.safetensors", "adapt": {"steps": 3}})");
        const auto further = RecipeEdit::read(path("further.json")).value().recipe().value();
        QCOMPARE(QString::fromStdString(further.start.string()), path("none.safetensors"));
        QVERIFY(conflictsOf(further, true) == List{RecipeConflict::MissingStart});
        QVERIFY(!startsFromNothing(further));
        QVERIFY(startsFromNothing(edited(models("paper-recipe.json"), asItIs).recipe().value()));
        QVERIFY(!startsFromNothing(edited(models("demo-recipe.json"), asItIs).recipe().value()));
        writeText(path("small.json"),
                  R"({"model": {"width": 64, "patch": 16, "resolution": 64}, "adapt": {"steps": 3}})");
        QVERIFY(conflictsOf(RecipeEdit::read(path("small.json")).value().recipe().value(), true) ==
                List{RecipeConflict::PicturesTooSmall});
    }

    void recipesOfTheProgramAreListed() {
        const QStringList found = bundledRecipes(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models"));
        QCOMPARE(found.size(), 3);
        QVERIFY(found[0].endsWith(QLatin1String("/quick-recipe.json")));
        for (const QString& recipe : found) {
            const QString name = recipe.section(QLatin1Char('/'), -1);
            QVERIFY(!TrainingTexts::recipeTitle(name).isEmpty() && !TrainingTexts::recipeAbout(name).isEmpty());
        }
    }

private:
    QString path(const char* name) const { return folder_.filePath(QLatin1String(name)); }
    static QString models(const char* name) {
        return QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/") + QLatin1String(name);
    }

    Language language_;
    QTemporaryDir folder_;
};

QTEST_MAIN(TestRecipeEdit)
#include "tst_recipe_edit.moc"
