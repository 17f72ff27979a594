#include "caption_history.h"
#include "session/offline_marks.h"

#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {

CaptionGloss gloss(std::int64_t id, int label, MediaTime start, MediaTime end = MediaTime{-1}) {
    CaptionGloss result;
    result.id = id;
    result.label = label;
    result.text = std::to_string(label);
    result.start = start;
    result.end = end < MediaTime{0} ? start + 200ms : end;
    result.confidence = 0.9F;
    return result;
}

CaptionUpdate commits(std::vector<CaptionGloss> committed, std::vector<CaptionGloss> provisional = {}) {
    CaptionUpdate update;
    update.committed = std::move(committed);
    update.provisional = std::move(provisional);
    return update;
}

std::vector<int> labels(const std::vector<CaptionGloss>& glosses) {
    std::vector<int> result;
    for (const CaptionGloss& item : glosses) {
        result.push_back(item.label);
    }
    return result;
}

/// A whole first run over a clip of four signs.
CaptionHistory recognisedClip() {
    CaptionHistory history;
    history.beginRun(0s, true, false);
    history.apply(commits({gloss(1, 7, 1s), gloss(2, 8, 3s), gloss(3, 9, 5s), gloss(4, 7, 7s)}));
    history.endRun(9s);
    return history;
}

} // namespace

class TestCaptionHistory : public QObject {
    Q_OBJECT

private slots:
    void aCommittedGlossKeepsTheIdItHadAsProvisional() {
        CaptionHistory history;
        history.beginRun(0s, true, false);
        QVERIFY(history.apply(commits({}, {gloss(1, 7, 1s)})));
        const std::int64_t id = history.provisional().at(0).id;
        QVERIFY(!history.apply(commits({}, {gloss(1, 7, 1s)})));
        QVERIFY(history.apply(commits({gloss(1, 7, 1s)})));
        QCOMPARE(history.committed().at(0).id, id);
        QVERIFY(history.provisional().empty());
    }

    void recognisedAgainIsReplacedNotDoubled() {
        CaptionHistory history = recognisedClip();
        const std::int64_t id = history.committed().at(1).id;
        history.beginRun(2s, false, false);
        history.apply(commits({gloss(1, 8, 3s + 80ms)}));
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 8, 9, 7}));
        QCOMPARE(history.committed().at(1).id, id);
        QCOMPARE(history.committed().at(1).start, MediaTime(3s + 80ms));
        history.apply(commits({gloss(2, 6, 5s)}));
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 8, 6, 7}));
    }

    void whatANewRunDoesNotFindGoesOnceItIsPast() {
        CaptionHistory history = recognisedClip();
        history.beginRun(2s, false, false);
        history.apply(commits({gloss(1, 9, 5s)}));
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 9, 7}));
        history.endRun(9s);
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 9}));
    }

    void theFirstMomentsAfterASeekBelongToTheEarlierRun() {
        CaptionHistory history = recognisedClip();
        history.beginRun(3s + 100ms, false, false); // in the middle of sign 8
        history.apply(commits({gloss(1, 5, 3s + 120ms)}));
        history.endRun(4s);
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 8, 9, 7}));
    }

    void aProvisionalSignThatTheHistoryShowsIsNotShownTwice() {
        CaptionHistory history = recognisedClip();
        history.beginRun(2s, false, false);
        history.apply(commits({}, {gloss(1, 8, 3s), gloss(2, 5, 4s)}));
        QCOMPARE(labels(history.provisional()), (std::vector<int>{5}));
    }

    void repeatedSignsOfOneRunStayApart() {
        CaptionHistory history;
        history.beginRun(0s, true, false);
        history.apply(commits({gloss(1, 7, 1s), gloss(2, 7, 1s + 250ms)}));
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 7}));
    }

    void aNewRoundReplacesTheOldWithItsFirstGloss() {
        CaptionHistory history = recognisedClip();
        history.beginRun(0s, true, true);
        history.apply(commits({}));
        QCOMPARE(history.committed().size(), std::size_t{4});
        history.apply(commits({}, {gloss(1, 7, 1s)}));
        QVERIFY(history.committed().empty());
        QCOMPARE(history.provisional().size(), std::size_t{1});
    }

    void aNewRoundWithoutGlossesEndsEmpty() {
        CaptionHistory history = recognisedClip();
        history.beginRun(0s, true, true);
        QVERIFY(history.endRun(9s));
        QVERIFY(history.committed().empty());
    }

    void aRoundStoppedHalfWayLeavesTheWholeHistory() {
        CaptionHistory history = recognisedClip();
        history.keepWholeClip();
        history.beginRun(0s, true, true);
        history.apply(commits({gloss(1, 7, 1s)}));
        QCOMPARE(labels(history.committed()), (std::vector<int>{7}));
        history.endRun(2s);
        history.showWholeClip();
        QCOMPARE(labels(history.committed()), (std::vector<int>{7, 8, 9, 7}));
    }

    void idsAreNeverUsedTwice() {
        CaptionHistory history = recognisedClip();
        const std::int64_t last = history.committed().back().id;
        history.clear();
        history.beginRun(0s, true, false);
        history.apply(commits({gloss(1, 7, 1s)}));
        QVERIFY(history.committed().at(0).id > last);
    }

    void theOfflinePassJudgesOnlyWhatItSaw() {
        const std::vector<CaptionGloss> committed{gloss(1, 11, 1s), gloss(2, 12, 2s), gloss(3, 13, 3s),
                                                  gloss(4, 14, 61s)};
        const std::vector<CaptionGloss> offline{gloss(0, 12, 2s), gloss(0, 15, 62s)};
        const auto marked = markChangesWithin({{1500ms, 5s}, {60s, 70s}}, committed, offline, 40ms);
        QCOMPARE(labels(marked), (std::vector<int>{11, 12, 13, 14, 15}));
        const auto change = [&](std::size_t i) { return marked[i].change; };
        QCOMPARE(change(0), OfflineChange::None); // before all that was kept
        QCOMPARE(change(1), OfflineChange::Confirmed);
        QCOMPARE(change(2), OfflineChange::Removed);
        QCOMPARE(change(3), OfflineChange::Removed);
        QCOMPARE(change(4), OfflineChange::Added);
        QCOMPARE(markChangesWithin({}, committed, {}, 40ms).size(), committed.size());
    }
};

QTEST_APPLESS_MAIN(TestCaptionHistory)
#include "tst_caption_history.moc"
