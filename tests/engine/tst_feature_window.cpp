#include "engine/feature_window.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

class TestFeatureWindow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }

    /// Every window is the head's result on the features that its place on the step axis says.
    void windowsLieOnOneStepAxis_data() {
        QTest::addColumn<int>("convType");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("stride");
        QTest::addColumn<int>("features");
        QTest::newRow("defaults") << 2 << 64 << 8 << 150;
        QTest::newRow("odd sizes") << 2 << 41 << 5 << 99;
        QTest::newRow("window too small") << 2 << 1 << 1 << 60;
        QTest::newRow("long stride") << 2 << 20 << 40 << 130;
        QTest::newRow("shorter than the window") << 2 << 64 << 8 << 29;
        QTest::newRow("conv type 0") << 0 << 12 << 3 << 40;
        QTest::newRow("conv type 7") << 7 << 40 << 6 << 90;
    }
    void windowsLieOnOneStepAxis() {
        QFETCH(int, convType);
        QFETCH(int, window);
        QFETCH(int, stride);
        QFETCH(int, features);
        loadWith(convType);
        const model::TemporalLayout layout = model::temporalLayout(convType);
        const Matrix clip = randomFeatures(features);
        FeatureWindow ring(model_, {window, stride});
        const auto head = makeTemporalHead(model_);

        std::int64_t coveredSteps = 0;
        int windows = 0;
        int lastRun = 0;
        const auto check = [&](const WindowResult& result, int received) {
            const std::int64_t start = result.firstStep * layout.stride;
            QVERIFY(start >= 0 && start < received);
            Matrix part(received - static_cast<int>(start), clip.columns);
            std::copy_n(clip.row(static_cast<int>(start)), part.values.size(), part.values.begin());
            const auto expected = head->run(part);
            QVERIFY(expected);
            QCOMPARE(result.logProbs.rows, expected->sequence.rows);
            QCOMPARE(result.logProbs.values, expected->sequence.values);
            QCOMPARE(result.support.values, expected->convolutional.values);
            QVERIFY2(result.firstStep <= coveredSteps, "a step was left out between two windows");
            coveredSteps = result.firstStep + result.logProbs.rows;
            ++windows;
        };
        for (int i = 0; i < features; ++i) {
            const auto result = ring.push(feature(clip, i));
            QVERIFY2(result, result ? "" : result.error().message.c_str());
            QCOMPARE(!*result && lastRun == 0, i + 1 < layout.receptiveField);
            if (*result) {
                QVERIFY(!(*result)->last);
                QVERIFY(lastRun == 0 || i + 1 - lastRun >= stride);
                lastRun = i + 1;
                check(**result, i + 1);
            }
        }
        const auto end = ring.finish();
        QVERIFY(end);
        QCOMPARE(end->has_value(), lastRun != features);
        if (*end) {
            QVERIFY((*end)->last);
            check(**end, features);
        }
        QVERIFY(windows > 0);
        QCOMPARE(coveredSteps, static_cast<std::int64_t>(model::temporalSteps(convType, features)));
        QVERIFY(!ring.finish()->has_value());
    }

    void tooFewFeaturesGiveNothing() {
        loadWith(2);
        FeatureWindow ring(model_, {});
        const Matrix clip = randomFeatures(15);
        for (int i = 0; i < 15; ++i) {
            QVERIFY(!ring.push(feature(clip, i))->has_value());
        }
        QVERIFY(!ring.finish()->has_value());
    }

    void resetForgets() {
        loadWith(2);
        FeatureWindow ring(model_, {});
        const Matrix clip = randomFeatures(40);
        for (int i = 0; i < 33; ++i) {
            QVERIFY(ring.push(feature(clip, i)));
        }
        ring.reset();
        for (int i = 0; i < 15; ++i) {
            QVERIFY(!ring.push(feature(clip, i))->has_value());
        }
        QCOMPARE((*ring.push(feature(clip, 15)))->firstStep, std::int64_t(0));
    }

    void headRefusesWhatDoesNotFit() {
        loadWith(2);
        const auto head = makeTemporalHead(model_);
        QCOMPARE(head->run(randomFeatures(15)).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(head->run(Matrix(20, 5)).error().code, ErrorCode::InvalidArgument);
        FeatureWindow ring(model_, {});
        QCOMPARE(ring.push(FrameFeature{0, {1.0F}}).error().code, ErrorCode::InvalidArgument);
        const auto output = head->run(randomFeatures(24));
        QVERIFY(output);
        QCOMPARE(output->convolutional.rows, output->sequence.rows);
        QVERIFY(output->convolutional.values != output->sequence.values);
        for (const Matrix* logProbs : {&output->sequence, &output->convolutional}) {
            for (int step = 0; step < logProbs->rows; ++step) {
                double sum = 0.0;
                for (int label = 0; label < logProbs->columns; ++label) {
                    sum += std::exp(static_cast<double>(logProbs->at(step, label)));
                }
                QVERIFY(std::abs(sum - 1.0) < 1e-5);
            }
        }
    }

private:
    void loadWith(int convType) {
        random_->config.convType = convType;
        const std::filesystem::path path = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random_->save(path));
        const auto model = loadModel(path);
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        model_ = *model;
    }
    Matrix randomFeatures(int count) {
        Matrix features(count, model_->config().embedDim);
        features.values = random_->uniform(features.values.size());
        return features;
    }
    static FrameFeature feature(const Matrix& clip, int row) {
        return {row, std::vector<float>(clip.row(row), clip.row(row) + clip.columns)};
    }

    QTemporaryDir folder_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr model_;
};

QTEST_GUILESS_MAIN(TestFeatureWindow)
#include "tst_feature_window.moc"
