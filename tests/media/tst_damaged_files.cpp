#include "clip_maker.h"
#include "file_outcome.h"
#include "index_clip.h"
#include "media/frame_source.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <random>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::get;
using test::Outcome;
using test::put;
using test::readFile;

namespace {

constexpr unsigned seed = 31337;
const SteadyClock steadyClock;

} // namespace

class TestDamagedFiles : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void truncatedFiles_data();
    void truncatedFiles();
    void missingEndsAreTold_data();
    void missingEndsAreTold();
    void damagedMiddlesAreCounted();
    void losesNothingTwice();
    void damagedPacketsAreSkipped();
    void damagedBytesNeverCrash();

private:
    std::string path(const QString& name) const { return (folder_.path() + "/" + name).toStdString(); }
    QTemporaryDir folder_;
};

void TestDamagedFiles::initTestCase() {
    qInfo("seed %u", seed);
    QCOMPARE(test::writeIndexClip(path("index.mp4"), 60), QString());
}

void TestDamagedFiles::truncatedFiles_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"index.mp4", "cut.mkv", "cut.ts", "cut.flv"}) {
        QTest::newRow(name) << QString(name);
    }
}

// A file cut anywhere gives the frames before the cut, or says that there are none; it never crashes or hangs.
void TestDamagedFiles::truncatedFiles() {
    QFETCH(QString, name);
    if (name != "index.mp4") {
        QCOMPARE(test::remux(path("index.mp4"), path(name)), QString());
    }
    const QByteArray whole = get(path(name));
    std::size_t most = 0;
    for (int tenth = 1; tenth < 10; ++tenth) {
        put(path("short-" + name), whole.left(whole.size() * tenth / 10));
        const Outcome outcome = readFile(path("short-" + name));
        QVERIFY(!outcome.frames.empty() || outcome.error);
        if (outcome.error) {
            QVERIFY2(outcome.error->code == ErrorCode::Unreadable, outcome.error->message.c_str());
        }
        QVERIFY(outcome.frames.size() < 60);
        // Shortly before the cut, frames may be missing that the file stores behind later ones.
        constexpr std::size_t reordered = 6;
        for (std::size_t i = 0; i + reordered < outcome.frames.size(); ++i) {
            QCOMPARE(test::indexOf(*outcome.frames[i]), static_cast<int>(i));
        }
        most = std::max(most, outcome.frames.size());
    }
    QVERIFY2(most > 20, qPrintable(QString("at most %1 frames").arg(most)));
}

void TestDamagedFiles::missingEndsAreTold_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("startSeconds"); // as of a video beside sound that begins earlier
    QTest::newRow("MP4") << "index.mp4" << 0;
    QTest::newRow("Matroska") << "tail.mkv" << 0;
    QTest::newRow("Matroska, late") << "tail.mkv" << 2;
    QTest::newRow("FLV") << "tail.flv" << 0;
    QTest::newRow("FLV, late") << "tail.flv" << 2;
    QTest::newRow("MP4, late") << "tail.mp4" << 2;
}

void TestDamagedFiles::missingEndsAreTold() {
    QFETCH(QString, name);
    QFETCH(int, startSeconds);
    if (name != "index.mp4") {
        test::ClipEdits edits;
        edits.retime = [&](std::int64_t time) { return time + startSeconds * 1000; };
        edits.muxerOptions = "movflags=faststart";
        QCOMPARE(test::remux(path("index.mp4"), path(name), edits), QString());
    }
    const Outcome whole = readFile(path(name));
    QCOMPARE(whole.frames.size(), std::size_t{60});
    QCOMPARE(whole.losses.frames, std::int64_t{0});
    QVERIFY(!whole.losses.endsAt);
    const QByteArray bytes = get(path(name));
    // Half a second has to be missing before containers without a list of frames are believed.
    Outcome cut;
    for (int percent = 95; percent > 20 && (cut.frames.empty() || cut.frames.size() > 40); percent -= 3) {
        put(path("cut-" + name), bytes.left(bytes.size() * percent / 100));
        cut = readFile(path("cut-" + name));
    }
    QVERIFY(cut.frames.size() > 5 && cut.frames.size() <= 40);
    QVERIFY(cut.losses.endsAt);
    const double end = static_cast<double>(cut.frames.size()) / 25.0;
    const auto told = std::to_string(toSeconds(*cut.losses.endsAt)) + " s, " + std::to_string(cut.losses.frames);
    QVERIFY2(std::abs(toSeconds(*cut.losses.endsAt) - end) < 0.3, told.c_str());
    const auto missing = 60 - static_cast<std::int64_t>(cut.frames.size());
    QVERIFY2(std::abs(cut.losses.frames - missing) <= (name == "index.mp4" ? 0 : 4), told.c_str());
}

void TestDamagedFiles::damagedMiddlesAreCounted() {
    QCOMPARE(test::remux(path("index.mp4"), path("middle.mkv")), QString());
    for (const QString name : {"index.mp4", "middle.mkv"}) {
        QByteArray bytes = get(path(name));
        const qsizetype from = bytes.size() * 8 / 10;
        for (qsizetype at = from; at < bytes.size() * 9 / 10; ++at) {
            bytes[at] = static_cast<char>(0xAA);
        }
        put(path("hurt-" + name), bytes);
        const Outcome outcome = readFile(path("hurt-" + name));
        const auto read = static_cast<std::int64_t>(outcome.frames.size());
        QVERIFY(read > 5);
        if (name == "index.mp4") {
            QVERIFY(read < 60);
            QCOMPARE(read + outcome.losses.frames, std::int64_t{60});
        } else if (read < 60) { // this container does not say how many there should be
            QVERIFY(outcome.losses.frames > 0);
        }
    }
}

void TestDamagedFiles::losesNothingTwice() {
    const QByteArray bytes = get(path("index.mp4"));
    put(path("twice.mp4"), bytes.left(bytes.size() * 9 / 10));
    auto source = openSource({SourceKind::File, path("twice.mp4")}, steadyClock);
    QVERIFY(source);
    const auto readOn = [&] {
        while (auto frame = (*source)->read()) {
            if (!*frame) {
                break;
            }
        }
        return (*source)->losses().frames;
    };
    const std::int64_t once = readOn();
    QVERIFY(once > 3);
    QCOMPARE(readOn(), once);
    QVERIFY((*source)->seek(400ms));
    QCOMPARE(readOn(), 2 * once); // it was come by again
}

void TestDamagedFiles::damagedPacketsAreSkipped() {
    test::ClipEdits edits;
    edits.change = [](AVPacket& packet, int number) {
        if (number == 20) {
            av_packet_make_writable(&packet);
            std::fill(packet.data, packet.data + packet.size, 0xFF);
        } else if (number == 30) {
            av_shrink_packet(&packet, 3);
        }
    };
    QCOMPARE(test::remux(path("index.mp4"), path("damaged.mkv"), edits), QString());
    const Outcome outcome = readFile(path("damaged.mkv"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QVERIFY2(outcome.frames.size() >= 50, qPrintable(QString::number(outcome.frames.size())));
    QVERIFY(outcome.frames.back()->time >= 59 * 40ms - 1ms);
    if (outcome.frames.size() < 60) {
        QVERIFY(outcome.losses.frames > 0);
    }
}

void TestDamagedFiles::damagedBytesNeverCrash() {
    std::mt19937 random(seed);
    const QByteArray whole = get(path("index.mp4"));
    for (int round = 0; round < 60; ++round) {
        QByteArray bytes = whole;
        const int hits = 1 + static_cast<int>(random() % 40);
        for (int hit = 0; hit < hits; ++hit) {
            bytes[static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size()))] =
                static_cast<char>(random() & 255U);
        }
        put(path("hurt.mp4"), bytes);
        const Outcome outcome = readFile(path("hurt.mp4"));
        QVERIFY(!outcome.frames.empty() || outcome.error);
        QVERIFY(outcome.frames.size() < 1000);
    }
}

QTEST_GUILESS_MAIN(TestDamagedFiles)
#include "tst_damaged_files.moc"
