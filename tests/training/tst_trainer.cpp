#include "random_model.h"
#include "tensorfile/safetensors.h"
#include "training/recipe.h"
#include "training/trainer.h"

#include <QtTest>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

using namespace livegloss;
using namespace livegloss::training;

namespace {

/// Signs are coloured squares that stay a while in one of three places.
class SquareSource final : public SampleSource {
public:
    const std::vector<std::string>& glosses() const override { return glosses_; }
    const std::vector<std::vector<std::string>>& captionSlots() const override { return slots_; }

    TrainingClip clip(const ClipQuery& query) const override {
        std::mt19937_64 random(query.seed);
        TrainingClip clip;
        clip.size = query.size;
        const int signs = 1 + static_cast<int>(random() % 2);
        for (int sign = 0; sign < signs; ++sign) {
            int label = 1 + static_cast<int>(random() % 3);
            while (!clip.labels.empty() && clip.labels.back() == label) {
                label = 1 + static_cast<int>(random() % 3);
            }
            clip.labels.push_back(label);
            for (int frame = 0; frame < 20; ++frame) {
                draw(clip.rgb, query.size, label - 1, label - 1);
                ++clip.frames;
            }
        }
        return clip;
    }

    std::vector<TrainingStill> stillGroup(std::uint64_t seed, SamplePart, int size, int count) const override {
        std::mt19937_64 random(seed);
        const int place = static_cast<int>(random() % 3);
        std::vector<TrainingStill> stills;
        for (int index = 0; index < count; ++index) {
            TrainingStill still;
            still.size = size;
            still.words = {place, index % 3};
            draw(still.rgb, size, place, index % 3);
            stills.push_back(std::move(still));
        }
        return stills;
    }

private:
    static void draw(std::vector<std::uint8_t>& rgb, int size, int place, int colour) {
        const auto start = rgb.size();
        rgb.resize(start + static_cast<std::size_t>(size * size * 3), 60);
        for (int y = size / 3; y < size * 2 / 3; ++y) {
            for (int x = place * size / 3; x < (place + 1) * size / 3; ++x) {
                rgb[start + static_cast<std::size_t>((y * size + x) * 3 + colour)] = 240;
            }
        }
    }
    std::vector<std::string> glosses_{"LEFT", "MIDDLE", "RIGHT"};
    std::vector<std::vector<std::string>> slots_{{"left", "middle", "right"}, {"red", "green", "blue"}};
};

const char* const tinyRecipe = R"({
  "name": "tiny", "licence": "Apache-2.0", "seed": 7,
  "model": {"width": 64, "layers": 1, "patch": 16, "resolution": 32, "resize": 36, "embed_dim": 24, "hidden": 24},
  "pretrain": {"steps": 30, "groups": 2, "group_size": 3, "keep_groups": 8, "report_every": 30,
               "rate": {"rate": 2e-3}},
  "head": {"clips": 6, "steps": 30, "batch": 4, "rate": {"rate": 5e-3}},
  "adapt": {"steps": 40, "batch": 2, "keep_clips": 8, "dev_every": 20, "dev_clips": 2, "weight_decay": 0,
            "distill_ramp_steps": 30, "rate": {"rate": 3e-3}}
})";

TrainOptions optionsFor(const QString& folder) {
    TrainOptions options;
    options.workFolder = folder.toStdString();
    return options;
}

/// Losses by stage and step; a step logged twice keeps the later line.
std::map<std::pair<std::string, int>, double> losses(const QString& folder) {
    std::map<std::pair<std::string, int>, double> values;
    std::ifstream file(folder.toStdString() + "/log.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        for (const char* key : {"words", "loss", "sequence_ctc"}) {
            if (json.contains(key)) {
                values[{json["stage"], json["step"]}] = json[key];
            }
        }
    }
    return values;
}

} // namespace

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

    void recipesAreChecked_data() {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("named");
        QTest::newRow("unknown key") << "\"groups\""
                                     << "\"grups\""
                                     << "recipe.pretrain.grups";
        QTest::newRow("wrong kind") << "\"seed\": 7"
                                    << "\"seed\": \"x\""
                                    << "recipe.seed";
        QTest::newRow("width") << "\"width\": 64"
                               << "\"width\": 65"
                               << "recipe.model.width";
        QTest::newRow("patch") << "\"patch\": 16"
                               << "\"patch\": 15"
                               << "recipe.model.resolution";
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

    void demoRecipeIsValid() {
        const auto recipe = readRecipe(std::filesystem::path(LIVEGLOSS_SOURCE_DIR) / "models" / "demo-recipe.json");
        QVERIFY2(recipe.has_value(), recipe ? "" : recipe.error().message.c_str());
        QVERIFY(recipe->model.gridSide() >= 12);
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
        QVERIFY(config->normalisation == model::clipNormalisation);

        json["model"]["width"] = 128;
        const auto refused = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.find("wants width 128") != std::string::npos, refused.error().message.c_str());
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
