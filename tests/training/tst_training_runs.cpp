#include "model/model_layout.h"
#include "square_source.h"
#include "tensorfile/safetensors.h"
#include "training/step_timer.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

namespace {

nlohmann::json smallRecipe() {
    auto json = nlohmann::json::parse(tinyRecipe);
    json["pretrain"]["steps"] = 0;
    json["head"]["clips"] = 0;
    json["adapt"] = {{"epochs", 2}, {"batch", 2}, {"weight_decay", 0}, {"rate", {{"rate", 3e-3}}}};
    return json;
}

TrainOutcome finished(const nlohmann::json& json, const SampleSource& source, const QString& folder) {
    const auto recipe = parseRecipe(json.dump(), "here");
    if (!recipe) {
        qFatal("%s", recipe.error().message.c_str());
    }
    const auto outcome = train(*recipe, source, optionsFor(folder));
    if (!outcome) {
        qFatal("%s", outcome.error().message.c_str());
    }
    return *outcome;
}

tensorfile::SafetensorsReader modelIn(const QString& folder) {
    return tensorfile::SafetensorsReader::open(folder.toStdString() + "/model.safetensors").value();
}

/// Another data set: where it lies, or what its signs are called.
class OtherSource final : public SquareSource {
public:
    OtherSource(std::string identity, std::vector<std::string> glosses)
        : SquareSource(9), identity_(std::move(identity)), glosses_(std::move(glosses)) {}
    std::string identity() const override { return identity_; }
    const std::vector<std::string>& glosses() const override { return glosses_; }

private:
    std::string identity_;
    std::vector<std::string> glosses_;
};

/// What a run tells, line by line.
std::string toldBy(const Recipe& recipe, const SampleSource& source, const QString& folder, int polls) {
    TrainOptions options = optionsFor(folder);
    std::string told;
    options.report = [&](const std::string& line) { told += line + "\n"; };
    int polled = 0;
    options.stopRequested = [&] { return ++polled > polls; };
    const auto outcome = train(recipe, source, options);
    return outcome ? told : "failed: " + outcome.error().message;
}

/// One clip has more signs than CTC can place in its frames.
class ImpossibleClip final : public SquareSource {
public:
    ImpossibleClip() : SquareSource(9) {}
    TrainingClip clip(const ClipQuery& query) const override {
        TrainingClip clip = SquareSource::clip(query);
        if (query.part == SamplePart::Train && query.number == 4) {
            clip.labels.assign(60, 1);
        }
        return clip;
    }
};

/// No clip has room for its signs.
class ImpossibleSource final : public SquareSource {
public:
    ImpossibleSource() : SquareSource(4) {}
    TrainingClip clip(const ClipQuery& query) const override {
        TrainingClip clip = SquareSource::clip(query);
        clip.labels.assign(60, 1);
        return clip;
    }
};

/// Figures that the log holds of a stage's steps.
std::map<int, double> logged(const QString& folder, const std::string& stage, const char* figure) {
    std::map<int, double> values;
    std::ifstream file(folder.toStdString() + "/log.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        if (json["stage"] == stage && json.contains(figure)) {
            values[json["step"]] = json[figure];
        }
    }
    return values;
}

/// Trains in runs that are stopped at the poll after the `polls`-th; returns how many that took.
int trainInPieces(const Recipe& recipe, const SampleSource& source, const QString& folder, int polls) {
    int runs = 0;
    for (bool done = false; !done && runs < 200; ++runs) {
        TrainOptions options = optionsFor(folder);
        options.threads = 1 + runs % 2;
        options.loaders = 1 + runs % 3;
        int polled = 0;
        options.stopRequested = [&] { return ++polled > polls; };
        const auto part = train(recipe, source, options);
        if (!part) {
            qFatal("%s", part.error().message.c_str());
        }
        done = part->finished;
        if (!done && !hasCheckpoint(folder.toStdString())) {
            qFatal("there is nothing to go on from");
        }
    }
    return runs;
}

} // namespace

class TestTrainingRuns : public QObject {
    Q_OBJECT

private slots:
    /// Epochs over a set with an end, averaged gradients and recomputed blocks: stopped at every step and resumed, with
    /// other numbers of threads, the losses are those of a run that was never stopped.
    void resumedEpochsEqualAnUninterruptedRun() {
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 8;
        json["adapt"]["accumulate"] = 2;
        json["adapt"]["cache_megabytes"] = 0;
        json["gradient_checkpointing"] = true;
        const SquareSource source(9);
        QTemporaryDir whole;
        const TrainOutcome outcome = finished(json, source, whole.path());
        QCOMPARE(outcome.steps, 16); // 9 clips are 2 steps of 2 x 2
        const auto expected = losses(whole.path());
        QVERIFY(expected.contains({"adapt", 15}));

        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QTemporaryDir pieces;
        const int runs = trainInPieces(recipe, source, pieces.path(), 1);
        QVERIFY(runs >= 16 && runs < 40);
        const auto actual = losses(pieces.path());
        for (const auto& [key, value] : expected) {
            QVERIFY(actual.contains(key));
            QVERIFY2(std::abs(actual.at(key) - value) <= 1e-6 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(actual.at(key)).arg(value)));
        }
        const auto first = modelIn(whole.path());
        const auto second = modelIn(pieces.path());
        QVERIFY(first.tensors().size() > 50);
        for (const auto& info : first.tensors()) {
            QVERIFY2(first.readFloats(info.name).value() == second.readFloats(info.name).value(), info.name.c_str());
        }
    }

    /// Stopped while features are computed and while the head is trained, nothing is done again that was done.
    void resumedHeadStageEqualsAnUninterruptedRun() {
        auto json = smallRecipe();
        json["head"] = {{"clips", 9}, {"steps", 61}, {"batch", 2}, {"rate", {{"rate", 3e-3}}}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        const SquareSource source(9);
        QTemporaryDir whole;
        finished(json, source, whole.path());
        QTemporaryDir pieces;
        const int runs = trainInPieces(recipe, source, pieces.path(), 4);
        QVERIFY2(runs >= 16 && runs < 40, qPrintable(QString::number(runs)));
        for (const char* stage : {"head", "adapt"}) {
            const auto expected = logged(whole.path(), stage, "gradient_norm");
            const auto actual = logged(pieces.path(), stage, "gradient_norm");
            QVERIFY(expected.size() >= 2);
            for (const auto& [step, value] : expected) {
                QVERIFY(actual.contains(step));
                QVERIFY2(std::abs(actual.at(step) - value) <= 1e-5 * value,
                         qPrintable(QString("%1 %2: %3, not %4").arg(stage).arg(step).arg(actual.at(step)).arg(value)));
            }
        }
        QVERIFY(!QFile::exists(pieces.filePath("head.safetensors")));
        QVERIFY(!QFile::exists(pieces.filePath("head-features.safetensors")));
    }

    /// Features are gone on from where recipe, data, glosses and encoder are those that they were made with.
    void keptFeaturesBelongToWhatTheyWereMadeFrom() {
        auto json = smallRecipe();
        QTemporaryDir backbones;
        for (const int seed : {1, 2}) {
            json["seed"] = seed;
            finished(json, SquareSource(4), backbones.path());
            QVERIFY(QFile::rename(backbones.filePath("model.safetensors"), backbones.filePath(QString::number(seed))));
            QVERIFY(QFile::remove(backbones.filePath("adapt.safetensors")));
        }
        const QString backbone = backbones.filePath("backbone.safetensors");
        QVERIFY(QFile::copy(backbones.filePath("1"), backbone));
        json["backbone"] = backbone.toStdString();
        json["head"] = {{"clips", 9}, {"steps", 3}, {"batch", 2}, {"rate", {{"rate", 3e-3}}}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        const std::vector<std::string> glosses{"LEFT", "MIDDLE", "RIGHT"};
        const OtherSource source("/data", glosses);
        QTemporaryDir folder;
        const auto told = [&](const Recipe& with, const SampleSource& data) {
            return toldBy(with, data, folder.path(), 1); // one block of features, then it stops
        };
        const auto anew = [](const char* what) {
            return std::string("head: the kept features are of ") + what + " and are made anew\n";
        };
        QCOMPARE(told(recipe, source), std::string());
        QCOMPARE(told(recipe, source), std::string());
        const OtherSource moved("/other", glosses);
        QCOMPARE(told(recipe, moved), anew("other data"));
        QCOMPARE(told(recipe, moved), std::string());
        const OtherSource renamed("/other", {"LINKS", "MITTE", "RECHTS"});
        QCOMPARE(told(recipe, renamed), anew("other glosses"));
        QVERIFY(QFile::remove(backbone) && QFile::copy(backbones.filePath("2"), backbone));
        QCOMPARE(told(recipe, renamed), anew("another backbone"));
        json["adapt"]["flips"] = 0.1;
        QCOMPARE(told(parseRecipe(json.dump(), "here").value(), renamed), anew("another recipe"));
        QFile damaged(folder.filePath("head-features.safetensors"));
        QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write("nothing") == 7);
        damaged.close();
        const std::string message = told(recipe, source);
        QVERIFY2(message.starts_with("head: the kept features are made anew: "), message.c_str());
    }

    void stoppedRunsTellTheirFigures() {
        QTemporaryDir folder;
        TrainOptions options = optionsFor(folder.path());
        int polled = 0;
        options.stopRequested = [&] { return ++polled > 6; };
        const auto outcome = train(parseRecipe(smallRecipe().dump(), "here").value(), ImpossibleClip(), options);
        QVERIFY(outcome && !outcome->finished);
        QCOMPARE(outcome->steps, 6); // 4 are an epoch
        QVERIFY(outcome->bestWer >= 0.0);
        QVERIFY(outcome->stepSeconds > 0.0);
        QCOMPARE(outcome->skipped, static_cast<std::int64_t>(logged(folder.path(), "adapt-skipped", "skipped").size()));
    }

    /// A run is told to have begun once it is certain that it does, and before anything is done.
    void runsBeginOnceTheyWereAccepted() {
        auto json = smallRecipe();
        json["head"] = {{"clips", 4}, {"steps", 3}, {"batch", 2}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QTemporaryDir folder;
        TrainOptions options = optionsFor(folder.path());
        int begun = 0;
        bool before = true;
        options.begun = [&]() -> Result<void> {
            ++begun;
            before =
                before && !hasCheckpoint(folder.path().toStdString()) && !QFile::exists(folder.filePath("log.jsonl"));
            return {};
        };
        QVERIFY(train(recipe, SquareSource(4), options));
        QVERIFY(before);
        QCOMPARE(begun, 1);
        QVERIFY(train(recipe, SquareSource(4), options)); // a checkpoint to go on from
        QCOMPARE(begun, 2);
        const OtherSource renamed({}, {"LINKS", "MITTE", "RECHTS"});
        QVERIFY(!train(recipe, renamed, options));
        json["adapt"]["rate"]["drop_at_epochs"] = {1};
        json["adapt"]["steps"] = 9;
        json["pretrain"]["steps"] = 3; // what would fail after it is found before
        QTemporaryDir fresh;
        options.workFolder = fresh.path().toStdString();
        const auto endless = train(parseRecipe(json.dump(), "here").value(), SquareSource(), options);
        QVERIFY(!endless && endless.error().message.find("drop_at_epochs") != std::string::npos);
        QVERIFY(!QFile::exists(fresh.filePath("log.jsonl")) && !QFile::exists(fresh.filePath("pretrain.safetensors")));
        QCOMPARE(begun, 2);
        options.begun = [] { return failure(ErrorCode::WriteFailed, "the disk is full"); };
        const auto full = train(recipe, SquareSource(4), options);
        QVERIFY(!full && full.error().message == "the disk is full");
        QVERIFY(!QFile::exists(fresh.filePath("log.jsonl")));
    }

    /// Single steps are those of training, and leave nothing behind.
    void singleStepsCanBeTimed() {
        const auto json = smallRecipe();
        const SquareSource source(9);
        auto timer = StepTimer::make(parseRecipe(json.dump(), "here").value(), source, 2);
        QVERIFY(timer);
        QElapsedTimer clock;
        clock.start();
        double sum = 0.0;
        for (int step = 0; step < 3; ++step) {
            const auto seconds = timer->step();
            QVERIFY(seconds && *seconds > 0.0);
            sum += *seconds;
        }
        QVERIFY(sum <= 1e-9 * static_cast<double>(clock.nsecsElapsed()));
        auto wrong = json;
        wrong["backbone"] = "/nowhere.safetensors";
        QVERIFY(!StepTimer::make(parseRecipe(wrong.dump(), "here").value(), source, 2));
    }

    /// The same clip in both batches of a step has about the gradient of one batch; a sum would have twice that.
    void accumulatedGradientsAreMeans() {
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 1;
        json["adapt"]["batch"] = 1;
        json["adapt"]["flips"] = 0;
        json["adapt"]["tone_jitter"] = 0;
        json["adapt"]["min_frames"] = 40;
        json["adapt"]["max_frames"] = 40;
        json["model"]["resize"] = 32;
        double norms[2] = {};
        for (const int accumulate : {1, 2}) {
            json["adapt"]["accumulate"] = accumulate;
            QTemporaryDir folder;
            finished(json, SquareSource(1), folder.path());
            norms[accumulate - 1] = logged(folder.path(), "adapt", "gradient_norm").at(0);
        }
        QVERIFY2(norms[1] > 0.5 * norms[0] && norms[1] < 1.5 * norms[0],
                 qPrintable(QString("%1 and %2").arg(norms[0]).arg(norms[1])));
    }

    void everyEpochUsesEveryClip() {
        class Counting final : public SquareSource {
        public:
            Counting() : SquareSource(9) {}
            TrainingClip clip(const ClipQuery& query) const override {
                if (query.part == SamplePart::Train) {
                    ++uses[static_cast<std::size_t>(query.number.value())];
                }
                return SquareSource::clip(query);
            }
            mutable std::array<std::atomic<int>, 9> uses{};
        };
        auto json = smallRecipe();
        json["adapt"]["batch"] = 3;
        json["adapt"]["cache_megabytes"] = 0; // so that each use is a call
        const Counting source;
        QTemporaryDir folder;
        finished(json, source, folder.path());
        for (const auto& uses : source.uses) {
            QCOMPARE(uses.load(), 2);
        }
    }

    void batchesWithoutAFiniteLossAreSkipped() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        json["adapt"]["batch"] = 3;
        const TrainOutcome outcome = finished(json, ImpossibleClip(), folder.path());
        QCOMPARE(outcome.skipped, 2); // once in each epoch
        const auto model = modelIn(folder.path());
        for (const auto& info : model.tensors()) {
            const std::vector<float> values = model.readFloats(info.name).value();
            QVERIFY2(std::ranges::all_of(values, [](float v) { return std::isfinite(v); }), info.name.c_str());
        }
    }

    void skippedBatchesLeaveTheOptimiserAlone() {
        QTemporaryDir folder;
        const TrainOutcome outcome = finished(smallRecipe(), ImpossibleSource(), folder.path());
        QVERIFY(outcome.steps > 0);
        QCOMPARE(outcome.skipped, outcome.steps);
        const auto reader =
            tensorfile::SafetensorsReader::open(folder.path().toStdString() + "/adapt.safetensors").value();
        QCOMPARE(reader.metadata().at("adam_steps"), std::string("0"));
        int compared = 0;
        for (const auto& info : reader.tensors()) {
            if (info.name.starts_with("adam.")) {
                const std::vector<float> values = reader.readFloats(info.name).value();
                for (const float value : values) {
                    QVERIFY2(value == 0.0F, qPrintable(QString("%1: %2").arg(info.name.c_str()).arg(value)));
                }
                ++compared;
            }
        }
        QVERIFY(compared > 20);
    }

    /// The paper's drops after epochs 20 and 30 are no drops after steps 20 and 30.
    void endlessSuppliesHaveNoDropsByEpoch() {
        auto json = smallRecipe();
        json["adapt"].erase("epochs");
        json["adapt"]["steps"] = 36;
        json["adapt"]["keep_clips"] = 4;
        json["adapt"]["dev_clips"] = 1;
        QTemporaryDir folder;
        finished(json, SquareSource(), folder.path());
        QCOMPARE(logged(folder.path(), "adapt", "rate").at(35), 3e-3);
        json["adapt"]["rate"]["drop_at_epochs"] = {1};
        QTemporaryDir refused;
        const auto outcome =
            train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(refused.path()));
        QVERIFY(!outcome);
        QVERIFY2(outcome.error().message.find("drop_at_epochs") != std::string::npos, outcome.error().message.c_str());
        json["adapt"]["clips"] = 8; // four steps are an epoch then
        QTemporaryDir folder2;
        finished(json, SquareSource(), folder2.path());
        QVERIFY(logged(folder2.path(), "adapt", "rate").at(5) < 1e-3);
    }

    void framesASecondFollowTheMaterial() {
        class Film final : public SquareSource {
        public:
            using SquareSource::SquareSource;
            double fps() const override { return 30.0; }
        };
        QTemporaryDir folder;
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 1;
        finished(json, Film(4), folder.path());
        QCOMPARE(modelIn(folder.path()).metadata().at("fps"), std::string("30"));
    }

    void endsEarlyWhereNothingGetsBetter() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 50;
        json["adapt"]["early_stop"] = 2;
        json["adapt"]["rate"] = {{"rate", 0.0}}; // only the batch norms' statistics move
        const TrainOutcome outcome = finished(json, SquareSource(9), folder.path());
        QVERIFY2(outcome.steps < 200, qPrintable(QString::number(outcome.steps)));
        QVERIFY(outcome.finished);
        QVERIFY(outcome.bestWer >= 0.0);
    }

    void methodsTrainWhatTheySay_data() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<bool>("firstBlock");
        QTest::addColumn<bool>("lastBlock");
        QTest::addColumn<bool>("patches");
        QTest::newRow("freezing") << "freezing" << false << false << false;
        QTest::newRow("partial-1") << "partial-1" << false << true << false;
        QTest::newRow("fine-tuning") << "fine-tuning" << true << true << true;
        QTest::newRow("adaptsign") << "adaptsign" << false << false << false;
    }
    void methodsTrainWhatTheySay() {
        QFETCH(QString, method);
        QFETCH(bool, firstBlock);
        QFETCH(bool, lastBlock);
        QFETCH(bool, patches);
        QTemporaryDir before;
        QTemporaryDir after;
        auto json = smallRecipe();
        json["model"]["layers"] = 2;
        json["method"] = method.toStdString();
        json["adapt"]["rate"] = {{"rate", 0.0}};
        finished(json, SquareSource(6), before.path());
        json["adapt"]["rate"] = {{"rate", 1e-3}};
        json["adapt"]["dev_every"] = 1000; // the last model is kept
        finished(json, SquareSource(6), after.path());
        const auto changed = [&](const std::string& name) {
            return modelIn(before.path()).readFloats(name).value() != modelIn(after.path()).readFloats(name).value();
        };
        const std::string visual = "conv2d.visual.";
        QCOMPARE(changed(visual + "transformer.resblocks.0.mlp.c_fc.weight"), firstBlock);
        QCOMPARE(changed(visual + "transformer.resblocks.1.attn.in_proj_weight"), lastBlock);
        QCOMPARE(changed(visual + "conv1.weight"), patches);
        QVERIFY(changed(visual + "proj"));
        QVERIFY(changed("conv1d.fc.weight"));
        const auto trained = modelIn(after.path());
        const auto config = model::readModelConfig(trained);
        QVERIFY(config);
        const bool adaptSign = method == "adaptsign";
        QCOMPARE(model::moduleList(*config).empty(), !adaptSign);
        for (const auto& info : trained.tensors()) {
            QVERIFY2(!model::inAbsentModule(*config, info.name), info.name.c_str());
        }
        QCOMPARE(trained.find(visual + "transformer.resblocks.0.S_Adapter.mlp.c_in.weight") != nullptr, adaptSign);
    }

    void sharedPrefixesStayTheSame() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        json["model"]["layers"] = 2;
        json["modules"] = {{"shared_prefixes", true}, {"adapter_ratio", 0.125}, {"direction", "past"}};
        finished(json, SquareSource(6), folder.path());
        const auto reader = modelIn(folder.path());
        const std::string blocks = "conv2d.visual.transformer.resblocks.";
        QVERIFY(reader.readFloats(blocks + "0.prefix_embedding_k").value() ==
                reader.readFloats(blocks + "1.prefix_embedding_k").value());
        QCOMPARE(reader.find(blocks + "1.S_Adapter.mlp.c_in.weight")->shape[0], 8);
        QCOMPARE(QString::fromStdString(reader.metadata().at("cross_frame_direction")), QStringLiteral("past"));
    }

    void endlessSuppliesNeedAnEndOrSteps() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        const auto refused = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().hint.find("adapt.clips") != std::string::npos, refused.error().message.c_str());
        json["adapt"]["clips"] = 4;
        json["adapt"]["dev_clips"] = 2;
        QCOMPARE(finished(json, SquareSource(), folder.path()).steps, 4);
    }

    void narrowTypesAreForGraphicsCards() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        for (const char* precision : {"bf16", "fp16"}) {
            json["precision"] = precision;
            const auto outcome =
                train(parseRecipe(json.dump(), "here").value(), SquareSource(6), optionsFor(folder.path()));
            if (outcome) {
                QSKIP("this machine has a graphics card");
            }
            QCOMPARE(outcome.error().code, ErrorCode::Unsupported);
            QVERIFY(outcome.error().message.find("graphics cards") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestTrainingRuns)
#include "tst_training_runs.moc"
