#include "model/model_layout.h"
#include "square_source.h"
#include "tensorfile/safetensors.h"

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
        int runs = 0;
        for (bool done = false; !done && runs < 40; ++runs) {
            TrainOptions options = optionsFor(pieces.path());
            options.threads = 1 + runs % 2;
            options.loaders = 1 + runs % 3;
            int polls = 0;
            options.stopRequested = [&] { return ++polls > 1; };
            const auto part = train(recipe, source, options);
            QVERIFY2(part.has_value(), part ? "" : part.error().message.c_str());
            done = part->finished;
        }
        QVERIFY(runs >= 16);
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
