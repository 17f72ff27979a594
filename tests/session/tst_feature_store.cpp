#include "decode/ctc.h"
#include "engine/temporal_head.h"
#include "feature_store.h"
#include "peak_memory.h"
#include "session/clip_recogniser.h"
#include "session_fakes.h"

#include <QTest>
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
/// What this thread's allocations may take at most, each.
thread_local std::size_t largestAllocation = unlimited;

} // namespace

void* operator new(std::size_t bytes) {
    void* memory = bytes <= largestAllocation ? std::malloc(bytes) : nullptr;
    return memory != nullptr ? memory : throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return bytes <= largestAllocation ? std::malloc(bytes) : nullptr;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

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
    std::mt19937 random(5);
    std::uniform_real_distribution<float> value(-2.0F, 2.0F);
    std::vector<float> row(static_cast<std::size_t>(width));
    for (int i = 0; i < rows; ++i) {
        std::generate(row.begin(), row.end(), [&] { return value(random); });
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
    void unsureGlossesNeedASureOneNearby() {
        const auto kept = [](std::vector<std::pair<double, float>> glosses, float least) {
            std::vector<CaptionGloss> captions;
            for (const auto& [seconds, confidence] : glosses) {
                CaptionGloss caption;
                caption.start = MediaTime(static_cast<std::int64_t>(seconds * 1e6));
                caption.confidence = confidence;
                captions.push_back(caption);
            }
            const int leftOut = leaveOutUnsure(captions, least);
            return static_cast<int>(captions.size()) + leftOut == static_cast<int>(glosses.size())
                       ? static_cast<int>(captions.size())
                       : -1;
        };
        QCOMPARE(kept({{0.0, 0.2F}, {4.0, 0.5F}, {8.0, 0.39F}}, 0.4F), 1);
        QCOMPARE(kept({{0.0, 0.2F}, {4.0, 0.71F}, {8.0, 0.11F}}, 0.4F), 3);
        QCOMPARE(kept({{0.0, 0.2F}, {5.1, 0.71F}, {9.0, 0.09F}}, 0.4F), 1);
        QCOMPARE(kept({{0.0, std::numeric_limits<float>::quiet_NaN()}, {1.0, 0.9F}}, 0.4F), 1);
        QCOMPARE(kept({{0.0, 0.0F}}, 0.0F), 1);
        QCOMPARE(kept({}, 0.4F), 0);
    }

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

    void whatIsMissingIsKnown() {
        const auto whole = [](int first, int count) {
            ClipFeatures part = features(first, count);
            part.paddedFront = true;
            return part;
        };
        FeatureStore store(250);
        store.add(whole(0, 100), false);
        store.add(whole(200, 10), false); // holds no gloss
        store.add(whole(300, 100), false);
        QVERIFY(store.keptAll());
        store.add(whole(500, 100), false); // no room for three
        QVERIFY(!store.keptAll());
        store.clear();
        QVERIFY(store.keptAll());
        ClipFeatures late = whole(0, 100);
        late.dropFront(10);
        store.add(std::move(late), false);
        QVERIFY(!store.keptAll());
        store.add(whole(0, 100), true);
        QVERIFY(store.keptAll());
        store.noteMissing();
        QVERIFY(!store.keptAll());
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

    void chunksOfALongClipGiveWhatOneRunGives() {
        // 5000 rows need three chunks.
        const auto model = test::tinyModel();
        ClipFeatures features = noise(24, 5000);
        features.paddedFront = features.paddedBack = true;
        const auto chunked = decodeOffline(model, features, everything());
        QVERIFY(chunked.has_value());
        Matrix rows(features.rows(), features.width);
        rows.values = features.values;
        const auto output = engine::makeTemporalHead(model)->run(rows);
        QVERIFY(output.has_value());
        const auto whole = decode::decode(output->sequence, output->convolutional, {});
        QVERIFY(whole.size() > 20);
        QCOMPARE(chunked->size(), whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            QCOMPARE(chunked->at(i).label, whole[i].label);
            QVERIFY(std::abs(chunked->at(i).confidence - whole[i].confidence) < 1e-2F);
            QCOMPARE(chunked->at(i).start, MediaTime(40ms) * (whole[i].firstStep * 4 + 6));
        }
    }

    void longClipsAreNotCopied() {
        const ClipFeatures features = noise(24, 500'000); // 48 MB and their times
        OfflineDecodeOptions options = everything();
        options.cancelled = [] { return true; };
        const testfiles::PeakMemory memory;
        QVERIFY(!decodeOffline(test::tinyModel(), features, options));
        QVERIFY2(memory.growth() < 30'000'000, qPrintable(QString::number(memory.growth())));
    }

    void wantOfMemoryIsAnError() {
        const auto model = test::tinyModel();
        const ClipFeatures features = noise(24, 5000);
        auto frame = std::make_shared<Frame>();
        frame->width = frame->height = 64;
        frame->rgb.resize(64 * 64 * 3);
        ClipRecogniser recogniser(model, {});
        Result<void> pushed;
        for (int i = 0; i < 30; ++i) {
            frame = std::make_shared<Frame>(*frame);
            frame->time = MediaTime(40ms) * i;
            pushed = recogniser.push(frame);
            QVERIFY(pushed);
        }
        frame = std::make_shared<Frame>(*frame);
        frame->time = MediaTime(40ms) * 30;
        largestAllocation = 4000;
        const auto decoded = decodeOffline(model, features, everything());
        pushed = recogniser.push(frame);
        const auto finished = recogniser.finish();
        largestAllocation = unlimited;
        QVERIFY(!decoded && decoded.error().code == ErrorCode::OutOfMemory);
        QVERIFY(!finished && finished.error().code == ErrorCode::OutOfMemory);
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
