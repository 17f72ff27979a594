#include "base/work_pace.h"

#include <QtTest>

#include <cmath>

using namespace livegloss;
using namespace std::chrono_literals;

/// How long the rest of a piece of work takes, by its pace so far.
class TestWorkPace : public QObject {
    Q_OBJECT

    const Instant start_{1h};
    static bool isAbout(std::optional<double> value, double expected) {
        return value && std::abs(*value - expected) < 1e-6 * expected;
    }

private slots:
    void resumedWorkCountsFromWhereItWasTakenUp() {
        WorkPace pace;
        QVERIFY(!pace.secondsLeft(start_, 0.5));
        QVERIFY(!pace.secondsLeft(start_ + 1s, 0.55)); // too early
        QVERIFY(isAbout(pace.secondsLeft(start_ + 10s, 0.6), 40.0));
        QVERIFY(!pace.secondsLeft(start_ + 20s, 1.0));
    }

    void tooLittleWorkTellsNothing() {
        WorkPace pace;
        QVERIFY(!pace.secondsLeft(start_, 0.0));
        QVERIFY(!pace.secondsLeft(start_ + 20s, 0.009));
        QVERIFY(isAbout(pace.secondsLeft(start_ + 20s, 0.2), 80.0));
        QVERIFY(!pace.secondsLeft(start_ + 30s, -1.0)); // no end known
    }

    void anotherPieceOfWorkCountsAnew() {
        WorkPace pace;
        pace.secondsLeft(start_, 0.0);
        QVERIFY(isAbout(pace.secondsLeft(start_ + 50s, 0.5), 50.0));
        QVERIFY(!pace.secondsLeft(start_ + 51s, 0.1));
        QVERIFY(isAbout(pace.secondsLeft(start_ + 61s, 0.2), 80.0));
        pace.restart();
        QVERIFY(!pace.secondsLeft(start_ + 62s, 0.9));
    }
};

QTEST_APPLESS_MAIN(TestWorkPace)
#include "tst_work_pace.moc"
