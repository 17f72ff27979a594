#include "picture_board.h"
#include "session_fakes.h"
#include "statistics_meter.h"

#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {
vision::RgbaPicturePtr map() {
    return std::make_shared<const vision::RgbaPicture>();
}
} // namespace

class TestStatistics : public QObject {
    Q_OBJECT

    std::map<int, vision::RgbaPicturePtr> maps_;

    void addMap(PictureBoard& board, int frame) { board.addAttention(1, 40ms * frame, maps_[frame] = map(), {}, 40ms); }
    /// Gives the board a camera's frame; whether frame `before` is on show then, with its map.
    bool showsLive(PictureBoard& board, int frame, int before) {
        board.show(test::greyFrame(frame, 40ms * frame), 40ms * frame, true);
        const Picture picture = board.picture();
        return picture.frame->index == before && picture.attention && picture.attention == maps_[before];
    }

private slots:
    void rateCountsTheLastTwoSeconds() {
        const auto clock = std::make_shared<ManualClock>();
        RateMeter meter;
        for (int i = 0; i < 100; ++i) {
            meter.add(clock->now());
            clock->advance(40ms);
        }
        QVERIFY(qAbs(meter.perSecond(clock->now()) - 25.0) < 0.5);
        for (int i = 0; i < 100; ++i) {
            meter.add(clock->now());
            clock->advance(20ms);
        }
        QVERIFY(qAbs(meter.perSecond(clock->now()) - 50.0) < 1.0);
        clock->advance(1s);
        QVERIFY(meter.perSecond(clock->now()) < 30.0);
        clock->advance(2s);
        QCOMPARE(meter.perSecond(clock->now()), 0.0);
    }

    void overloadIsSaidOnlyWhenItGoesOn() {
        const auto clock = std::make_shared<ManualClock>();
        StatisticsMeter meter(clock);
        meter.droppedByOverload(0);
        clock->advance(500ms);
        meter.droppedByOverload(0);
        QVERIFY(!meter.read().cannotKeepUp);
        clock->advance(600ms);
        meter.droppedByOverload(0);
        QVERIFY(meter.read().cannotKeepUp);
        QCOMPARE(meter.read().droppedOverload, std::int64_t{3});
        clock->advance(1100ms);
        QVERIFY(!meter.read().cannotKeepUp);
        meter.droppedByOverload(0); // a single one much later is a hitch again
        QVERIFY(!meter.read().cannotKeepUp);
    }

    void lostFramesShowAsGaps() {
        LossWatch watch;
        MediaTime time{0};
        int lost = 0;
        for (int i = 0; i < 50; ++i) {
            time += i == 20 ? 120ms : 40ms + (i % 3 - 1) * 5ms;
            lost += watch.frame(time);
        }
        QCOMPARE(lost, 2);
        for (int i = 0; i < 50; ++i) { // the light fails and the camera halves its rate
            lost += watch.frame(time += 80ms);
        }
        QVERIFY(lost <= 5);
    }

    void whatWaitedAtTheStartIsNoRate() {
        LossWatch watch;
        MediaTime time{0};
        int lost = 0;
        for (int i = 0; i < 3; ++i) { // from a buffer
            lost += watch.frame(time += 3ms);
        }
        for (int i = 0; i < 20; ++i) {
            lost += watch.frame(time += 40ms);
        }
        QCOMPARE(lost, 0);
        QCOMPARE(watch.frame(time + 120ms), 2);
    }

    void withoutAnyAttentionLivePicturesDoNotWait() {
        PictureBoard board;
        board.clear(1);
        board.startAttended();
        int shown = 0;
        std::uint64_t serial = board.picture().serial;
        for (int i = 0; i < 100; ++i) {
            board.show(test::greyFrame(i, 40ms * i), 40ms * i, true);
            shown += board.picture().serial != serial ? 1 : 0;
            serial = board.picture().serial;
        }
        QVERIFY2(shown >= 70, qPrintable(QString::number(shown))); // all but those of the first second
        QCOMPARE(board.picture().frame->index, std::int64_t{99});
    }

    void whatIsGoneDoesNotCount() {
        const auto clock = std::make_shared<ManualClock>();
        StatisticsMeter meter(clock);
        meter.follow(2);
        for (const std::uint64_t epoch : {1, 2, 3}) {
            meter.encoded(epoch, 3, 1);
            meter.droppedByOverload(epoch);
            meter.leftOutByPattern(epoch);
        }
        meter.caption(1, clock->now() - 5s);
        QCOMPARE(meter.read().encoded, std::int64_t{3});
        QCOMPARE(meter.read().reused, std::int64_t{1});
        QCOMPARE(meter.read().droppedOverload, std::int64_t{1});
        QCOMPARE(meter.read().interpolated, std::int64_t{1});
        QCOMPARE(meter.read().captionDelaySeconds, 0.0);
    }

    void captionDelayRunsFromCapture() {
        const auto clock = std::make_shared<ManualClock>();
        StatisticsMeter meter(clock);
        const Instant captured = clock->now();
        clock->advance(300ms);
        meter.caption(0, captured);
        QCOMPARE(meter.read().captionDelaySeconds, 0.3);
        meter.reset();
        QCOMPARE(meter.read().captionDelaySeconds, 0.0);
    }

    /// A model at 12.5 frames a second and a video at 25: every second picture goes with the map before it.
    void aFrameGetsItsOwnMapOrNone() {
        PictureBoard board;
        board.clear(1);
        const auto own = map();
        board.addAttention(1, 80ms, own, {}, 80ms);
        board.show(test::greyFrame(2, 80ms), 80ms);
        QCOMPARE(board.picture().attention, own);
        board.show(test::greyFrame(3, 120ms), 120ms);
        QCOMPARE(board.picture().attention, own);
        board.show(test::greyFrame(4, 160ms), 160ms); // its own is yet to come
        QVERIFY(!board.picture().attention);
    }

    /// Frames of 66, 16 and 40 ms: the network had none of the second.
    void unevenFramesGoWithTheFrameBefore() {
        PictureBoard board;
        board.clear(1);
        const auto before = map();
        board.addAttention(1, 0ms, before, {}, 40ms);
        board.show(test::greyFrame(1, 66ms), 66ms);
        QVERIFY(!board.picture().attention); // its own may be yet to come
        board.addAttention(1, 82ms, map(), {}, 40ms);
        QCOMPARE(board.picture().attention, before);
        board.addAttention(1, 500ms, map(), {}, 40ms);
        board.show(test::greyFrame(9, 400ms), 400ms); // in a gap, as after a jump
        QVERIFY(!board.picture().attention);
    }

    /// As the intake gives a camera's frames out: each map comes after the next frame.
    void aLivePictureWaitsForItsMap() {
        PictureBoard board;
        board.clear(1);
        QVERIFY(!showsLive(board, 0, 0)); // nothing is known of maps yet: at once, without
        addMap(board, 0);
        for (int frame = 1; frame < 40; ++frame) {
            QVERIFY(showsLive(board, frame, frame - 1));
            addMap(board, frame);
            QCOMPARE(board.picture().frame->index, std::int64_t{frame});
            QCOMPARE(board.picture().attention, maps_[frame]);
        }
    }

    /// A machine that takes longer shows pictures at once and without, not with an old map, and does not blink.
    void livePicturesDoNotWaitForASlowModel() {
        PictureBoard board;
        board.clear(1);
        constexpr int lag = 8; // 320 ms
        for (int frame = 0; frame < 50; ++frame) {
            showsLive(board, frame, frame);
            QCOMPARE(board.picture().frame->index, std::int64_t{frame});
            if (frame >= lag) {
                addMap(board, frame - lag);
            }
            QVERIFY(!board.picture().attention);
        }
        for (int frame = 50 - lag; frame < 50; ++frame) {
            addMap(board, frame); // it caught up, and the picture stands still
        }
        QCOMPARE(board.picture().attention, maps_[49]);
    }

    /// Maps come three at a time: the oldest too late, the newest just in time.
    void theOverlayDoesNotBlink() {
        PictureBoard board;
        board.clear(1);
        bool on = false;
        MediaTime off = MediaTime::min();
        int absences = 0;
        for (int frame = 0; frame < 400; ++frame) {
            board.show(test::greyFrame(frame, 40ms * frame), 40ms * frame, true);
            const bool early = frame < 60 || (frame > 200 && frame < 240); // one by one and in time
            for (const int before : early ? std::vector<int>{2} : std::vector<int>{8, 5, 2}) {
                if (frame % (early ? 3 : 9) == 2 && frame >= before) {
                    board.addAttention(1, 40ms * (frame - before), map(), {}, 120ms);
                }
            }
            const Picture shown = board.picture();
            if (on && !shown.attention) {
                off = shown.position;
                ++absences;
            } else if (!on && shown.attention && absences > 0) {
                QVERIFY2(shown.position - off >= 400ms, qPrintable(QString::number((shown.position - off) / 1ms)));
            }
            on = shown.attention != nullptr;
        }
        QVERIFY(absences > 0);
    }

    void aModelThatStopsHoldsLivePicturesUpOnce() {
        PictureBoard board;
        board.clear(1);
        showsLive(board, 0, 0);
        addMap(board, 0);
        int shown = 0;
        for (int frame = 1; frame < 100; ++frame) {
            board.show(test::greyFrame(frame, 40ms * frame), 40ms * frame, true);
            shown += board.picture().frame->index == frame ? 1 : 0;
            QVERIFY(!board.picture().attention || board.picture().frame->index == 0);
        }
        QVERIFY2(shown >= 93, qPrintable(QString::number(shown))); // all but those of 0.2 s
    }

    void hidingTheOverlayLetsWaitingPicturesGo() {
        PictureBoard board;
        board.clear(1);
        showsLive(board, 0, 0);
        addMap(board, 0);
        QVERIFY(showsLive(board, 1, 0));
        board.setAttentionVisible(false);
        QCOMPARE(board.picture().frame->index, std::int64_t{1});
    }

    void aLateMapReachesThePictureOnShow() {
        PictureBoard board;
        board.clear(1);
        board.show(test::greyFrame(0, 40ms), 40ms);
        const std::uint64_t serial = board.picture().serial;
        board.addAttention(1, 40ms, map(), {0.1, 0.1, 0.8, 0.8}, 40ms);
        QVERIFY(board.picture().attention);
        QVERIFY(board.picture().serial > serial);
        QCOMPARE(board.picture().attentionRegion.left, 0.1);
        board.addAttention(1, 120ms, map(), {}, 40ms); // of a frame yet to come
        const std::uint64_t after = board.picture().serial;
        QCOMPARE(board.picture().serial, after);
    }

    void mapsOfAnotherSourceOrModelAreNotTaken() {
        PictureBoard board;
        board.clear(2);
        board.show(test::greyFrame(0, 0ms), 0ms);
        board.addAttention(1, 0ms, map(), {}, 40ms);
        QVERIFY(!board.picture().attention);
        board.addAttention(2, 0ms, map(), {}, 40ms);
        QVERIFY(board.picture().attention);
        board.dropAttention(3);
        QVERIFY(!board.picture().attention);
    }

    void attentionCanBeHidden() {
        PictureBoard board;
        board.clear(1);
        board.show(test::greyFrame(0, 0ms), 0ms);
        board.addAttention(1, 0ms, map(), {}, 40ms);
        board.setAttentionVisible(false);
        QVERIFY(!board.picture().attention);
        board.setAttentionVisible(true);
        QVERIFY(board.picture().attention);
    }

    void mapsAreForgottenFarFromThePicture() {
        PictureBoard board;
        board.clear(1);
        board.addAttention(1, 0ms, map(), {}, 40ms);
        board.show(test::greyFrame(0, 100s), 100s);
        for (int i = 0; i < 96; ++i) {
            board.addAttention(1, 100s + i * 1ms, map(), {}, 40ms);
        }
        board.show(test::greyFrame(0, 0ms), 0ms);
        QVERIFY(!board.picture().attention);
        board.show(test::greyFrame(0, 100s), 100s);
        QVERIFY(board.picture().attention);
    }
};

QTEST_APPLESS_MAIN(TestStatistics)
#include "tst_statistics.moc"
