#include "evaluation/delay_report.h"

#include <QTest>
#include <cmath>
#include <random>

using namespace livegloss::evaluation;

namespace {

bool near(double a, double b) {
    return std::abs(a - b) < 1e-9;
}

} // namespace

class TestDelayReport : public QObject {
    Q_OBJECT

private slots:
    void quantilesInterpolate() {
        QCOMPARE(delayStatistics({}).count, 0);
        const DelayStatistics one = delayStatistics({0.4});
        QVERIFY(near(one.medianSeconds, 0.4) && near(one.percentile95Seconds, 0.4));
        const DelayStatistics four = delayStatistics({4.0, 1.0, 3.0, 2.0});
        QCOMPARE(four.count, 4);
        QVERIFY(near(four.medianSeconds, 2.5));
        QVERIFY(near(four.percentile95Seconds, 3.85));
    }

    void delaysCountFromTheTrueEnd() {
        const DelayReport report = measureDelays({{"A", 0.0, 1.0}, {"B", 1.2, 2.0}, {"C", 2.2, 3.0}},
                                                 {{"A", 1.3, 1.7}, {"B", 2.4, 2.9}, {"C", {}, 4.1}});
        QCOMPARE(report.matched, 3);
        QVERIFY(near(report.provisional.medianSeconds, 0.4));
        QVERIFY(near(report.committed.medianSeconds, 0.9));
    }

    void mistakesAreLeftOut() {
        const DelayReport report = measureDelays({{"A", 0.0, 1.0}, {"B", 1.2, 2.0}, {"C", 2.2, 3.0}},
                                                 {{"A", {}, 1.5}, {"X", {}, 2.5}, {"C", {}, 3.5}, {"C", {}, 3.9}});
        QCOMPARE(report.matched, 2);
        QCOMPARE(report.missed, 1);
        QCOMPARE(report.extra, 2);
        QVERIFY(near(report.committed.medianSeconds, 0.5));
    }

    void repeatedSignsPairInOrder() {
        const DelayReport both = measureDelays({{"A", 0.0, 1.0}, {"A", 1.2, 2.0}}, {{"A", 1.2, 1.6}, {"A", 2.2, 2.6}});
        QCOMPARE(both.matched, 2);
        QVERIFY(near(both.committed.medianSeconds, 0.6));
        const DelayReport second = measureDelays({{"A", 0.0, 1.0}, {"A", 5.0, 6.0}}, {{"A", {}, 6.5}});
        QCOMPARE(second.matched, 1);
        QVERIFY(near(second.committed.medianSeconds, 0.5));
        // Where either sign could be meant, it is the one that ended nearer.
        const std::vector<TruthSpan> two{{"A", 0.0, 1.0}, {"A", 1.2, 4.0}};
        QVERIFY(near(measureDelays(two, {{"A", {}, 4.5}}).committed.medianSeconds, 0.5));
        QVERIFY(near(measureDelays(two, {{"A", {}, 1.4}}).committed.medianSeconds, 0.4));
    }

    /// As if the clips had followed each other, far apart.
    void clipsAreMeasuredOneByOne() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const auto gloss = [&] { return std::string(1, static_cast<char>('A' + random() % 3)); };
        DelayMeter meter;
        std::vector<TruthSpan> allSigns;
        std::vector<GlossEvent> allEvents;
        for (int clip = 0; clip < 40; ++clip) {
            std::vector<TruthSpan> signs;
            std::vector<GlossEvent> events;
            for (unsigned i = 0; i < 1 + random() % 7; ++i) {
                signs.push_back({gloss(), i * 1.0, i * 1.0 + 0.5});
            }
            for (unsigned i = 0; i < random() % 8; ++i) {
                const double at = i * 1.0 + std::uniform_real_distribution(0.0, 0.999)(random);
                events.push_back({gloss(), random() % 2 == 0 ? std::optional(at - 0.3) : std::nullopt, at});
            }
            meter.add(signs, events);
            const double offset = clip * 1000.0;
            for (const TruthSpan& sign : signs) {
                allSigns.push_back({sign.gloss, sign.startSeconds + offset, sign.endSeconds + offset});
            }
            for (const GlossEvent& event : events) {
                allEvents.push_back({event.gloss, event.provisionalSeconds, event.committedSeconds + offset});
                if (event.provisionalSeconds) {
                    allEvents.back().provisionalSeconds = *event.provisionalSeconds + offset;
                }
            }
        }
        const DelayReport whole = measureDelays(allSigns, allEvents);
        const DelayReport parts = meter.report();
        QVERIFY(whole.matched > 20);
        QCOMPARE(meter.signs(), static_cast<int>(allSigns.size()));
        QCOMPARE(parts.matched, whole.matched);
        QCOMPARE(parts.missed, whole.missed);
        QCOMPARE(parts.extra, whole.extra);
        QVERIFY(near(parts.committed.medianSeconds, whole.committed.medianSeconds));
        QVERIFY(near(parts.committed.percentile95Seconds, whole.committed.percentile95Seconds));
        QVERIFY(near(parts.provisional.medianSeconds, whole.provisional.medianSeconds));
    }

    void eventsFarFromTheSignAreNoAnswer() {
        QCOMPARE(measureDelays({{"A", 10.0, 11.0}}, {{"A", {}, 9.0}}).matched, 0);  // before it began
        QCOMPARE(measureDelays({{"A", 10.0, 11.0}}, {{"A", {}, 16.5}}).matched, 0); // long after
        QCOMPARE(measureDelays({{"A", 10.0, 11.0}}, {{"A", {}, 10.8}}).matched, 1); // before its end: allowed
        QCOMPARE(measureDelays({}, {{"A", {}, 1.0}}).extra, 1);
        QCOMPARE(measureDelays({{"A", 0.0, 1.0}}, {}).missed, 1);
    }
};

QTEST_APPLESS_MAIN(TestDelayReport)
#include "tst_delay_report.moc"
