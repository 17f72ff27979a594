#include "engine/feature_interpolator.h"

#include "random_model.h"

#include <QtTest>
#include <random>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

/// What an encoder would give: a value for each index, so that mistakes of place show.
std::vector<FrameFeature> features(std::int64_t first, std::int64_t end, const std::vector<float>& values = {}) {
    std::vector<FrameFeature> result;
    for (std::int64_t index = first; index < end; ++index) {
        const float value = index >= 0 && index < std::ssize(values) ? values[static_cast<std::size_t>(index)]
                                                                     : static_cast<float>(1000 + index);
        result.push_back({index, {value, -value}});
    }
    return result;
}

void append(std::vector<FrameFeature>& all, std::vector<FrameFeature> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

class TestFeatureInterpolator : public QObject {
    Q_OBJECT

    const model::TemporalLayout layout_ = model::temporalLayout(2);

private slots:
    void everyFramePassesUnchanged() {
        FeatureInterpolator timeline;
        const std::int64_t frames = 13;
        for (int i = 0; i < frames; ++i) {
            timeline.addFrame(true);
        }
        std::vector<FrameFeature> all = timeline.take(features(-layout_.leftPad, frames - 2));
        append(all, timeline.finish(features(frames - 2, 16 + layout_.leftPad), layout_));
        const auto expected = features(-layout_.leftPad, 16 + layout_.leftPad);
        QCOMPARE(all.size(), expected.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            QCOMPARE(all[i].frameIndex, expected[i].frameIndex);
            QCOMPARE(all[i].values, expected[i].values);
        }
    }

    /// Whatever is left out, and however the features come: the line between encoded frames, every index once, and as
    /// much padding as if all had been encoded.
    void whatIsLeftOutLiesOnTheLineBetween_data() {
        QTest::addColumn<int>("every");
        for (const int every : {1, 2, 3, 0}) {
            QTest::addRow("%s", every == 0 ? "at random" : qPrintable(QString::number(every))) << every;
        }
    }
    void whatIsLeftOutLiesOnTheLineBetween() {
        QFETCH(int, every);
        std::mt19937 random(test::announcedSeed());
        for (int round = 0; round < 50; ++round) {
            const int frames = 1 + static_cast<int>(random() % 40);
            FeatureInterpolator timeline;
            std::vector<std::int64_t> encodedAt;
            std::vector<float> values; // of the encoded frames
            for (int i = 0; i < frames; ++i) {
                const bool encoded = i == 0 || (every > 0 ? i % every == 0 : random() % 3 == 0);
                timeline.addFrame(encoded);
                if (encoded) {
                    encodedAt.push_back(i);
                    values.push_back(static_cast<float>(random() % 1000) / 10.0F);
                }
            }
            const auto encoded = static_cast<std::int64_t>(values.size());
            QCOMPARE(timeline.encodedFrames(), encoded);
            QCOMPARE(timeline.newestEncoded(), encodedAt.back());
            std::vector<FrameFeature> all = timeline.take(features(-layout_.leftPad, 0));
            std::int64_t given = 0;
            while (given < encoded - 1) {
                const std::int64_t next = std::min<std::int64_t>(encoded - 1, given + 1 + random() % 4);
                append(all, timeline.take(features(given, next, values)));
                QCOMPARE(all.back().frameIndex, encodedAt[static_cast<std::size_t>(next - 1)]);
                given = next;
            }
            const std::int64_t rounded = (encoded + 3) / 4 * 4;
            append(all, timeline.finish(features(given, rounded + layout_.leftPad, values), layout_));
            check(all, frames, encodedAt, values);
        }
    }

    void framesLeftOutBeforeTheFirstEncodedOneRepeatIt() {
        FeatureInterpolator timeline;
        timeline.addFrame(false);
        timeline.addFrame(false);
        timeline.addFrame(true);
        const auto all = timeline.take(features(-1, 1));
        QCOMPARE(all.size(), std::size_t(4));
        for (std::int64_t index = 0; index < 3; ++index) {
            QCOMPARE(all[static_cast<std::size_t>(index + 1)].frameIndex, index);
            QCOMPARE(all[static_cast<std::size_t>(index + 1)].values.front(), 1000.0F);
        }
    }

    void aClipWithoutEncodedFramesHasNoFeatures() {
        FeatureInterpolator timeline;
        timeline.addFrame(false);
        QVERIFY(timeline.finish({}, layout_).empty());
    }

private:
    void check(const std::vector<FrameFeature>& all, int frames, const std::vector<std::int64_t>& encodedAt,
               const std::vector<float>& values) const {
        const int end = (frames + 3) / 4 * 4 + layout_.leftPad;
        QCOMPARE(static_cast<int>(all.size()), layout_.leftPad + end);
        std::size_t before = 0;
        for (int index = -layout_.leftPad; index < end; ++index) {
            const FrameFeature& feature = all[static_cast<std::size_t>(index + layout_.leftPad)];
            QCOMPARE(feature.frameIndex, std::int64_t(index));
            QCOMPARE(feature.values[0], -feature.values[1]);
            if (index < 0) {
                QCOMPARE(feature.values[0], static_cast<float>(1000 + index));
                continue;
            }
            while (before + 1 < encodedAt.size() && encodedAt[before + 1] <= index) {
                ++before;
            }
            if (index > encodedAt.back()) {
                QVERIFY(feature.values[0] >= 1000.0F || index >= frames);
                continue;
            }
            const bool isLast = before + 1 == encodedAt.size();
            const double gap = isLast ? 1.0 : static_cast<double>(encodedAt[before + 1] - encodedAt[before]);
            const double share = static_cast<double>(index - encodedAt[before]) / gap;
            const double next = isLast ? 0.0 : static_cast<double>(values[before + 1]);
            const double expected = (1.0 - share) * static_cast<double>(values[before]) + share * next;
            QVERIFY(std::abs(static_cast<double>(feature.values[0]) - expected) < 1e-4);
        }
    }
};

QTEST_APPLESS_MAIN(TestFeatureInterpolator)
#include "tst_feature_interpolator.moc"
