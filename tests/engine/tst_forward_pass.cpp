#include "engine/forward_pass.h"
#include "random_model.h"
#include "reference_data.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

Q_DECLARE_METATYPE(livegloss::engine::EngineKind)

namespace {

constexpr double tolerance = 1e-5;

const OutputTensor* find(const std::vector<OutputTensor>& tensors, const std::string& name) {
    const auto found = std::ranges::find(tensors, name, &OutputTensor::name);
    return found == tensors.end() ? nullptr : &*found;
}

} // namespace

class TestForwardPass : public QObject {
    Q_OBJECT

private slots:
    /// Every tensor that the reference implementation wrote, by the reference path and by the streaming encoder.
    void equalsTheReference_data() {
        QTest::addColumn<EngineKind>("engine");
        QTest::addColumn<bool>("streaming");
        QTest::addColumn<int>("batch");
        for (const EngineKind engine : {EngineKind::Fast, EngineKind::Reference}) {
            const char* const name = engineName(engine).data();
            QTest::addRow("%s, whole clips", name) << engine << false << 1;
            QTest::addRow("%s, streaming", name) << engine << true << 1;
            QTest::addRow("%s, streaming by 5", name) << engine << true << 5;
        }
    }
    void equalsTheReference() {
        QFETCH(EngineKind, engine);
        QFETCH(bool, streaming);
        QFETCH(int, batch);
        const std::filesystem::path golden = std::filesystem::path(LIVEGLOSS_SHARED_DIR) / "golden";
        if (!std::filesystem::exists(golden / "tiny-p16.io.safetensors")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the reference tensors are not beside the project");
        }
        const auto reader = tensorfile::SafetensorsReader::open(golden / "tiny-p16.io.safetensors");
        QVERIFY(reader);
        const auto model = loadModel(golden / "tiny-p16.safetensors", {engine, Precision::F32});
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        const ForwardInput input{reader->find("frames")->shape, *reader->readFloats("frames"),
                                 *reader->readIntegers("lengths")};
        const auto results = forwardPass(*model, input, {true, streaming, batch});
        QVERIFY2(results, results ? "" : results.error().message.c_str());
        QVERIFY(reader->tensors().size() >= 16);
        for (const tensorfile::TensorInfo& expected : reader->tensors()) {
            const OutputTensor* actual = find(*results, expected.name);
            QVERIFY2(actual != nullptr, expected.name.c_str());
            QCOMPARE(actual->shape, expected.shape);
            if (actual->isInteger) {
                QCOMPARE(actual->integers, *reader->readIntegers(expected.name));
                continue;
            }
            const auto values = reader->readFloats(expected.name);
            const double largest = test::relativeError(actual->floats, *values);
            const double l2 = test::relativeL2(actual->floats, *values);
            qInfo("%-24s max %.2e  L2 %.2e", expected.name.c_str(), largest, l2);
            QVERIFY2(largest < tolerance && l2 < tolerance, expected.name.c_str());
        }
    }

    /// Random sizes and lengths: both engines give what the network does as it is written down.
    void streamingEqualsReferencePath_data() {
        QTest::addColumn<int>("convType");
        for (int convType = 0; convType <= 9; ++convType) {
            QTest::addRow("conv type %d", convType) << convType;
        }
    }
    void streamingEqualsReferencePath() {
        QFETCH(int, convType);
        test::RandomModel random(test::announcedSeed());
        random.config.convType = convType;
        random.config.width = 64 * (1 + random.below(3));
        random.config.heads = random.config.width / 64;
        random.config.layers = 1 + random.below(3);
        random.config.patch = 8 * (1 + random.below(2));
        random.config.resolution = random.config.patch * (2 + random.below(3));
        random.config.resize = random.config.resolution + 8;
        random.config.prefix = 1 + random.below(8);
        random.config.embedDim = 8 + random.below(40);
        random.config.activation = static_cast<model::Activation>(random.below(2));
        random.config.normalisation = random.below(2) == 0 ? model::plainNormalisation : model::clipNormalisation;
        random.adapterWidth = 1 + random.below(48);
        compareEngines(random, 2);
    }

    /// Models without some of AdaptSign's modules: their tensors are not in the file.
    void modulesMayBeMissing_data() {
        QTest::addColumn<QString>("modules");
        QTest::addColumn<bool>("pastOnly");
        QTest::newRow("none") << "" << false;
        QTest::newRow("adapters") << "adapters" << false;
        QTest::newRow("no adapters") << "prefixes aggregation cross-frame" << false;
        QTest::newRow("no prefixes") << "adapters aggregation cross-frame" << false;
        QTest::newRow("no aggregation") << "adapters prefixes cross-frame" << false;
        QTest::newRow("no cross-frame attention") << "adapters prefixes aggregation" << false;
        QTest::newRow("earlier frames only") << "adapters prefixes aggregation cross-frame" << true;
    }
    void modulesMayBeMissing() {
        QFETCH(QString, modules);
        QFETCH(bool, pastOnly);
        test::RandomModel random(test::announcedSeed());
        random.config.convType = 1;
        random.config.pastOnly = pastOnly;
        QVERIFY(model::applyModuleList(random.config, modules.toStdString()));
        QCOMPARE(QString::fromStdString(model::moduleList(random.config)), modules);
        compareEngines(random, 2);
        const auto read = model::readModelConfig(*tensorfile::SafetensorsReader::open(file("random.safetensors")));
        QVERIFY(read);
        QCOMPARE(QString::fromStdString(model::moduleList(*read)), modules);
        QCOMPARE(read->pastOnly, pastOnly);
    }

    /// Earlier frames do not depend on later ones, as a stream without delay needs it.
    void pastOnlyLooksBackOnly() {
        test::RandomModel random(test::announcedSeed());
        random.config.pastOnly = true;
        random.config.convType = 1;
        const auto path = file("past.safetensors");
        QVERIFY(random.save(path));
        const auto model = loadModel(path);
        QVERIFY(model);
        const int side = random.config.resolution;
        const std::size_t frame = static_cast<std::size_t>(3 * side * side);
        std::vector<float> clip = random.uniform(12 * frame);
        const auto before = forwardPass(*model, {{1, 12, 3, side, side}, clip, {12}}, {});
        const std::vector<float> other = random.uniform(frame);
        std::ranges::copy(other, clip.begin() + static_cast<std::ptrdiff_t>(6 * frame));
        const auto after = forwardPass(*model, {{1, 12, 3, side, side}, clip, {12}}, {});
        QVERIFY(before && after);
        const auto& first = find(*before, "frame_features")->floats;
        const auto& second = find(*after, "frame_features")->floats;
        const auto width = static_cast<std::ptrdiff_t>(random.config.embedDim);
        QVERIFY(std::equal(first.begin(), first.begin() + 6 * width, second.begin()));
        for (std::ptrdiff_t changed = 6; changed <= 8; ++changed) {
            QVERIFY(!std::equal(first.begin() + changed * width, first.begin() + (changed + 1) * width,
                                second.begin() + changed * width));
        }
        QVERIFY(std::equal(first.begin() + 9 * width, first.end(), second.begin() + 9 * width));
    }

    /// The shapes of real models, with fewer blocks: tokens and widths that no kernel's tile divides.
    void realShapesEqualReferencePath_data() {
        QTest::addColumn<int>("patch");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("gelu");
        QTest::newRow("ViT-B/32") << 32 << 768 << false;
        QTest::newRow("ViT-B/32 of CoCa") << 32 << 768 << true;
        QTest::newRow("ViT-B/16") << 16 << 768 << false;
    }
    void realShapesEqualReferencePath() {
        QFETCH(int, patch);
        QFETCH(int, width);
        QFETCH(bool, gelu);
        test::RandomModel random(test::announcedSeed());
        random.config.convType = 0; // few frames are enough for one step
        random.config.width = width;
        random.config.heads = width / 64;
        random.config.layers = 1;
        random.config.patch = patch;
        random.config.resolution = 224;
        random.config.resize = 256;
        random.config.prefix = 8;
        random.config.embedDim = 512;
        random.config.activation = gelu ? model::Activation::Gelu : model::Activation::QuickGelu;
        random.adapterWidth = width / 4;
        compareEngines(random, 1);
    }

    /// Bf16 rounds what the large layers read, and nothing else.
    void bf16StaysClose() {
        test::RandomModel random(test::announcedSeed());
        random.config.width = 192;
        random.config.heads = 3;
        random.config.layers = 4;
        random.adapterWidth = 48;
        const auto path = file("bf16.safetensors");
        std::vector<double> errors;
        for (int round = 0; round < 5; ++round) {
            QVERIFY(random.save(path));
            const int side = random.config.resolution;
            const ForwardInput input{
                {1, 16, 3, side, side}, random.uniform(static_cast<std::size_t>(16 * 3 * side * side)), {16}};
            const auto features = [&](ComputeRequest request) {
                const auto model = loadModel(path, request);
                const auto output = model ? forwardPass(*model, input, {}) : tl::unexpected(model.error());
                return output ? find(*output, "frame_features")->floats : std::vector<float>();
            };
            if (chooseCompute({EngineKind::Fast, Precision::Bf16}).engine == EngineKind::Reference) {
                QSKIP("the fast engine has nothing for this processor");
            }
            const auto exact = features({EngineKind::Reference, Precision::F32});
            const auto here = features({EngineKind::Fast, Precision::Bf16});
            qputenv("LIVEGLOSS_MAX_ISA", "avx2"); // values are rounded, arithmetic is f32
            const auto rounded = features({EngineKind::Fast, Precision::Bf16});
            qunsetenv("LIVEGLOSS_MAX_ISA");
            QVERIFY(!exact.empty() && here.size() == exact.size() && rounded.size() == exact.size());
            errors.push_back(test::relativeL2(here, exact));
            const double ofRounding = test::relativeL2(rounded, exact);
            qInfo("relative error of the frame features in bf16: %.2e, of rounding alone %.2e", errors.back(),
                  ofRounding);
            QVERIFY(ofRounding > 1e-4); // else nothing was rounded
            QVERIFY(errors.back() > 0.7 * ofRounding && errors.back() < 1.4 * ofRounding);
        }
        // What rounding costs depends on the model: one in a hundred of these has a little more.
        std::ranges::sort(errors);
        QVERIFY(errors[2] < 1e-2);
    }

    /// A clip's logits do not depend on the clips beside it, as long as its own frames stay the same.
    void lengthsOfABatchDoNotMix() {
        test::RandomModel random(test::announcedSeed());
        const auto path = file("batch.safetensors");
        QVERIFY(random.save(path));
        const auto model = loadModel(path);
        QVERIFY(model);
        const int side = random.config.resolution;
        const std::size_t frame = static_cast<std::size_t>(3 * side * side);
        const std::vector<float> clip = random.uniform(20 * frame);
        std::vector<float> both = random.uniform(28 * frame);
        both.insert(both.end(), clip.begin(), clip.end());
        const std::vector<float> filler = random.uniform(8 * frame);
        both.insert(both.end(), filler.begin(), filler.end());
        const auto together = forwardPass(*model, {{2, 28, 3, side, side}, both, {28, 16}}, {});
        const auto alone = forwardPass(*model, {{1, 20, 3, side, side}, clip, {16}}, {});
        QVERIFY(together && alone);
        const auto& logits = find(*together, "sequence_logits")->floats;
        const auto classes = static_cast<std::size_t>(random.config.classes);
        const std::vector<float> ofSecond(logits.begin() + static_cast<std::ptrdiff_t>(classes),
                                          logits.begin() + static_cast<std::ptrdiff_t>(2 * classes));
        const auto& aloneLogits = find(*alone, "sequence_logits")->floats;
        QCOMPARE(find(*alone, "feature_lengths")->integers, std::vector<std::int64_t>{1});
        QVERIFY(test::relativeError(ofSecond, {aloneLogits.begin(), aloneLogits.begin() + static_cast<std::ptrdiff_t>(
                                                                                              classes)}) < tolerance);
    }

    void refusesInputThatDoesNotFit() {
        test::RandomModel random(1);
        const auto path = file("refuse.safetensors");
        QVERIFY(random.save(path));
        const auto model = loadModel(path);
        QVERIFY(model);
        const int side = random.config.resolution;
        const auto refused = [&](const ForwardInput& input) {
            const auto result = forwardPass(*model, input, {});
            return !result && result.error().code == ErrorCode::InvalidArgument && !result.error().message.empty();
        };
        const auto count = static_cast<std::size_t>(16 * 3 * side * side);
        QVERIFY(!refused({{1, 16, 3, side, side}, random.uniform(count), {16}}));
        QVERIFY(refused({{1, 16, 3, side, side + 1}, random.uniform(count), {16}}));
        QVERIFY(refused({{16, 3, side, side}, random.uniform(count), {16}}));
        QVERIFY(refused({{1, 16, 3, side, side}, random.uniform(count - 1), {16}}));
        QVERIFY(refused({{1, 16, 3, side, side}, random.uniform(count), {16, 16}}));
        QVERIFY(refused({{1, 16, 3, side, side}, random.uniform(count), {17}}));
        QVERIFY(refused({{1, 16, 3, side, side}, random.uniform(count), {15}}));
        QVERIFY(refused({{1, 16, 3, side, side}, random.uniform(count), {-1}}));
        QVERIFY(refused({{0, 16, 3, side, side}, {}, {}}));
    }

private:
    /// Whole clips by the reference engine against both engines' streams, every intermediate result.
    void compareEngines(test::RandomModel& random, int clips) {
        const auto path = file("random.safetensors");
        QVERIFY(random.save(path));
        const auto reference = loadModel(path, {EngineKind::Reference, Precision::F32});
        const auto fast = loadModel(path, {EngineKind::Fast, Precision::F32});
        QVERIFY2(reference, reference ? "" : reference.error().message.c_str());
        QVERIFY2(fast, fast ? "" : fast.error().message.c_str());
        const int convType = random.config.convType;
        const int shortest = model::temporalLayout(convType).receptiveField;
        const int length = shortest + random.below(clips > 1 ? 9 : 2);
        const int side = random.config.resolution;
        ForwardInput input{{clips, length, 3, side, side},
                           random.uniform(static_cast<std::size_t>(clips * length * 3 * side * side)),
                           {length}};
        if (clips > 1) {
            input.lengths.push_back(shortest + random.below(length - shortest + 1));
        }
        const auto offline = forwardPass(*reference, input, {true, false, 1});
        QVERIFY2(offline, offline ? "" : offline.error().message.c_str());
        const std::int64_t steps = model::temporalSteps(convType, length);
        QCOMPARE(find(*offline, "sequence_logits")->shape, (tensorfile::Shape{steps, clips, random.config.classes}));
        QCOMPARE(find(*offline, "feature_lengths")->integers.back(),
                 model::temporalSteps(convType, static_cast<int>(input.lengths.back())));
        compare(*offline, forwardPass(*reference, input, {true, true, 1 + random.below(length)}));
        compare(*offline, forwardPass(*fast, input, {true, true, 1 + random.below(length)}));
        compare(*offline, forwardPass(*fast, input, {true, false, 1}));
    }

    static void compare(const std::vector<OutputTensor>& expectedAll,
                        const Result<std::vector<OutputTensor>>& actualAll) {
        QVERIFY2(actualAll, actualAll ? "" : actualAll.error().message.c_str());
        QCOMPARE(actualAll->size(), expectedAll.size());
        for (const OutputTensor& expected : expectedAll) {
            const OutputTensor* actual = find(*actualAll, expected.name);
            QVERIFY2(actual != nullptr, expected.name.c_str());
            QCOMPARE(actual->shape, expected.shape);
            QCOMPARE(actual->integers, expected.integers);
            const double error = test::relativeError(actual->floats, expected.floats);
            QVERIFY2(error < tolerance, qPrintable(QString("%1: %2").arg(expected.name.c_str()).arg(error)));
        }
    }

    std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestForwardPass)
#include "tst_forward_pass.moc"
