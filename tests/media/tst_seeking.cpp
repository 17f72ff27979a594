#include "clip_maker.h"
#include "index_clip.h"
#include "media/frame_source.h"
#include "reference_data.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;

namespace {

constexpr unsigned seed = 4711;
constexpr int frameCount = 560; // three groups of pictures

const SteadyClock steadyClock;

std::unique_ptr<FrameSource> openFile(const std::string& path) {
    auto source = openSource({SourceKind::File, path}, steadyClock);
    if (!source) {
        qWarning("%s", source.error().message.c_str());
        return nullptr;
    }
    return std::move(*source);
}

std::vector<FramePtr> readAll(FrameSource& source) {
    std::vector<FramePtr> frames;
    for (auto frame = source.read(); frame && *frame; frame = source.read()) {
        frames.push_back(**frame);
    }
    return frames;
}

} // namespace

class TestSeeking : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void landsOnTheFrame_data();
    void landsOnTheFrame();
    void betweenFramesShowsTheOneOnScreen();
    void outsideTheClip();
    void readsOnAfterSeeking();
    void seeksAfterTheEnd();
    void variableRate();
    void numbersAtVaryingRates();
    void referenceClips_data();
    void referenceClips();
    void testPatternsCannot();

private:
    std::string path(const QString& name) const { return (folder_.path() + "/" + name).toStdString(); }
    QTemporaryDir folder_;
};

void TestSeeking::initTestCase() {
    qInfo("seed %u", seed);
    QCOMPARE(test::writeIndexClip(path("index.mp4"), frameCount), QString());
}

void TestSeeking::landsOnTheFrame_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("muxerOptions");
    QTest::newRow("mp4") << "copy.mp4"
                         << "";
    QTest::newRow("fragmented mp4") << "fragments.mp4"
                                    << "movflags=frag_keyframe+empty_moov";
    QTest::newRow("mkv") << "copy.mkv"
                         << "";
    QTest::newRow("mkv without index") << "live.mkv"
                                       << "live=1";
    QTest::newRow("transport stream") << "copy.ts"
                                      << "";
    QTest::newRow("flv") << "copy.flv"
                         << "";
    QTest::newRow("avi, no shown times") << "copy.avi"
                                         << "";
    QTest::newRow("bare H.264, no times at all") << "copy.h264"
                                                 << "";
}

void TestSeeking::landsOnTheFrame() {
    QFETCH(QString, name);
    QFETCH(QString, muxerOptions);
    test::ClipEdits edits;
    edits.muxerOptions = muxerOptions.toStdString();
    // AVI takes H.264 only with start codes, as transport streams have it.
    const bool fromStream = name.endsWith(".avi");
    if (fromStream) {
        QCOMPARE(test::remux(path("index.mp4"), path("index.ts")), QString());
    }
    QCOMPARE(test::remux(path(fromStream ? "index.ts" : "index.mp4"), path(name), edits), QString());
    const auto source = openFile(path(name));
    QVERIFY(source);
    // Another source, so that this one has to number frames that it never came by.
    const std::vector<FramePtr> linear = readAll(*openFile(path(name)));
    QCOMPARE(static_cast<int>(linear.size()), frameCount);
    // Where the container tells how many frames there are, or decoding starts over, every number can be told.
    const bool told = name == "copy.mp4" || name.endsWith(".avi") || name.endsWith(".h264");
    std::mt19937 random(seed);
    std::vector<int> targets{0, 1, frameCount - 1, 249, 250, 251, 500, 499};
    for (int i = 0; i < 12; ++i) {
        targets.push_back(static_cast<int>(random() % frameCount));
    }
    for (const int target : targets) {
        const FramePtr& expected = linear[static_cast<std::size_t>(target)];
        QCOMPARE(test::indexOf(*expected), target);
        const auto moved = source->seek(expected->time);
        QVERIFY2(moved, moved ? "" : moved.error().message.c_str());
        for (int next = target; next < std::min(target + 3, frameCount); ++next) {
            const auto frame = source->read();
            QVERIFY(frame && *frame);
            QCOMPARE(test::indexOf(***frame), next);
            QCOMPARE((**frame)->time, linear[static_cast<std::size_t>(next)]->time);
            QVERIFY((**frame)->rgb == linear[static_cast<std::size_t>(next)]->rgb);
            const std::int64_t number = (**frame)->index;
            QVERIFY2(number == next || (!told && number == unknownFrame), qPrintable(QString::number(number)));
        }
    }
}

void TestSeeking::betweenFramesShowsTheOneOnScreen() {
    const auto source = openFile(path("index.mp4"));
    QVERIFY(source);
    for (const int index : {0, 100, 249, 250, 558}) {
        for (const MediaTime offset : {MediaTime(1), MediaTime(20ms), MediaTime(40ms) - MediaTime(1)}) {
            QVERIFY(source->seek(index * 40ms + offset));
            const auto frame = source->read();
            QVERIFY(frame && *frame);
            QCOMPARE(test::indexOf(***frame), index);
        }
    }
}

void TestSeeking::outsideTheClip() {
    const auto source = openFile(path("index.mp4"));
    QVERIFY(source);
    QVERIFY(source->seek(-5s));
    auto frame = source->read();
    QVERIFY(frame && *frame);
    QCOMPARE(test::indexOf(***frame), 0);
    QVERIFY(source->seek(1h));
    frame = source->read();
    QVERIFY(frame && *frame);
    QCOMPARE(test::indexOf(***frame), frameCount - 1);
    frame = source->read();
    QVERIFY(frame && !*frame);
}

void TestSeeking::readsOnAfterSeeking() {
    const auto source = openFile(path("index.mp4"));
    QVERIFY(source);
    QVERIFY(source->seek(10s));
    QCOMPARE(static_cast<int>(readAll(*source).size()), frameCount - 250);
}

void TestSeeking::seeksAfterTheEnd() {
    const auto source = openFile(path("index.mp4"));
    QVERIFY(source);
    for (int round = 0; round < 3; ++round) {
        QVERIFY(!readAll(*source).empty());
        QVERIFY(source->seek(20s));
    }
    const auto frame = source->read();
    QVERIFY(frame && *frame);
    QCOMPARE(test::indexOf(***frame), 500);
}

void TestSeeking::variableRate() {
    test::ClipEdits edits;
    // The second half runs at a quarter of the speed, after a pause of 3 s.
    edits.retime = [](std::int64_t time) { return time < 10'000 ? time : 13'000 + 4 * (time - 10'000); };
    QCOMPARE(test::remux(path("index.mp4"), path("variable.mp4"), edits), QString());
    const auto source = openFile(path("variable.mp4"));
    QVERIFY(source);
    const auto shownAt = [&](MediaTime time) {
        if (!source->seek(time)) {
            return -1;
        }
        const auto frame = source->read();
        return frame && *frame ? test::indexOf(***frame) : -1;
    };
    QCOMPARE(shownAt(9s), 225);
    QCOMPARE(shownAt(12s), 249);
    QCOMPARE(shownAt(13s), 250);
    QCOMPARE(shownAt(13s + 5 * 160ms + 100ms), 255);
}

// A loop, a step back: frames that were counted once keep their numbers whatever the rate; others are never numbered
// wrongly, as by the rate they would be.
void TestSeeking::numbersAtVaryingRates() {
    const auto source = openFile(path("variable.mp4"));
    QVERIFY(source);
    const auto numberAt = [&](MediaTime time) {
        return source->seek(time) ? (*source->read())->get()->index : std::int64_t{-2};
    };
    QCOMPARE(numberAt(13s + 5 * 160ms), unknownFrame);
    QVERIFY(source->seek(0s));
    QCOMPARE(static_cast<int>(readAll(*source).size()), frameCount);
    QCOMPARE(numberAt(13s + 5 * 160ms), std::int64_t{255});
    QCOMPARE(numberAt(9s), std::int64_t{225});
    QCOMPARE((*source->read())->get()->index, std::int64_t{226});
}

void TestSeeking::referenceClips_data() {
    QTest::addColumn<QString>("path");
    const QDir folder(QString::fromUtf8(LIVEGLOSS_SHARED_DIR) + "/data/media");
    const QStringList names = folder.entryList(
        {"*.mp4", "*.mov", "*.MOV", "*.mkv", "*.webm", "*.ts", "*.flv", "*.avi", "*.3gp"}, QDir::Files);
    for (const QString& name : names) {
        if (name == "sample_fragmented_sgpd_v2.mp4") {
            continue; // encrypted: what its decoder makes of the noise depends on what it decoded before
        }
        QTest::newRow(qPrintable(name)) << folder.filePath(name);
    }
    if (names.isEmpty()) {
        QTest::newRow("none") << QString();
    }
}

// Whatever a camera or muxer did: a seek gives the very pixels that reading from the start gives.
void TestSeeking::referenceClips() {
    QFETCH(QString, path);
    if (path.isEmpty()) {
        LIVEGLOSS_WITHOUT_REFERENCE_DATA("the folder with reference clips is not there");
    }
    auto opened = openSource({SourceKind::File, path.toStdString()}, steadyClock);
    if (!opened) {
        return; // tst_media_clips knows which may refuse
    }
    FrameSource& source = **opened;
    std::vector<std::pair<MediaTime, std::size_t>> linear;
    const auto hash = [](const Frame& frame) { return qHashBits(frame.rgb.data(), frame.rgb.size(), 1); };
    for (auto frame = source.read(); frame && *frame && linear.size() < 120; frame = source.read()) {
        linear.emplace_back((**frame)->time, hash(***frame));
    }
    std::mt19937 random(seed);
    for (int i = 0; i < 3; ++i) {
        const std::size_t target = random() % linear.size();
        QVERIFY(source.seek(linear[target].first));
        const auto frame = source.read();
        QVERIFY(frame && *frame);
        QCOMPARE((**frame)->time, linear[target].first);
        QVERIFY2(hash(***frame) == linear[target].second, qPrintable(QString("frame %1").arg(target)));
    }
}

void TestSeeking::testPatternsCannot() {
    const auto source = openSource({SourceKind::TestPattern, "testsrc=size=64x64:rate=25"}, steadyClock);
    QVERIFY(source);
    QVERIFY(!(*source)->info().seekable);
    const auto moved = (*source)->seek(1s);
    QVERIFY(!moved);
    QCOMPARE(static_cast<int>(moved.error().code), static_cast<int>(ErrorCode::Unsupported));
}

QTEST_GUILESS_MAIN(TestSeeking)
#include "tst_seeking.moc"
