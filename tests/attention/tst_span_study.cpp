#include "attention/over_time.h"
#include "attention/span_study.h"
#include "index_clip.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace livegloss;
using namespace livegloss::attention;

namespace {

const char* const sample = LIVEGLOSS_SOURCE_DIR "/resources/samples/sample-1.mp4";

Layer spatial(std::vector<float> values) {
    Layer layer;
    layer.rows = layer.columns = 2;
    layer.values = std::move(values);
    return layer;
}

} // namespace

/// The attention of a gloss: mean, strongest frames, seconds.
class TestSpanStudy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { model_ = engine::loadModel(LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors").value(); }

    void strongIsWhatIsConcentrated() {
        QVERIFY(std::abs(strengthOf({spatial({0.2F, 0.2F, 0.2F, 0.2F})})) < 1e-6);
        QVERIFY(std::abs(strengthOf({spatial({0.2F, 0.0F, 0.0F, 0.0F})}) - 1.0) < 1e-6);
        Layer signedLayer = spatial({0.2F, -0.1F, 0.0F, 0.0F});
        signedLayer.kind = LayerKind::CrossFrame;
        QVERIFY(std::abs(strengthOf({signedLayer}) - 0.3) < 1e-6);
        QCOMPARE(strengthOf({}), 0.0);
    }

    /// Twelve frames for 25 slots of the network a second: each frame is one moment, at its own time.
    void aSlowVideoHasAMomentForEachFrame() {
        QTemporaryDir folder;
        const QString video = folder.filePath(QStringLiteral("slow.mp4"));
        QVERIFY(test::writeIndexClip(video.toStdString(), 12, 5.0).isEmpty());
        OverTimeJob job;
        job.input = video.toStdString();
        job.model = model_;
        const auto moments = measureClip(job);
        QVERIFY(moments.has_value());
        QCOMPARE(moments->size(), std::size_t{12});
        for (std::size_t i = 0; i < moments->size(); ++i) {
            QCOMPARE((*moments)[i].frameIndex, static_cast<std::int64_t>(i));
        }
        SpanJob span;
        span.input = job.input;
        span.model = model_;
        span.to = fromSeconds(1.0);
        const auto study = studySpan(span);
        QVERIFY(study.has_value());
        QCOMPARE(study->frames, 5);
        QCOMPARE(study->firstFrame, std::int64_t{0});
        QCOMPARE(study->lastFrame, std::int64_t{4});
        QVERIFY(study->strongest[0].frame != study->strongest[1].frame &&
                study->strongest[1].frame != study->strongest[2].frame);
    }

    void modelsWithoutWeightsAcrossFramesAreMeasured() {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("single.safetensors")).toStdString();
        test::RandomModel random(5);
        random.config.window = 0;
        random.config.aggregation = false;
        QVERIFY(random.save(file).has_value());
        OverTimeJob job;
        job.input = sample;
        job.model = engine::loadModel(file).value();
        QCOMPARE(job.model->config().window, 0);
        for (const Shown shown : {Shown::Adapted, Shown::CrossFrame}) {
            job.view.shown = shown;
            job.view.source = engine::AttentionSource::AggregationQuery;
            const auto moments = measureClip(job);
            QVERIFY2(moments.has_value(), moments ? "" : moments.error().message.c_str());
            QVERIFY(moments->front().entropy && !moments->front().centre && !moments->front().motion);
        }
        const View view = fitted({.shown = Shown::CrossFrame}, job.model->config());
        QVERIFY(view.shown == Shown::Adapted);
    }

    /// The span's frames are those that a walk through the whole clip gives, and the mean is theirs.
    void theMeanIsThatOfTheSpansFrames() {
        OverTimeJob all;
        all.input = sample;
        all.model = model_;
        const auto moments = measureClip(all);
        QVERIFY(moments.has_value());
        SpanJob job;
        job.input = sample;
        job.model = model_;
        job.from = fromSeconds(2.0);
        job.to = fromSeconds(3.3);
        const auto study = studySpan(job);
        QVERIFY2(study.has_value(), study ? "" : study.error().message.c_str());
        std::vector<const Moment*> inside;
        for (const Moment& moment : *moments) {
            if (moment.time >= job.from && moment.time < job.to) {
                inside.push_back(&moment);
            }
        }
        QCOMPARE(study->frames, static_cast<int>(inside.size()));
        for (std::size_t patch = 0; patch < study->mean.layers[0].values.size(); ++patch) {
            double mean = 0.0;
            for (const Moment* moment : inside) {
                mean += static_cast<double>(moment->layer.values[patch]) / static_cast<double>(inside.size());
            }
            QVERIFY(std::abs(mean - static_cast<double>(study->mean.layers[0].values[patch])) < 1e-5);
        }
        QVERIFY(std::abs(toSeconds(study->mean.frame->time) - 2.65) < 0.05);
        QCOMPARE(study->seconds.size(), std::size_t{2});
        QVERIFY(study->seconds[0].frame->time < fromSeconds(3.0) && study->seconds[1].frame->time >= fromSeconds(3.0));
        // The strongest three have the lowest entropies.
        std::vector<float> entropies;
        for (const Moment* moment : inside) {
            entropies.push_back(*moment->entropy);
        }
        std::ranges::sort(entropies);
        QCOMPARE(study->strongest.size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(std::abs(1.0 - study->strongest[i].strength - static_cast<double>(entropies[i])) < 1e-5);
        }
    }

    void aSpanWithoutFramesIsAnError() {
        SpanJob job;
        job.input = sample;
        job.model = model_;
        job.from = fromSeconds(100.0);
        job.to = fromSeconds(101.0);
        QVERIFY(!studySpan(job).has_value());
        job.from = fromSeconds(1.0);
        job.to = fromSeconds(2.0);
        job.options.cancelled = [] { return true; };
        QVERIFY(studySpan(job).error().code == ErrorCode::Cancelled);
    }

private:
    engine::LoadedModelPtr model_;
};

QTEST_GUILESS_MAIN(TestSpanStudy)
#include "tst_span_study.moc"
