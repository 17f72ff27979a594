#include "engine/feature_window.h"
#include "engine/temporal_head.h"
#include "engine/threads.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

/// The fast engine's temporal head against LibTorch's, and what it keeps between windows against fresh runs.
class TestTemporalHead : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }
    void cleanup() { setComputeThreads(0); }

    void equalsLibTorch_data() { convTypes(); }
    /// Random sizes with tails in every direction, random lengths from a single step on; one and two threads.
    void equalsLibTorch() {
        QFETCH(int, convType);
        const int shortest = model::temporalLayout(convType).receptiveField;
        for (int round = 0; round < 4; ++round) {
            setComputeThreads(1 + round % 2);
            QVERIFY(loadRandom(convType));
            const auto fast = makeTemporalHead(fast_);
            const auto reference = makeTemporalHead(reference_);
            for (const int frames : {shortest, shortest + random_->below(70)}) {
                const Matrix features = randomFeatures(frames);
                const auto expected = reference->run(features);
                const auto actual = fast->run(features);
                QVERIFY2(actual, actual ? "" : actual.error().message.c_str());
                QVERIFY(expected);
                QCOMPARE(actual->sequence.rows, model::temporalSteps(convType, frames));
                for (const auto& part : {&HeadOutput::sequence, &HeadOutput::convolutional}) {
                    QCOMPARE(((*actual).*part).rows, ((*expected).*part).rows);
                    QCOMPARE(((*actual).*part).columns, ((*expected).*part).columns);
                    const auto& values = ((*actual).*part).values;
                    const auto& right = ((*expected).*part).values;
                    QVERIFY(test::relativeError(values, right) < 1e-5);
                    QVERIFY(test::relativeL2(values, right) < 1e-5);
                }
            }
        }
    }

    void windowsEqualFreshRuns_data() { convTypes(); }
    /// Windows that overlap by any amount, or not at all, or lie before the one before them; with whatever kernels this
    /// processor has for bf16 as well.
    void windowsEqualFreshRuns() {
        QFETCH(int, convType);
        QVERIFY(loadRandom(convType, convType % 2 == 0 ? Precision::F32 : Precision::Bf16));
        const model::TemporalLayout layout = model::temporalLayout(convType);
        const Matrix clip = randomFeatures(400);
        const auto streamed = makeTemporalHead(fast_);
        const auto fresh = makeTemporalHead(fast_);
        const auto check = [&](int first, int frames) {
            const Matrix window = rows(clip, first, frames);
            const auto actual = streamed->runWindow(window, first);
            const auto expected = fresh->run(window);
            QVERIFY(actual && expected);
            QCOMPARE(actual->sequence.values, expected->sequence.values);
            QCOMPARE(actual->convolutional.values, expected->convolutional.values);
        };
        int first = 0;
        for (int round = 0; round < 30; ++round) {
            check(first, std::min(layout.receptiveField + random_->below(50), clip.rows - first));
            const int most = (clip.rows - layout.receptiveField) / layout.stride;
            const int ahead = round % 7 == 6 ? -random_->below(20) : random_->below(round % 5 == 4 ? 30 : 6);
            first = std::clamp(first / layout.stride + ahead, 0, most) * layout.stride;
        }
    }

    /// Without forget() the steps of the stream before would still stand.
    void forgetBeginsAnotherStream() {
        QVERIFY(loadRandom(2));
        const auto head = makeTemporalHead(fast_);
        const Matrix one = randomFeatures(64);
        const Matrix other = randomFeatures(64);
        QVERIFY(head->runWindow(one, 0));
        head->forget();
        const auto actual = head->runWindow(other, 0);
        const auto expected = makeTemporalHead(fast_)->run(other);
        QVERIFY(actual && expected);
        QCOMPARE(actual->sequence.values, expected->sequence.values);
        QCOMPARE(actual->convolutional.values, expected->convolutional.values);
    }

    void refusesWindowsBetweenSteps() {
        QVERIFY(loadRandom(2));
        const auto head = makeTemporalHead(fast_);
        QCOMPARE(head->runWindow(randomFeatures(40), 6).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(head->runWindow(randomFeatures(40), -4).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(head->runWindow(randomFeatures(15), 4).error().code, ErrorCode::InvalidArgument);
        QVERIFY(head->runWindow(randomFeatures(40), 8));
    }

    /// The sizes of the released models.
    void releasedSizesEqualLibTorch() {
        random_->config.embedDim = 512;
        random_->config.hidden = 1024;
        random_->config.classes = 1296;
        random_->config.convType = 2;
        QVERIFY(load());
        const Matrix features = randomFeatures(64);
        const auto errorOfFast = [&] {
            const auto expected = makeTemporalHead(reference_)->run(features);
            const auto actual = makeTemporalHead(fast_)->run(features);
            return actual && expected ? test::relativeL2(actual->sequence.values, expected->sequence.values) : INFINITY;
        };
        const double exact = errorOfFast();
        QVERIFY(load(Precision::Bf16)); // with AMX the head's weights are rounded as well
        const double narrow = errorOfFast();
        qInfo("relative error %.2e in f32, %.2e in bf16", exact, narrow);
        QVERIFY(exact < 1e-5);
        QVERIFY(narrow < 1e-3);
        QCOMPARE(narrow > 1e-5, chooseCompute({}).instructions == "amx");
    }

private:
    static void convTypes() {
        QTest::addColumn<int>("convType");
        for (int convType = 0; convType <= 9; ++convType) {
            QTest::addRow("conv type %d", convType) << convType;
        }
    }
    bool loadRandom(int convType, Precision precision = Precision::F32) {
        random_->config.convType = convType;
        random_->config.embedDim = 1 + random_->below(80);
        random_->config.hidden = 2 * (1 + random_->below(70));
        random_->config.classes = 2 + random_->below(60);
        return load(precision);
    }
    bool load(Precision precision = Precision::F32) {
        const std::filesystem::path path = folder_.filePath("model.safetensors").toStdString();
        if (!random_->save(path)) {
            return false;
        }
        const auto fast = loadModel(path, {EngineKind::Fast, precision});
        const auto reference = loadModel(path, {EngineKind::Reference, Precision::F32});
        if (!fast || !reference) {
            return false;
        }
        fast_ = *fast;
        reference_ = *reference;
        return fast_->compute().engine == EngineKind::Fast;
    }
    Matrix randomFeatures(int count) {
        Matrix features(count, fast_->config().embedDim);
        features.values = random_->uniform(features.values.size());
        return features;
    }
    static Matrix rows(const Matrix& clip, int first, int count) {
        Matrix part(count, clip.columns);
        std::copy_n(clip.row(first), part.values.size(), part.values.begin());
        return part;
    }

    QTemporaryDir folder_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr fast_, reference_;
};

QTEST_GUILESS_MAIN(TestTemporalHead)
#include "tst_temporal_head.moc"
