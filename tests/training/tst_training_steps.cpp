#include "model/model_layout.h"
#include "run_fixture.h"
#include "training/step_timer.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

namespace {

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

/// Notes which clips are asked for.
class NotingSource final : public SquareSource {
public:
    NotingSource() : SquareSource(30) {}
    TrainingClip clip(const ClipQuery& query) const override {
        const std::scoped_lock lock(mutex);
        ++(query.part == SamplePart::Train ? train : dev)[query.number.value()];
        return SquareSource::clip(query);
    }
    mutable std::mutex mutex;
    mutable std::map<std::int64_t, int> train;
    mutable std::map<std::int64_t, int> dev;
};

} // namespace

/// What the steps of training do, and to which weights.
class TestTrainingSteps : public QObject {
    Q_OBJECT

private slots:
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

    /// Two clips one after the other have the gradient of both in one batch, where batch norm leaves them apart.
    void accumulatedGradientsAreMeans() {
        const double together = firstGradientNorm(2, 1, SquareSource(2));
        const double apart = firstGradientNorm(1, 2, SquareSource(2));
        QVERIFY2(std::abs(apart - together) < 0.05 * together,
                 qPrintable(QString("%1 and %2").arg(apart).arg(together)));
    }

    /// Where one of the two batches has no finite loss, the gradient is that of the other, not half of it.
    void theMeanIsOverTheBatchesThatCount() {
        const double one = firstGradientNorm(1, 1, SquareSource(1));
        const double used = firstGradientNorm(1, 2, ImpossibleClip(2, 1));
        QVERIFY2(used > 0.7 * one && used < 1.4 * one, qPrintable(QString("%1 and %2").arg(one).arg(used)));
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

    /// Lists are sorted by person and day: what is less than all of them is drawn from the whole list.
    void partsOfAListAreSamplesOfIt() {
        auto json = smallRecipe();
        json["adapt"]["steps"] = 2; // before any epoch ends
        json["adapt"]["dev_every"] = 1;
        json["adapt"]["dev_clips"] = 4;
        json["adapt"]["cache_megabytes"] = 0; // so that each use is a call
        json["head"] = {{"clips", 6}, {"steps", 1}, {"batch", 2}};
        const NotingSource source;
        QTemporaryDir folder;
        finished(json, source, folder.path());
        QCOMPARE(source.dev.size(), 4U);
        QVERIFY(source.dev.rbegin()->first > 4);
        for (const auto& [clip, uses] : source.dev) {
            QCOMPARE(uses, 3); // before the first step and after each
        }
        const NotingSource features;
        QTemporaryDir stopped;
        TrainOptions options = optionsFor(stopped.path());
        int polls = 0;
        options.stopRequested = [&] { return ++polls > 2; }; // features are made in blocks of four clips
        QVERIFY(train(parseRecipe(json.dump(), "here").value(), features, options));
        QCOMPARE(features.train.size(), 6U);
        QVERIFY(features.train.rbegin()->first > 10);
    }

    /// Clips of an epoch stay the same from the first to the last: lessons cannot follow one another.
    void lessonsNeedNewClips() {
        auto json = smallRecipe();
        json["adapt"]["clips"] = 6;
        json["adapt"]["curriculum"] = {{{"until", 0.5}, {"min_signs", 1}, {"max_signs", 2}},
                                       {{"until", 1.0}, {"min_signs", 2}, {"max_signs", 4}}};
        QTemporaryDir folder;
        const auto refused = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.find("adapt.curriculum") != std::string::npos,
                 refused.error().message.c_str());
        json["adapt"]["curriculum"].erase(0);
        json["adapt"]["epochs"] = 1;
        QVERIFY(finished(json, SquareSource(), folder.path()).finished);
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

    /// Of the batches that a step adds up, only the one without a finite loss is left out.
    void otherBatchesOfAStepCount() {
        auto json = smallRecipe();
        json["adapt"]["batch"] = 1;
        json["adapt"]["accumulate"] = 3;
        QTemporaryDir folder;
        const TrainOutcome outcome = finished(json, ImpossibleClip(), folder.path());
        QCOMPARE(outcome.skipped, 2); // once in each epoch
        const auto reader =
            tensorfile::SafetensorsReader::open(folder.path().toStdString() + "/adapt.safetensors").value();
        QCOMPARE(reader.metadata().at("adam_steps"), std::to_string(outcome.steps));
        const auto sums = logged(folder.path(), "adapt", "sequence_ctc");
        QVERIFY(!sums.empty());
        for (const auto& [step, loss] : sums) {
            QVERIFY2(std::isfinite(loss) && loss > 0.0, qPrintable(QString("%1: %2").arg(step).arg(loss)));
        }
    }

    /// The model that is kept has the moving average of the weights; training itself goes on with the weights.
    void averagesOfWeightsAreKept() {
        auto json = smallRecipe();
        json["adapt"]["rate"] = {{"shape", "steps"}, {"rate", 1e-2}};
        json["adapt"]["dev_every"] = 100; // at the end only
        const auto weightsAfter = [&](int steps, double decay, const char* file) {
            json["adapt"]["steps"] = steps;
            json["adapt"]["average_decay"] = decay;
            QTemporaryDir folder;
            finished(json, SquareSource(9), folder.path());
            const auto reader = tensorfile::SafetensorsReader::open(folder.filePath(file).toStdString()).value();
            const std::string prefix = QString(file).startsWith("adapt") ? "model." : "";
            std::vector<float> values = reader.readFloats(prefix + "conv1d.fc.weight").value();
            const auto mean = reader.readFloats(prefix + "conv1d.temporal_conv.1.running_mean").value();
            values.insert(values.end(), mean.begin(), mean.end());
            return values;
        };
        const char* checkpoint = "adapt.safetensors";
        const auto first = weightsAfter(1, 0.0, checkpoint);
        const auto second = weightsAfter(2, 0.0, checkpoint);
        const auto third = weightsAfter(3, 0.0, checkpoint);
        QVERIFY(weightsAfter(3, 0.2, checkpoint) == third);
        QVERIFY(weightsAfter(3, 0.0, "model.safetensors") == third);
        const auto averaged = weightsAfter(3, 0.2, "model.safetensors");
        double apart = 0.0;
        for (std::size_t index = 0; index < third.size(); ++index) {
            const double two = (0.2 * first[index] + second[index]) / 1.2;
            const double expected = (0.24 * two + third[index]) / 1.24;
            QVERIFY2(std::abs(averaged[index] - expected) < 1e-6,
                     qPrintable(QString("%1: %2, not %3").arg(index).arg(averaged[index]).arg(expected)));
            apart = std::max(apart, std::abs(expected - third[index]));
        }
        QVERIFY(apart > 1e-4);
    }

    /// Frozen batch norms normalise by the statistics that they have and leave them alone; their scale is trained.
    void normsCanKeepTheirStatistics() {
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 1;
        const auto statistics = [&](bool frozen, const char* name) {
            json["adapt"]["freeze_norms"] = frozen;
            QTemporaryDir folder;
            finished(json, SquareSource(9), folder.path());
            return tensorfile::SafetensorsReader::open(folder.filePath("adapt.safetensors").toStdString())
                .value()
                .readFloats(std::string("model.conv1d.temporal_conv.1.") + name)
                .value();
        };
        const auto moved = [](const std::vector<float>& values, float from) {
            return std::ranges::any_of(values, [from](float value) { return value != from; });
        };
        QVERIFY(moved(statistics(false, "running_mean"), 0.0F) && moved(statistics(false, "running_var"), 1.0F));
        QVERIFY(!moved(statistics(true, "running_mean"), 0.0F) && !moved(statistics(true, "running_var"), 1.0F));
        QVERIFY(moved(statistics(true, "weight"), 1.0F));
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

private:
    /// Of the first step, on clips of 40 frames without augmentation.
    static double firstGradientNorm(int batch, int accumulate, const SampleSource& source) {
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 1;
        json["adapt"]["batch"] = batch;
        json["adapt"]["freeze_norms"] = true;
        json["adapt"]["flips"] = 0;
        json["adapt"]["tone_jitter"] = 0;
        json["adapt"]["min_frames"] = 40;
        json["adapt"]["max_frames"] = 40;
        json["adapt"]["accumulate"] = accumulate;
        json["model"]["resize"] = 32;
        QTemporaryDir folder;
        finished(json, source, folder.path());
        return logged(folder.path(), "adapt", "gradient_norm").at(0);
    }
};

QTEST_GUILESS_MAIN(TestTrainingSteps)
#include "tst_training_steps.moc"
