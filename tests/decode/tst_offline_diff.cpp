#include "decode/offline_diff.h"

#include <QTest>
#include <random>

using namespace livegloss::decode;

namespace {

StreamGloss live(int label, std::int64_t step) {
    return {step, label, step, step, step, 0.9F, {}};
}
DecodedGloss offline(int label, int step) {
    return {label, step, step, step, 0.9F, {}};
}

QString text(const std::vector<OfflineDifference>& differences) {
    QString result;
    for (const OfflineDifference& difference : differences) {
        static constexpr const char* kNames[] = {"=", "+", "-", "~"};
        result += QString("%1%2/%3 ")
                      .arg(kNames[static_cast<int>(difference.change)])
                      .arg(difference.live)
                      .arg(difference.offline);
    }
    return result.trimmed();
}

} // namespace

class TestOfflineDiff : public QObject {
    Q_OBJECT

private slots:
    void marksEveryKindOfChange() {
        const std::vector<StreamGloss> shown{live(1, 5), live(2, 10), live(3, 15), live(4, 30)};
        const std::vector<DecodedGloss> whole{offline(1, 6), offline(9, 11), offline(4, 29), offline(5, 40)};
        QCOMPARE(text(compareWithOffline(shown, whole)), QStringLiteral("=0/0 ~1/1 -2/-1 =3/2 +-1/3"));
    }

    void handlesEmptySides() {
        QVERIFY(compareWithOffline({}, {}).empty());
        QCOMPARE(text(compareWithOffline({live(1, 5)}, {})), QStringLiteral("-0/-1"));
        QCOMPARE(text(compareWithOffline({}, {offline(1, 5)})), QStringLiteral("+-1/0"));
    }

    void timeDecidesBetweenRepetitions() {
        const std::vector<StreamGloss> shown{live(1, 20)};
        QCOMPARE(text(compareWithOffline(shown, {offline(1, 16), offline(1, 21)})), QStringLiteral("+-1/0 =0/1"));
        QCOMPARE(text(compareWithOffline(shown, {offline(1, 20), offline(1, 24)})), QStringLiteral("=0/0 +-1/1"));
    }

    void glossesFarApartAreDifferentSigns() {
        QCOMPARE(text(compareWithOffline({live(1, 5)}, {offline(1, 60)})), QStringLiteral("-0/-1 +-1/0"));
        QCOMPARE(text(compareWithOffline({live(1, 60)}, {offline(1, 5)})), QStringLiteral("+-1/0 -0/-1"));
        QCOMPARE(text(compareWithOffline({live(1, 5)}, {offline(2, 12)})), QStringLiteral("-0/-1 +-1/0"));
    }

    void agreementBeatsReplacement() {
        // Pairing 2 with 3 would leave the equal glosses apart.
        QCOMPARE(text(compareWithOffline({live(2, 10)}, {offline(3, 10), offline(2, 13)})),
                 QStringLiteral("+-1/0 =0/1"));
    }

    void everyGlossAppearsOnceInOrder() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        for (int round = 0; round < 300; ++round) {
            std::vector<StreamGloss> shown;
            std::vector<DecodedGloss> whole;
            int step = 0;
            for (int i = 0; i < round % 20; ++i) {
                step += 1 + static_cast<int>(random() % 9);
                const int label = 1 + static_cast<int>(random() % 4);
                if (random() % 5 != 0) {
                    shown.push_back(live(label, step));
                }
                if (random() % 5 != 0) {
                    whole.push_back(offline(random() % 4 == 0 ? 9 : label, step));
                }
            }
            int nextLive = 0;
            int nextOffline = 0;
            for (const OfflineDifference& difference : compareWithOffline(shown, whole)) {
                QCOMPARE(difference.live, difference.change == OfflineChange::Added ? -1 : nextLive++);
                QCOMPARE(difference.offline, difference.change == OfflineChange::Removed ? -1 : nextOffline++);
                if (difference.live >= 0 && difference.offline >= 0) {
                    const bool same = shown[static_cast<std::size_t>(difference.live)].label ==
                                      whole[static_cast<std::size_t>(difference.offline)].label;
                    QCOMPARE(same, difference.change == OfflineChange::Confirmed);
                }
            }
            QCOMPARE(nextLive, static_cast<int>(shown.size()));
            QCOMPARE(nextOffline, static_cast<int>(whole.size()));
        }
    }
};

QTEST_APPLESS_MAIN(TestOfflineDiff)
#include "tst_offline_diff.moc"
