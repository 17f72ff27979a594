#include "engine/quantise.h"
#include "engine/streaming_encoder.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

constexpr int frameCount = 8;

} // namespace

/// A model in 8 bits: scales from a run, what they do to its features, and when it is chosen.
class TestInt8 : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        random_ = std::make_unique<test::RandomModel>(test::announcedSeed());
        random_->config.width = 128;
        random_->config.heads = 2;
        path_ = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random_->save(path_));
        const int side = random_->config.resolution;
        clip_ = random_->uniform(static_cast<std::size_t>(frameCount * 3 * side * side));
        if (chooseCompute({}).engine != EngineKind::Fast) {
            QSKIP("the fast engine has nothing for this processor");
        }
        const auto observed = loadObserved(path_);
        QVERIFY2(observed, observed ? "" : observed.error().message.c_str());
        exact_ = features(observed->model);
        scales_.levels = quantisationLevels();
        scales_.layers = observed->scales();
    }
    void cleanup() { qunsetenv("LIVEGLOSS_MAX_ISA"); }

    /// Every layer was seen, and watching changed nothing.
    void observesEveryLayer() {
        const auto names = model::quantisableLayers(random_->config);
        QCOMPARE(scales_.layers.size(), names.size());
        for (const std::string& name : names) {
            const auto found = scales_.layers.find(name);
            QVERIFY2(found != scales_.layers.end(), name.c_str());
            QVERIFY2(!found->second.channels.empty(), name.c_str());
            const auto [least, most] = std::ranges::minmax(found->second.channels);
            QVERIFY2(least < most, name.c_str());
        }
        QCOMPARE(exact_, features(*loadModel(path_, {EngineKind::Fast, Precision::F32})));
    }

    void featuresStayClose() {
        const auto quantised = loadQuantised(path_, scales_);
        QVERIFY(quantised);
        QVERIFY((*quantised)->compute().precision == Precision::Int8);
        const double error = test::relativeL2(features(*quantised), exact_);
        qInfo("relative error of the frame features in int8: %.2e", error);
        // 8 bits were at work, not only what surrounds them.
        const Precision others = besideInt8();
        QVERIFY(test::relativeL2(features(*quantised), features(*loadModel(path_, {EngineKind::Fast, others}))) > 1e-3);
        QVERIFY(error < 0.1); // random weights spread wider than learnt ones
    }

    /// With as many levels as VNNI has, whatever this processor has, features are closer; with scales of channels too.
    void levelsAndScalesHelp() {
        qputenv("LIVEGLOSS_MAX_ISA", "avx2"); // f32 around the layers in 8 bits
        const auto errorWith = [&](const model::Quantisation& scales) {
            return test::relativeL2(features(*loadQuantised(path_, scales)), exact_);
        };
        model::Quantisation fine = scales_;
        model::Quantisation coarse = scales_;
        fine.levels = 255;
        coarse.levels = 127;
        model::Quantisation plain = coarse;
        for (auto& [name, layer] : plain.layers) {
            layer.channels.clear();
        }
        // One channel of every layer much larger than it should be.
        model::Quantisation spoilt = coarse;
        for (auto& [name, layer] : spoilt.layers) {
            layer.channels.front() -= 16;
        }
        qInfo("relative error: 255 levels %.2e, 127 %.2e, without scales %.2e, with a spoilt channel %.2e",
              errorWith(fine), errorWith(coarse), errorWith(plain), errorWith(spoilt));
        // Sources alone get finer, weights stay as they are: of 80 random models 0.69 in the middle, 0.52 to 0.91 in
        // all.
        QVERIFY(errorWith(fine) < errorWith(coarse));
        QVERIFY(errorWith(coarse) < errorWith(spoilt));
    }

    void refusesScalesForOtherChannels() {
        model::Quantisation other = scales_;
        other.layers.find("blocks.1.mlp_out")->second.channels.push_back(0);
        const auto refused = loadQuantised(path_, other);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        QVERIFY(QString::fromStdString(refused.error().message).contains("blocks.1.mlp_out"));
        QVERIFY(QString::fromStdString(refused.error().hint).contains("quantize"));
        // A check that was passed makes automatic take them, where the processor is one for it.
        other.check = model::QuantisationCheck{"clips", 10, "f32", 5.0, 5.0};
        const auto wrong = folder_.filePath("other-channels.safetensors").toStdString();
        QVERIFY(model::writeQuantised(path_, wrong, other));
        QCOMPARE(loadModel(wrong, {EngineKind::Fast, Precision::Int8}).error().code, ErrorCode::Unsupported);
        const auto automatic = loadModel(wrong, {});
        QVERIFY2(automatic, automatic ? "" : automatic.error().message.c_str());
        QVERIFY((*automatic)->compute().precision != Precision::Int8);
    }

    /// Layers can be kept out of int8, down to the last; what is left is what the processor runs fast: bf16 with AMX,
    /// f32 without.
    void keptLayersStayExact() {
        model::Quantisation some = scales_;
        for (auto& [name, layer] : some.layers) {
            layer.keepF32 = !name.ends_with("expand");
        }
        const double fewer = test::relativeL2(features(*loadQuantised(path_, some)), exact_);
        QVERIFY(features(*loadQuantised(path_, some)) != features(*loadModel(path_, {EngineKind::Fast, besideInt8()})));
        QVERIFY(fewer < test::relativeL2(features(*loadQuantised(path_, scales_)), exact_));
        for (auto& [name, layer] : some.layers) {
            layer.keepF32 = true;
        }
        const auto others = loadModel(path_, {EngineKind::Fast, besideInt8()});
        QCOMPARE(features(*loadQuantised(path_, some)), features(*others));
    }

    /// A layer in which one channel takes all steps shows as the worst.
    void comparisonFindsTheWorstLayer() {
        model::Quantisation bad = scales_;
        bad.layers.find("blocks.1.contract")->second.channels.front() -= 60;
        const auto compared = loadCompared(path_, bad);
        QVERIFY(compared);
        QCOMPARE(features(compared->model), exact_);
        const auto errors = compared->errors();
        QCOMPARE(errors.size(), bad.layers.size());
        const auto worst = std::ranges::max_element(errors, {}, [](const auto& layer) { return layer.second; });
        QCOMPARE(worst->first, std::string("blocks.1.contract"));
    }

    /// From the file: the same as by hand; refused without scales or with another model's; f32 opens in any case.
    void loadsByTheFilesScales() {
        QCOMPARE(loadModel(path_, {EngineKind::Fast, Precision::Int8}).error().code, ErrorCode::Unsupported);
        const auto with = folder_.filePath("model8.safetensors").toStdString();
        QVERIFY(model::writeQuantised(path_, with, scales_));
        const auto loaded = loadModel(with, {EngineKind::Fast, Precision::Int8});
        QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
        QCOMPARE(features(*loaded), features(*loadQuantised(path_, scales_)));
        QCOMPARE(features(*loadModel(with, {EngineKind::Fast, Precision::F32})), exact_);

        model::Quantisation other = scales_;
        other.layers.erase("blocks.0.expand");
        const auto wrong = folder_.filePath("wrong.safetensors").toStdString();
        QVERIFY(model::writeQuantised(path_, wrong, other));
        const auto refused = loadModel(wrong, {EngineKind::Fast, Precision::Int8});
        QVERIFY(!refused);
        QVERIFY(QString::fromStdString(refused.error().message).contains("blocks.0.expand"));
        QVERIFY(QString::fromStdString(refused.error().message).contains("wrong.safetensors"));
        QCOMPARE(features(*loadModel(wrong, {EngineKind::Fast, Precision::F32})), exact_);
    }

    /// Automatic takes int8 for a checked model on a processor with VNNI, and nowhere else.
    void automaticWantsACheckAndTheProcessor() {
        for (const char* limit : {"portable", "avx2", "avx512", "vnni", "amx"}) {
            qputenv("LIVEGLOSS_MAX_ISA", limit);
            QVERIFY(chooseCompute({}, false).precision != Precision::Int8);
            const ComputeChoice checked = chooseCompute({}, true);
            const bool multiplies = checked.instructions == "vnni" || checked.instructions == "amx";
            QCOMPARE(checked.precision == Precision::Int8, multiplies);
            QCOMPARE(checked.reason == ComputeReason::CheckedInt8, multiplies);
            const ComputeChoice forced = chooseCompute({EngineKind::Fast, Precision::Int8});
            QCOMPARE(forced.precision == Precision::Int8, forced.engine == EngineKind::Fast);
            if (forced.engine == EngineKind::Fast && !multiplies) {
                QVERIFY(forced.reason == ComputeReason::Int8NotFast);
                QVERIFY(QString::fromStdString(describe(forced)).contains("VNNI"));
            }
        }
    }

    void needsTheFastEngine() {
        qputenv("LIVEGLOSS_MAX_ISA", "portable");
        QCOMPARE(loadObserved(path_).error().code, ErrorCode::Unsupported);
        QCOMPARE(loadQuantised(path_, scales_).error().code, ErrorCode::Unsupported);
    }

private:
    /// What this processor runs beside layers in 8 bits.
    static Precision besideInt8() {
        return chooseCompute({EngineKind::Fast, Precision::Int8}).backend == "amx" ? Precision::Bf16 : Precision::F32;
    }
    std::vector<float> features(const LoadedModelPtr& model) const {
        std::vector<float> values;
        auto encoder = makeStreamingEncoder(model, EncoderOptions{false});
        for (const auto& output : {encoder->push(clip_, frameCount, false).value(), encoder->finish().value()}) {
            for (const FrameFeature& feature : output.features) {
                values.insert(values.end(), feature.values.begin(), feature.values.end());
            }
        }
        return values;
    }

    QTemporaryDir folder_;
    std::filesystem::path path_;
    std::unique_ptr<test::RandomModel> random_;
    std::vector<float> clip_, exact_;
    model::Quantisation scales_;
};

QTEST_GUILESS_MAIN(TestInt8)
#include "tst_int8.moc"
