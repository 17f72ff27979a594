#include "engine/forward_pass.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

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
        QTest::addColumn<bool>("streaming");
        QTest::addColumn<int>("batch");
        QTest::newRow("reference path") << false << 1;
        QTest::newRow("streaming") << true << 1;
        QTest::newRow("streaming by 5") << true << 5;
    }
    void equalsTheReference() {
        QFETCH(bool, streaming);
        QFETCH(int, batch);
        const std::filesystem::path golden = std::filesystem::path(LIVEGLOSS_SHARED_DIR) / "golden";
        if (!std::filesystem::exists(golden / "tiny-p16.io.safetensors")) {
            QSKIP("the reference tensors are not beside the project");
        }
        const auto reader = tensorfile::SafetensorsReader::open(golden / "tiny-p16.io.safetensors");
        QVERIFY(reader);
        const auto model = loadModel(golden / "tiny-p16.safetensors");
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

    /// Random sizes and lengths: the streaming encoder gives what the reference path gives.
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
        random.adapterWidth = 1 + random.below(48);
        const auto path = file("random.safetensors");
        QVERIFY(random.save(path));
        const auto model = loadModel(path);
        QVERIFY2(model, model ? "" : model.error().message.c_str());

        const int shortest = model::temporalLayout(convType).receptiveField;
        const int length = shortest + random.below(9);
        const int side = random.config.resolution;
        const ForwardInput input{{2, length, 3, side, side},
                                 random.uniform(static_cast<std::size_t>(2 * length * 3 * side * side)),
                                 {length, shortest + random.below(length - shortest + 1)}};
        const auto offline = forwardPass(*model, input, {true, false, 1});
        const auto streamed = forwardPass(*model, input, {true, true, 1 + random.below(length)});
        QVERIFY2(offline, offline ? "" : offline.error().message.c_str());
        QVERIFY2(streamed, streamed ? "" : streamed.error().message.c_str());
        const std::int64_t steps = model::temporalSteps(convType, length);
        QCOMPARE(find(*offline, "sequence_logits")->shape, (tensorfile::Shape{steps, 2, random.config.classes}));
        QCOMPARE(find(*offline, "feature_lengths")->integers[1],
                 model::temporalSteps(convType, static_cast<int>(input.lengths[1])));
        QCOMPARE(streamed->size(), offline->size());
        for (const OutputTensor& expected : *offline) {
            const OutputTensor* actual = find(*streamed, expected.name);
            QVERIFY2(actual != nullptr, expected.name.c_str());
            QCOMPARE(actual->shape, expected.shape);
            QCOMPARE(actual->integers, expected.integers);
            const double error = test::relativeError(actual->floats, expected.floats);
            QVERIFY2(error < tolerance, qPrintable(QString("%1: %2").arg(expected.name.c_str()).arg(error)));
        }
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
    std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestForwardPass)
#include "tst_forward_pass.moc"
