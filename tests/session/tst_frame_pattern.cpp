#include "session/frame_pattern.h"

#include <QTest>
#include <QtDebug>
#include <random>

using namespace livegloss;
using namespace livegloss::session;

namespace {

/// A camera of 25 frames a second before an encoder that takes as long as it is told. Follows the pattern.
class SlowMachine {
public:
    /// Lets `seconds` pass. Returns how often the pattern changed.
    int run(double seconds, double secondsPerFrame, double otherSeconds = 0.0) {
        int changes = 0;
        for (const double end = now_ + seconds; now_ < end;) {
            const int before = chooser.pattern();
            const double busy = secondsPerFrame + before * otherSeconds;
            now_ += std::max(busy, before / 25.0);
            chooser.recognised(
                {before, 1, secondsPerFrame, before * otherSeconds},
                Instant(std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(now_))));
            changes += chooser.pattern() != before ? 1 : 0;
        }
        return changes;
    }

    PatternChooser chooser{25.0};

private:
    double now_ = 100.0;
};

} // namespace

class TestFramePattern : public QObject {
    Q_OBJECT

private slots:
    void walksByThePatternAndTurnsFinerAtOnce() {
        PatternWalk walk;
        QString steps;
        for (const int every : {1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 1, 1}) {
            steps += walk.leavesOut(every) ? '.' : 'x';
        }
        QCOMPARE(steps, QStringLiteral("xxx.x.x..x..xx"));
    }

    /// The finest pattern that leaves a tenth of the time.
    void choosesByWhatAFrameTakes_data() {
        QTest::addColumn<double>("milliseconds");
        QTest::addColumn<double>("other");
        QTest::addColumn<int>("pattern");
        QTest::newRow("quick") << 10.0 << 0.0 << 1;
        QTest::newRow("just fits") << 38.0 << 0.0 << 1;
        QTest::newRow("half") << 60.0 << 0.0 << 2;
        QTest::newRow("not half") << 79.0 << 0.0 << 3;
        QTest::newRow("a third") << 100.0 << 0.0 << 3;
        QTest::newRow("far too slow") << 2000.0 << 0.0 << 3;
        QTest::newRow("the rest counts for every frame") << 35.0 << 20.0 << 3;
    }
    void choosesByWhatAFrameTakes() {
        QFETCH(double, milliseconds);
        QFETCH(double, other);
        QFETCH(int, pattern);
        SlowMachine machine;
        const int changes = machine.run(30.0, milliseconds / 1e3, other / 1e3);
        QCOMPARE(machine.chooser.pattern(), pattern);
        QCOMPARE(changes, pattern == 1 ? 0 : 1);
    }

    void aHitchChangesNothing() {
        SlowMachine machine;
        machine.run(5.0, 0.02);
        QCOMPARE(machine.run(0.3, 0.3), 0);
        QCOMPARE(machine.run(20.0, 0.02), 0);
        QCOMPARE(machine.chooser.pattern(), 1);
    }

    void goesBackWhenThereIsRoom() {
        SlowMachine machine;
        machine.run(5.0, 0.1);
        QCOMPARE(machine.chooser.pattern(), 3);
        QCOMPARE(machine.run(4.0, 0.02), 0); // not at once
        QCOMPARE(machine.run(10.0, 0.02), 1);
        QCOMPARE(machine.chooser.pattern(), 1);
    }

    /// Too slow for every frame, with more room than needed for every second: it stays.
    void staysBetweenTheTwoLimits() {
        SlowMachine machine;
        machine.run(5.0, 0.05);
        QCOMPARE(machine.chooser.pattern(), 2);
        for (const double milliseconds : {31.0, 36.0, 39.0, 33.0}) {
            QCOMPARE(machine.run(20.0, milliseconds / 1e3), 0);
        }
    }

    void doesNotFlapWhenTheTimesWaver() {
        std::mt19937 random(20261121);
        SlowMachine machine;
        int changes = 0;
        // Ten minutes in which the machine is fast for eight seconds and slow for eight.
        for (int period = 0; period < 75; ++period) {
            const double wobble = 0.9 + 0.2 * static_cast<double>(random() % 1000) / 1000.0;
            changes += machine.run(8.0, (period % 2 == 0 ? 0.02 : 0.06) * wobble);
        }
        QVERIFY2(changes <= 16, qPrintable(QString::number(changes)));
        QVERIFY(changes >= 2);
    }

    void batchesWithoutAnEncodedFrameSayNothing() {
        PatternChooser chooser(25.0);
        for (int i = 0; i < 100; ++i) {
            chooser.recognised({4, 0, 0.0, 5.0}, Instant(std::chrono::seconds(i)));
        }
        QCOMPARE(chooser.pattern(), 1);
        QCOMPARE(chooser.load(1), 0.0);
    }
};

QTEST_APPLESS_MAIN(TestFramePattern)
#include "tst_frame_pattern.moc"
