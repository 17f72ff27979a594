#include "synth/signer.h"

#include <QTest>
#include <algorithm>
#include <random>
#include <set>

using namespace livegloss::synth;

namespace {

std::uint64_t drawnSeed() {
    const std::uint64_t seed = std::random_device{}();
    qInfo("seed %llu", static_cast<unsigned long long>(seed));
    return seed;
}

} // namespace

class StillTest : public QObject {
    Q_OBJECT

private slots:
    void captionsUseTheVocabularyInFixedOrder() {
        const std::set<std::string> words(stillVocabulary().begin(), stillVocabulary().end());
        QCOMPARE(words.size(), stillVocabulary().size());
        const std::uint64_t seed = drawnSeed();
        for (std::uint64_t i = 0; i < 40; ++i) {
            for (const Still& still : makeStillGroup(seed + i, Split::Train, 96, 6)) {
                QCOMPARE(still.caption.size(), std::size_t{10});
                QCOMPARE(still.caption[0], std::string("right"));
                QCOMPARE(still.caption[4], std::string("left"));
                QVERIFY(still.caption[8].starts_with("brows-"));
                QVERIFY(still.caption[9].starts_with("mouth-"));
                for (const std::string& word : still.caption) {
                    QVERIFY2(words.contains(word), word.c_str());
                }
            }
        }
    }

    void everyWordIsUsed() {
        std::set<std::string> used;
        for (std::uint64_t seed = 0; seed < 150; ++seed) {
            for (const Still& still : makeStillGroup(seed, Split::Dev, 96, 4)) {
                used.insert(still.caption.begin(), still.caption.end());
            }
        }
        for (const std::string& word : stillVocabulary()) {
            QVERIFY2(used.contains(word), word.c_str());
        }
    }

    void membersDifferInOneOrTwoAttributes() {
        const std::uint64_t seed = drawnSeed();
        for (std::uint64_t i = 0; i < 40; ++i) {
            const auto group = makeStillGroup(seed + i, Split::Train, 96, 8);
            QCOMPARE(group.size(), std::size_t{8});
            std::set<std::vector<std::string>> captions;
            for (const Still& still : group) {
                QVERIFY2(captions.insert(still.caption).second, "two members have the same caption");
                int differing = 0;
                for (std::size_t word = 0; word < still.caption.size(); ++word) {
                    differing += still.caption[word] != group.front().caption[word] ? 1 : 0;
                }
                QVERIFY(differing <= 2);
                QVERIFY(&still == &group.front() || still.rgb != group.front().rgb);
            }
        }
    }

    void regionsShowHandsAndFace() {
        const std::uint64_t seed = drawnSeed();
        int changed = 0;
        for (std::uint64_t i = 0; i < 40; ++i) {
            const auto group = makeStillGroup(seed + i, Split::Train, 96, 6);
            const Still& first = group.front();
            for (const Still& still : group) {
                QCOMPARE(still.regions.size(), std::size_t{96 * 96});
                QVERIFY(std::count(still.regions.begin(), still.regions.end(), 3) > 40);
                QVERIFY(
                    std::all_of(still.regions.begin(), still.regions.end(), [](int region) { return region <= 3; }));
                // A change of the face alone leaves the dominant hand's region as it is.
                if (std::equal(still.caption.begin(), still.caption.begin() + 4, first.caption.begin()) &&
                    std::equal(still.caption.begin() + 4, still.caption.begin() + 8, first.caption.begin() + 4)) {
                    QVERIFY(std::count(still.regions.begin(), still.regions.end(), 1) ==
                            std::count(first.regions.begin(), first.regions.end(), 1));
                } else if (still.caption[3] != first.caption[3]) {
                    const auto dominant = [](int region) { return region == 1; };
                    changed += std::count_if(still.regions.begin(), still.regions.end(), dominant) > 8 ? 1 : 0;
                }
            }
        }
        QVERIFY2(changed > 5, "a moved dominant hand has no region");
    }

    void sameArgumentsSameBytes() {
        const std::uint64_t seed = drawnSeed();
        const auto first = makeStillGroup(seed, Split::Test, 128, 5);
        const auto second = makeStillGroup(seed, Split::Test, 128, 5);
        const auto other = makeStillGroup(seed, Split::Train, 128, 5);
        for (std::size_t i = 0; i < first.size(); ++i) {
            QVERIFY(first[i].rgb == second[i].rgb && first[i].caption == second[i].caption);
        }
        QVERIFY(first[0].rgb != other[0].rgb);
    }

    void largeGroupsEnd() { QCOMPARE(makeStillGroup(4, Split::Train, 96, 40).size(), std::size_t{40}); }

    void senselessSizesGiveNothing() {
        QVERIFY(makeStillGroup(1, Split::Train, 10, 4).empty());
        QVERIFY(makeStillGroup(1, Split::Train, 128, 0).empty());
    }
};

QTEST_APPLESS_MAIN(StillTest)
#include "tst_synth_still.moc"
