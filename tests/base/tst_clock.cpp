#include "base/clock.h"

#include <QTest>

using namespace livegloss;
using namespace std::chrono_literals;

class TestClock : public QObject {
    Q_OBJECT

private slots:
    void secondsRoundToMicroseconds() {
        QCOMPARE(fromSeconds(1.5), MediaTime(1500000));
        QCOMPARE(fromSeconds(0.0000014), MediaTime(1));
        QCOMPARE(fromSeconds(-0.25), MediaTime(-250000));
        QCOMPARE(toSeconds(MediaTime(2500000)), 2.5);
        // A frame number at 25 fps survives the way there and back, after hours too.
        for (const int frame : {0, 1, 7, 89999, 5400001}) {
            QCOMPARE(qRound64(toSeconds(fromSeconds(frame / 25.0)) * 25.0), frame);
        }
    }

    void manualClockMovesOnlyWhenTold() {
        ManualClock clock;
        const Instant start = clock.now();
        QCOMPARE(clock.now(), start);
        clock.advance(40ms);
        clock.advance(250us);
        QCOMPARE(clock.now() - start, Instant::duration(40250us));
    }

    void steadyClockNeverGoesBack() {
        const SteadyClock clock;
        Instant previous = clock.now();
        for (int reading = 0; reading < 10000; ++reading) {
            const Instant now = clock.now();
            QVERIFY(now >= previous);
            previous = now;
        }
    }
};

QTEST_APPLESS_MAIN(TestClock)
#include "tst_clock.moc"
