#include "random_model.h"
#include "square_source.h"
#include "tensorfile/safetensors.h"
#include "training/recipe.h"
#include "training/step_timer.h"
#include "training/trainer.h"

#include <QtTest>
#include <nlohmann/json.hpp>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

class TestTrainer : public QObject {
    Q_OBJECT

private slots:
    void lossesFallAndResumeChangesNothing() {
        const Recipe recipe = parseRecipe(tinyRecipe, "here").value();
        const SquareSource source;
        QTemporaryDir whole;
        auto outcome = train(recipe, source, optionsFor(whole.path()));
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QVERIFY(outcome->finished);
        const auto expected = losses(whole.path());
        const auto first = expected.at({"pretrain", 0});
        QVERIFY2((expected.at({"pretrain", 20}) < 0.8 * first), qPrintable(QString::number(first)));
        QVERIFY((expected.at({"adapt", 35}) < 0.6 * expected.at({"head", 0})));
        QVERIFY(QFile::exists(whole.path() + "/model.safetensors"));

        // The same run, interrupted again and again; one compute thread instead of two.
        QTemporaryDir pieces;
        int resumed = 0;
        for (int attempt = 0; attempt < 20; ++attempt) {
            TrainOptions options = optionsFor(pieces.path());
            options.threads = 1;
            int polls = 0;
            options.stopRequested = [&] { return ++polls > 45; };
            options.report = [&](const std::string& line) {
                resumed += line.find("resumes at step") != std::string::npos ? 1 : 0;
            };
            const auto part = train(recipe, source, options);
            QVERIFY2(part.has_value(), part ? "" : part.error().message.c_str());
            if (part->finished) {
                break;
            }
        }
        QVERIFY(resumed >= 2);
        const auto actual = losses(pieces.path());
        for (const auto& [key, value] : expected) {
            QVERIFY2(actual.contains(key), key.first.c_str());
            QVERIFY2(std::abs(actual.at(key) - value) <= 1e-5 * std::abs(value), qPrintable(QString("%1 %2: %3, not %4")
                                                                                                .arg(key.first.c_str())
                                                                                                .arg(key.second)
                                                                                                .arg(actual.at(key))
                                                                                                .arg(value)));
        }
    }

    void importedBackboneStaysAsItIs() {
        QTemporaryDir folder;
        test::RandomModel random(test::announcedSeed());
        random.config.layers = 1;
        random.config.patch = 16;
        random.config.activation = model::Activation::Gelu;
        random.config.normalisation = model::clipNormalisation;
        const std::string backbone = folder.filePath("tower.safetensors").toStdString();
        QVERIFY(random.save(backbone).has_value());
        auto json = nlohmann::json::parse(tinyRecipe);
        json["pretrain"]["steps"] = 0;
        json["head"]["clips"] = 0;
        json["backbone"] = backbone;
        const auto outcome = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        const auto before = tensorfile::SafetensorsReader::open(backbone).value();
        const auto after =
            tensorfile::SafetensorsReader::open(folder.filePath("model.safetensors").toStdString()).value();
        for (const char* frozen : {"conv2d.visual.conv1.weight", "conv2d.visual.positional_embedding",
                                   "conv2d.visual.transformer.resblocks.0.mlp.c_fc.weight"}) {
            QVERIFY2(before.readFloats(frozen).value() == after.readFloats(frozen).value(), frozen);
        }
        QVERIFY(before.readFloats("conv2d.visual.proj").value() != after.readFloats("conv2d.visual.proj").value());
        const auto config = model::readModelConfig(after);
        QVERIFY(config && config->activation == model::Activation::Gelu);
        QVERIFY(config->normalisation == model::plainNormalisation); // as the released code, not as the backbone

        const QTemporaryDir own;
        json["model"]["normalisation"] = "clip";
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(own.path())));
        const std::string trained = own.filePath("model.safetensors").toStdString();
        const auto stated = tensorfile::SafetensorsReader::open(trained).value();
        QVERIFY(model::readModelConfig(stated)->normalisation == model::clipNormalisation);
        // A run goes on with the colours that it began with.
        auto changed = json;
        changed["model"]["normalisation"] = "plain";
        const auto refusal = train(parseRecipe(changed.dump(), "here").value(), SquareSource(), optionsFor(own.path()));
        QVERIFY(!refusal);
        QVERIFY2(refusal.error().message.find("was trained with \"clip\" colours") != std::string::npos,
                 refusal.error().message.c_str());
        // Older checkpoints do not say them: they had those of the backbone's file.
        QFile checkpoint(own.filePath("adapt.safetensors"));
        QVERIFY(checkpoint.open(QIODevice::ReadWrite));
        const QByteArray whole = checkpoint.readAll();
        const qsizetype key = whole.indexOf("\"colours\"");
        QVERIFY(key > 0);
        QVERIFY(checkpoint.seek(key) && checkpoint.write("\"colourz\"") == 9);
        checkpoint.close();
        QVERIFY(!train(parseRecipe(changed.dump(), "here").value(), SquareSource(), optionsFor(own.path())));
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(own.path())));
        // A trained model keeps its colours, and no recipe takes them away.
        auto further = json;
        further.erase("backbone");
        further["start"] = trained;
        further["model"] = {{"normalisation", "plain"}};
        const QTemporaryDir next;
        const auto other = train(parseRecipe(further.dump(), "here").value(), SquareSource(), optionsFor(next.path()));
        QVERIFY(!other && other.error().message.find("model.normalisation") != std::string::npos);
        further.erase("model");
        QVERIFY(train(parseRecipe(further.dump(), "here").value(), SquareSource(), optionsFor(next.path())));
        const auto onwards =
            tensorfile::SafetensorsReader::open(next.filePath("model.safetensors").toStdString()).value();
        QVERIFY(model::readModelConfig(onwards)->normalisation == model::clipNormalisation);

        json["model"].erase("normalisation");
        json["model"]["width"] = 128;
        const auto refused = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.find("wants width 128") != std::string::npos, refused.error().message.c_str());
    }

    /// Of a whole model its temporal head comes along, and its sizes; training goes on where it ended.
    void goesOnFromAModel() {
        QTemporaryDir folder;
        test::RandomModel random(test::announcedSeed());
        random.config.layers = 1;
        random.config.patch = 16;
        random.config.prefix = 8; // its adapters are a quarter of its width, as the recipe's
        random.config.convType = 1;
        random.config.fps = 12.5;
        random.config.vocabulary = {"", "PLACE-C", "PLACE-A", "OTHER", "PLACE-B", "MORE"};
        const SquareSource source;
        for (std::size_t gloss = 0; gloss < 3; ++gloss) {
            random.config.vocabulary.at(gloss == 0 ? 2 : gloss == 1 ? 4 : 1) = source.glosses().at(gloss);
        }
        const std::string start = folder.filePath("start.safetensors").toStdString();
        QVERIFY(random.save(start).has_value());
        auto json = nlohmann::json::parse(tinyRecipe);
        json["pretrain"]["steps"] = 0;
        json["head"]["clips"] = 0;
        json.erase("model");
        json["start"] = start;
        json["adapt"]["steps"] = 1;
        json["adapt"]["rate"] = {{"shape", "cosine"}, {"rate", 1e-9}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QFile earlier(folder.filePath("pretrain.safetensors")); // of another run, and not to be read
        QVERIFY(earlier.open(QIODevice::WriteOnly) && earlier.write("no checkpoint") > 0);
        earlier.close();
        const auto outcome = train(recipe, source, optionsFor(folder.path()));
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        const auto before = tensorfile::SafetensorsReader::open(start).value();
        const auto config =
            model::readModelConfig(
                tensorfile::SafetensorsReader::open(folder.filePath("model.safetensors").toStdString()).value())
                .value();
        // What the step left, whether or not it was better on dev than what it began with.
        const auto after = [](const QTemporaryDir& run, const std::string& name) {
            const auto checkpoint = run.filePath("adapt.safetensors").toStdString();
            return tensorfile::SafetensorsReader::open(checkpoint).value().readFloats("model." + name).value();
        };
        QVERIFY(config.convType == 1 && config.hidden == random.config.hidden && config.fps == 12.5);
        for (const char* name : {"conv2d.visual.conv1.weight", "conv2d.visual.proj", "temporal_model.rnn.weight_ih_l0",
                                 "conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_in.weight"}) {
            const auto first = before.readFloats(name).value();
            const auto then = after(folder, name);
            double furthest = 0.0;
            for (std::size_t index = 0; index < first.size(); ++index) {
                furthest = std::max<double>(furthest, std::abs(first[index] - then[index]));
            }
            QVERIFY2(furthest < 1e-6, name);
        }

        // One step moves the running statistics by the share that the recipe gives it.
        const char* mean = "conv1d.temporal_conv.1.running_mean";
        const double before0 = before.readFloats(mean).value().at(0);
        const double moved = after(folder, mean).at(0) - before0;
        json["adapt"]["norm_momentum"] = 0.01;
        QTemporaryDir slower;
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), source, optionsFor(slower.path())));
        const double movedLess = after(slower, mean).at(0) - before0;
        QVERIFY2(std::abs(movedLess - 0.1 * moved) < 1e-3 * std::abs(moved) && moved != 0.0,
                 qPrintable(QStringLiteral("%1 and %2").arg(moved).arg(movedLess)));

        // A model without aggregation gives its whole feature, not half of it.
        random.config.aggregation = false;
        QVERIFY(random.save(start).has_value());
        QTemporaryDir whole;
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), source, optionsFor(whole.path())));
        const auto shares = after(whole, "conv2d.visual.ada_weight");
        QVERIFY(std::abs(shares.at(0) - 1.0F) < 1e-6 && std::abs(shares.at(1)) < 1e-6);

        json["method"] = "partial-2";
        const auto tooMany = train(parseRecipe(json.dump(), "here").value(), source, optionsFor(folder.path()));
        QVERIFY(!tooMany);
        QVERIFY2(tooMany.error().message.find("the model has 1") != std::string::npos, tooMany.error().message.c_str());
        json["model"]["hidden"] = 128;
        const auto refused = train(parseRecipe(json.dump(), "here").value(), source, optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.find("wants hidden 128") != std::string::npos,
                 refused.error().message.c_str());
        json["backbone"] = start;
        QVERIFY(!parseRecipe(json.dump(), "here"));
    }

    /// Prefixes that all blocks share, the card, the licence and the language are the model's unless the recipe says
    /// otherwise.
    void whatAModelIsGoesAlong() {
        auto json = nlohmann::json::parse(tinyRecipe);
        json["pretrain"]["steps"] = 0;
        json["head"]["clips"] = 0;
        json["model"]["layers"] = 2;
        json["modules"] = {{"shared_prefixes", true}};
        json["licence"] = "CC-BY-NC-4.0";
        json["sign_language"] = "gsg";
        json["card"] = "Knows squares.";
        json["adapt"]["steps"] = 2;
        QTemporaryDir first;
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(first.path())));
        const std::string start = first.filePath("model.safetensors").toStdString();
        for (const char* key : {"model", "modules", "licence", "sign_language", "card"}) {
            json.erase(key);
        }
        json["start"] = start;
        json["seed"] = 8;
        QTemporaryDir second;
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(second.path())));
        const auto file = second.filePath("model.safetensors").toStdString();
        const auto trained = tensorfile::SafetensorsReader::open(file).value();
        const auto config = model::readModelConfig(trained).value();
        QCOMPARE(config.licence, std::string("CC-BY-NC-4.0"));
        QCOMPARE(config.signLanguage, std::string("gsg"));
        QCOMPARE(config.card, std::string("Knows squares."));
        QCOMPARE(trained.metadata().at("shared_prefixes"), std::string("true"));
        int prefixes = 0;
        for (const auto& info : trained.tensors()) {
            if (const auto at = info.name.find("resblocks.0.");
                at != std::string::npos && info.name.find("prefix_embedding") != std::string::npos) {
                std::string other = info.name;
                other.replace(at, 12, "resblocks.1.");
                QCOMPARE(trained.readFloats(info.name).value(), trained.readFloats(other).value());
                ++prefixes;
            }
        }
        QCOMPARE(prefixes, 2);

        // The checkpoint holds all that a run needs: it goes on without the file as it was, and says so.
        json["adapt"]["steps"] = 4;
        QFile::remove(QString::fromStdString(start));
        QVERIFY(QFile::copy(QString::fromStdString(file), QString::fromStdString(start)));
        TrainOptions options = optionsFor(second.path());
        std::string told;
        options.report = [&](const std::string& line) { told += line + "\n"; };
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), SquareSource(), options));
        QVERIFY2(told.find("is another than when the run began") != std::string::npos, told.c_str());
        QVERIFY2(told.find("resumes at step 2 of 4") != std::string::npos, told.c_str());
    }

    /// The plan that comes along is whole: each cell finds its model, and its modules fit there.
    void thePlanOfTheMiniatureIsComplete() {
        const std::filesystem::path folder = std::filesystem::path(LIVEGLOSS_SOURCE_DIR) / "models";
        std::ifstream file(folder / "paper-miniature.json");
        const auto plan = nlohmann::json::parse(file);
        const auto start = folder / plan["base"]["start"].get<std::string>();
        QVERIFY(plan["cells"].size() == 11);
        for (const auto& [name, changes] : plan["cells"].items()) {
            auto json = plan["base"];
            json["start"] = start.string();
            json.merge_patch(changes);
            const auto timer = StepTimer::make(parseRecipe(json.dump(), name).value(), SquareSource(), 1);
            QVERIFY2(timer.has_value(), timer ? "" : (name + ": " + timer.error().message).c_str());
        }
    }

    /// Pre-training alone leaves a backbone that another recipe starts from.
    void pretrainedTowersAreBackbones() {
        QTemporaryDir folder;
        auto json = nlohmann::json::parse(tinyRecipe);
        TrainOptions options = optionsFor(folder.path());
        options.stage = Stage::Pretrain;
        const auto tower = train(parseRecipe(json.dump(), "here").value(), SquareSource(), options);
        QVERIFY2(tower.has_value() && tower->finished, tower ? "" : tower.error().message.c_str());
        const std::string file = folder.filePath("backbone.safetensors").toStdString();
        const auto written = tensorfile::SafetensorsReader::open(file).value();
        QVERIFY(model::isBackboneFile(model::shapeTable(written)));

        json["pretrain"]["steps"] = 100'000;
        options.stage = Stage::Adapt;
        const auto early = train(parseRecipe(json.dump(), "here").value(), SquareSource(), options);
        QVERIFY(!early);
        QVERIFY2(early.error().message.find("of the recipe's 100000 steps") != std::string::npos,
                 early.error().message.c_str());
        options.stage = Stage::Pretrain;

        QTemporaryDir other;
        json["pretrain"]["steps"] = 0;
        json["backbone"] = file;
        json.erase("model");
        json["model"] = {{"hidden", 32}};
        const auto outcome = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(other.path()));
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        const auto after =
            tensorfile::SafetensorsReader::open(other.filePath("model.safetensors").toStdString()).value();
        const char* frozen = "conv2d.visual.transformer.resblocks.0.mlp.c_fc.weight";
        QCOMPARE(after.readFloats(frozen).value(), written.readFloats(frozen).value());
        const int width = static_cast<int>(written.find(frozen)->shape.at(1));
        // A quarter of the tower's width, whatever a recipe's standard is.
        QCOMPARE(after.find("conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_in.weight")->shape.at(0), width / 4);

        const auto nothing = train(parseRecipe(json.dump(), "here").value(), SquareSource(), options);
        QVERIFY(!nothing);
        QVERIFY2(nothing.error().message.find("has no pre-training") != std::string::npos,
                 nothing.error().message.c_str());
    }

    void missingPretrainingIsNamed() {
        const Recipe recipe = parseRecipe(tinyRecipe, "here").value();
        QTemporaryDir folder;
        TrainOptions options = optionsFor(folder.path());
        options.stage = Stage::Adapt;
        const auto outcome = train(recipe, SquareSource(), options);
        QVERIFY(!outcome);
        QVERIFY(outcome.error().message.find("pretrain.safetensors") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
