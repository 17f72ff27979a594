#include "feature_store.h"
#include "session_fakes.h"

#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {

/// Rows at 25 a second from `first` on; the only value of each is its frame number.
ClipFeatures features(int first, int count) {
    ClipFeatures result;
    for (int i = 0; i < count; ++i) {
        const float value = static_cast<float>(first + i);
        result.append({&value, 1}, MediaTime(40ms) * (first + i));
    }
    return result;
}

ClipFeatures noise(int width, int rows) {
    ClipFeatures result;
    std::vector<float> row(static_cast<std::size_t>(width));
    for (int i = 0; i < rows; ++i) {
        for (int column = 0; column < width; ++column) {
            row[static_cast<std::size_t>(column)] = static_cast<float>((i * 37 + column * 11) % 23) / 11.5F - 1.0F;
        }
        result.append(row, MediaTime(40ms) * i);
    }
    return result;
}

OfflineDecodeOptions everything() {
    OfflineDecodeOptions options;
    options.minConfidence = 0.0F;
    return options;
}

} // namespace

class TestFeatureStore : public QObject {
    Q_OBJECT

private slots:
    void shortPartsAreNotKept() {
        FeatureStore store(1000);
        store.add(features(0, 15), false);
        QVERIFY(store.parts().empty());
    }

    void overlapsGoToTheLongerPart() {
        FeatureStore store(1000);
        store.add(features(0, 100), false);
        store.add(features(80, 60), false);
        const auto parts = store.parts();
        QCOMPARE(parts.size(), std::size_t{2});
        QCOMPARE(parts[0].rows(), 100);
        QCOMPARE(parts[1].values.front(), 100.0F);
        QCOMPARE(parts[1].rows(), 40);
    }

    void theWholeClipMakesPartsSuperfluous() {
        FeatureStore store(1000);
        store.add(features(20, 60), false);
        store.add(features(0, 100), true);
        store.add(features(50, 50), false);
        QCOMPARE(store.parts().size(), std::size_t{1});
        QCOMPARE(store.parts()[0].rows(), 100);
    }

    void memoryStaysBounded() {
        FeatureStore store(250);
        for (int i = 0; i < 20; ++i) {
            store.add(features(i * 200, 100 + i), false);
        }
        int rows = 0;
        for (const ClipFeatures& part : store.parts()) {
            rows += part.rows();
        }
        QVERIFY(rows <= 250);
        QVERIFY(rows >= 119);
    }

    void partKeepsPaddingOnlyAtItsOwnEnd() {
        ClipFeatures whole = features(0, 50);
        whole.paddedFront = whole.paddedBack = true;
        QVERIFY(whole.part(0, 20).paddedFront);
        QVERIFY(!whole.part(0, 20).paddedBack);
        QVERIFY(!whole.part(10, 40).paddedFront);
        QVERIFY(whole.part(10, 40).paddedBack);
        whole.dropFront(5);
        QCOMPARE(whole.rows(), 45);
        QCOMPARE(whole.values.front(), 5.0F);
        QVERIFY(!whole.paddedFront);
    }

    void tooShortAClipDecodesToNothing() {
        const auto model = test::tinyModel();
        const auto none = decodeOffline(model, ClipFeatures{}, everything());
        QVERIFY(none.has_value());
        QVERIFY(none->empty());
        QVERIFY(decodeOffline(model, noise(24, 1), everything()).has_value());
    }

    void glossesOfALongClipAreThoseOfItsChunks() {
        // 5000 rows need three chunks; far from the seams they give what a part of the clip alone gives.
        const auto model = test::tinyModel();
        ClipFeatures all = noise(24, 5000);
        all.paddedFront = all.paddedBack = true;
        const auto chunked = decodeOffline(model, all, everything());
        QVERIFY(chunked.has_value());
        QVERIFY(chunked->size() > 20);
        ClipFeatures middle = all.part(1600, 800); // around the first seam
        middle.paddedFront = middle.paddedBack = true;
        const auto alone = decodeOffline(model, middle, everything());
        QVERIFY(alone.has_value());
        const auto within = [](const std::vector<CaptionGloss>& glosses) {
            std::vector<std::pair<int, MediaTime>> result;
            for (const CaptionGloss& gloss : glosses) {
                if (gloss.start >= MediaTime(40ms) * 1800 && gloss.end <= MediaTime(40ms) * 2200) {
                    result.emplace_back(gloss.label, gloss.start);
                }
            }
            return result;
        };
        QVERIFY(!within(*chunked).empty());
        for (auto& [l,t] : within(*chunked)) qInfo("c %d %lld", l, (long long)t.count()/40000);
        for (auto& [l,t] : within(*alone)) qInfo("a %d %lld", l, (long long)t.count()/40000);
        QVERIFY(within(*chunked) == within(*alone));
    }

    void theOfflinePassCanBeCancelled() {
        OfflineDecodeOptions options = everything();
        options.cancelled = [] { return true; };
        const auto result = decodeOffline(test::tinyModel(), noise(24, 200), options);
        QVERIFY(!result.has_value());
        QCOMPARE(result.error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(TestFeatureStore)
#include "tst_feature_store.moc"
