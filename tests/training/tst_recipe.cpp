#include "square_source.h"

#include <QFile>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

class TestRecipe : public QObject {
    Q_OBJECT

private slots:
    void recipesAreChecked_data() {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("named");
        QTest::newRow("unknown key") << "\"groups\""
                                     << "\"grups\""
                                     << "pretrain.grups\" is not a known key; did you mean \"groups\"?";
        QTest::newRow("wrong kind") << "\"seed\": 7"
                                    << "\"seed\": \"x\""
                                    << "seed\" has a value of the wrong kind";
        QTest::newRow("width") << "\"width\": 64"
                               << "\"width\": 65"
                               << "model.width";
        QTest::newRow("patch") << "\"patch\": 16"
                               << "\"patch\": 15"
                               << "model.resolution";
        QTest::newRow("width too large") << "\"width\": 64"
                                         << "\"width\": 640000"
                                         << "model.width\" is 640000, not between 64 and 8192";
        QTest::newRow("negative rate") << "\"rate\": 3e-3"
                                       << "\"rate\": -1"
                                       << "adapt.rate.rate";
        QTest::newRow("unknown section") << "\"head\""
                                         << "\"haed\""
                                         << "did you mean \"head\"?";
        QTest::newRow("method") << "\"seed\": 7"
                                << "\"method\": \"partial-0\""
                                << "\"method\" is \"partial-0\"";
        QTest::newRow("device") << "\"seed\": 7"
                                << "\"device\": \"gpu\""
                                << "\"device\" has to be auto, cpu, cuda, or torch:";
        QTest::newRow("colours") << "\"resize\": 36"
                                 << "\"normalisation\": \"imagenet\""
                                 << "\"model.normalisation\" is \"imagenet\"";
        QTest::newRow("too many blocks") << "\"seed\": 7"
                                         << "\"method\": \"partial-2\""
                                         << "more blocks than \"model.layers\"";
        QTest::newRow("even window") << "\"seed\": 7"
                                     << "\"modules\": {\"window\": 4}"
                                     << "\"modules.window\" has to be odd";
        QTest::newRow("direction") << "\"seed\": 7"
                                   << "\"modules\": {\"direction\": \"future\"}"
                                   << "not one of both, past";
        QTest::newRow("precision on the processor") << "\"seed\": 7"
                                                    << "\"precision\": \"bf16\", \"device\": \"cpu\""
                                                    << "f32";
        QTest::newRow("a number that wraps") << "\"groups\": 2"
                                             << "\"groups\": 4294967298"
                                             << "pretrain.groups\" has a value of the wrong kind or size, 4294967298";
        QTest::newRow("a broken number") << "\"groups\": 2"
                                         << "\"groups\": 2.9"
                                         << "pretrain.groups\" has a value of the wrong kind or size, 2.9";
        QTest::newRow("a truth for a number") << "\"groups\": 2"
                                              << "\"groups\": true"
                                              << "pretrain.groups\" has a value of the wrong kind";
        QTest::newRow("negative seed") << "\"seed\": 7"
                                       << "\"seed\": -1"
                                       << "seed\" has a value of the wrong kind";
        QTest::newRow("negative step in a list") << "\"rate\": 3e-3"
                                                 << "\"drop_at\": [5, -5]"
                                                 << "adapt.rate.drop_at\" holds -5";
        QTest::newRow("epochs of the head") << "\"rate\": 5e-3"
                                            << "\"drop_at_epochs\": [3]"
                                            << "the other stages count no epochs";
        QTest::newRow("twice") << "\"seed\": 7"
                               << "\"seed\": 7, \"seed\": 8"
                               << "\"seed\" is there twice";
        QTest::newRow("hardly any frames") << "\"width\": 64"
                                           << "\"fps\": 0.01, \"width\": 64"
                                           << "model.fps";
        QTest::newRow("no JSON") << "{"
                                 << "["
                                 << "here";
    }

    void recipesAreChecked() {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, named);
        QString text = tinyRecipe;
        text.replace(text.indexOf(from), from.size(), to);
        const auto recipe = parseRecipe(text.toStdString(), "here");
        QVERIFY(!recipe);
        QVERIFY2(recipe.error().message.find(named.toStdString()) != std::string::npos, recipe.error().message.c_str());
    }

    void bundledRecipesAreValid() {
        const std::filesystem::path folder = std::filesystem::path(LIVEGLOSS_SOURCE_DIR) / "models";
        for (const char* name : {"demo-recipe.json", "quick-recipe.json", "paper-recipe.json"}) {
            const auto recipe = readRecipe(folder / name);
            QVERIFY2(recipe.has_value(), recipe ? "" : recipe.error().message.c_str());
            QVERIFY(recipe->model.gridSide() >= 12);
            QVERIFY(recipe->backbone.empty() || std::filesystem::exists(recipe->backbone));
        }
        // What the miniature of the paper's tables begins with.
        for (const char* name : {"paper-tower.json", "paper-start.json"}) {
            const auto recipe = readRecipe(folder / name);
            QVERIFY2(recipe.has_value(), recipe ? "" : recipe.error().message.c_str());
        }
        // A path counts from the recipe that names it.
        QTemporaryDir elsewhere;
        const std::filesystem::path own = elsewhere.filePath("own.json").toStdString();
        std::ofstream(own) << R"({"start": "models/first.safetensors", "adapt": {"steps": 3}})";
        QCOMPARE(readRecipe(own)->start, own.parent_path() / "models/first.safetensors");
        // The paper's is what a recipe is that says nothing.
        const auto paper = readRecipe(folder / "paper-recipe.json");
        const auto standard = parseRecipe("{}", "here");
        QCOMPARE(paper->adapt.epochs, standard->adapt.epochs);
        QCOMPARE(paper->adapt.batch, standard->adapt.batch);
        QCOMPARE(paper->adapt.weightDecay, standard->adapt.weightDecay);
        QCOMPARE(paper->adapt.rate.dropAtEpochs, standard->adapt.rate.dropAtEpochs);
        QCOMPARE(paper->adapt.rate.rate, standard->adapt.rate.rate);
        QCOMPARE(paper->model.window, standard->model.window);
        QCOMPARE(paper->model.prefix, standard->model.prefix);
    }

    void ratesFollowTheSchedule() {
        RateSchedule steps;
        steps.shape = RateSchedule::Shape::Steps;
        steps.rate = 1.0;
        steps.dropAt = {20, 30};
        QCOMPARE(rateAt(steps, 19, 40), 1.0);
        QCOMPARE(rateAt(steps, 20, 40), 0.2);
        QVERIFY(std::abs(rateAt(steps, 39, 40) - 0.04) < 1e-12);
        RateSchedule cosine;
        cosine.rate = 2.0;
        cosine.warmupSteps = 4;
        cosine.finalFraction = 0.1;
        QCOMPARE(rateAt(cosine, 0, 104), 0.5);
        QCOMPARE(rateAt(cosine, 4, 104), 2.0);
        QVERIFY(std::abs(rateAt(cosine, 104, 104) - 0.2) < 1e-9);
    }

    /// What a recipe does not say is as in the paper.
    void defaultsAreThePapers() {
        const Recipe recipe = parseRecipe("{}", "here").value();
        QCOMPARE(recipe.model.width, 768);
        QCOMPARE(recipe.model.patch, 16);
        QCOMPARE(recipe.model.resize, 256);
        QCOMPARE(recipe.model.prefix, 8);
        QCOMPARE(recipe.model.window, 5);
        QCOMPARE(adapterWidth(recipe, recipe.model.width), 192);
        QCOMPARE(recipe.adapt.epochs, 40);
        QCOMPARE(recipe.adapt.batch, 2);
        QCOMPARE(recipe.adapt.weightDecay, 1e-3);
        const RateSchedule rate = inSteps(recipe.adapt.rate, 100);
        QCOMPARE(rateAt(rate, 1999, 4000), 1e-4);
        QVERIFY(std::abs(rateAt(rate, 2000, 4000) - 2e-5) < 1e-12);
        QVERIFY(std::abs(rateAt(rate, 3000, 4000) - 4e-6) < 1e-12);
    }

    void methodsSwitchModules() {
        const Recipe plain = parseRecipe(R"({"method": "partial-2"})", "here").value();
        QCOMPARE(plain.method.blocks, 2);
        QCOMPARE(QString::fromStdString(model::moduleList(plain.model)), QString());
        const Recipe mixed =
            parseRecipe(R"({"method": "freezing", "modules": {"adapters": true, "prefixes": true}})", "here").value();
        QCOMPARE(QString::fromStdString(model::moduleList(mixed.model)), QStringLiteral("adapters prefixes"));
        const Recipe without = parseRecipe(R"({"modules": {"cross_frame": false}})", "here").value();
        QCOMPARE(QString::fromStdString(model::moduleList(without.model)),
                 QStringLiteral("adapters prefixes aggregation"));
    }

    /// docs/training.md has every key with its default, and no other.
    void everyKeyIsDocumented() {
        QFile file(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/docs/training.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        QStringList wanted;
        for (const RecipeKey& key : recipeKeys()) {
            const QString standard = QString::fromStdString(key.standard);
            wanted += QStringLiteral("| `%1` | `%2` |").arg(QString::fromStdString(key.path), standard);
            QVERIFY2(text.contains(wanted.back()), qPrintable(wanted.back()));
        }
        static const QRegularExpression row(QStringLiteral("^\\| `[a-z_.]+` \\| `"),
                                            QRegularExpression::MultilineOption);
        QCOMPARE(text.count(row), wanted.size());
    }
};

QTEST_GUILESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
