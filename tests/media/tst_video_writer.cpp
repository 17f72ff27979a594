#include "index_clip.h"
#include "media/frame_source.h"
#include "media/video_writer.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <csignal>
#include <sys/resource.h>

using namespace livegloss;
using namespace livegloss::media;

class TestVideoWriter : public QObject {
    Q_OBJECT

private slots:
    void writesWhatIsReadBack();
    void coloursSurvive_data();
    void coloursSurvive();
    void samePicturesGiveSameBytes();
    void indexStandsAtTheFront();
    void appearsOnlyWhenComplete();
    void keepsTheOldFileUntilComplete();
    void refusesBadSizesAndRates_data();
    void refusesBadSizesAndRates();
    void saysWhenItCannotWrite();
    void writingAfterCloseFails();

private:
    std::string path(const char* name) const { return (folder_.path() + "/" + name).toStdString(); }
    QTemporaryDir folder_;
};

void TestVideoWriter::writesWhatIsReadBack() {
    const std::string file = path("clip.mp4");
    QCOMPARE(test::writeIndexClip(file, 60, 29.97), QString());
    const SteadyClock clock;
    auto source = openSource({SourceKind::File, file}, clock);
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    QCOMPARE((*source)->info().codec, std::string("h264"));
    QCOMPARE((*source)->info().width, 160);
    QCOMPARE((*source)->info().height, 96);
    QVERIFY(std::abs((*source)->info().fps - 29.97) < 0.001);
    for (int i = 0; i < 60; ++i) {
        auto frame = (*source)->read();
        QVERIFY(frame && *frame);
        QCOMPARE(test::indexOf(***frame), i);
        QVERIFY(std::abs(toSeconds((**frame)->time) - i / 29.97) < 1e-4);
    }
    auto end = (*source)->read();
    QVERIFY(end && !*end);
}

void TestVideoWriter::coloursSurvive_data() {
    QTest::addColumn<int>("red");
    QTest::addColumn<int>("green");
    QTest::addColumn<int>("blue");
    QTest::newRow("red") << 200 << 30 << 30;
    QTest::newRow("green") << 30 << 200 << 30;
    QTest::newRow("blue") << 30 << 30 << 200;
    QTest::newRow("white") << 255 << 255 << 255;
    QTest::newRow("black") << 0 << 0 << 0;
    QTest::newRow("skin") << 224 << 172 << 138;
}

void TestVideoWriter::coloursSurvive() {
    QFETCH(int, red);
    QFETCH(int, green);
    QFETCH(int, blue);
    std::vector<std::uint8_t> picture;
    for (int i = 0; i < 64 * 64; ++i) {
        picture.insert(picture.end(), {static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                                       static_cast<std::uint8_t>(blue)});
    }
    const std::string file = path("colour.mp4");
    auto video = createVideo(file, {.width = 64, .height = 64, .fps = 25.0, .crf = 10});
    QVERIFY(video);
    QVERIFY((*video)->write(picture.data()));
    QVERIFY((*video)->close());
    const SteadyClock clock;
    auto source = openSource({SourceKind::File, file}, clock);
    QVERIFY(source);
    auto frame = (*source)->read();
    QVERIFY(frame && *frame);
    const std::size_t middle = (32 * 64 + 32) * 3;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const int difference = std::abs((**frame)->rgb[middle + channel] - picture[middle + channel]);
        QVERIFY2(difference <= 4, qPrintable(QString("channel %1 is off by %2").arg(channel).arg(difference)));
    }
}

void TestVideoWriter::samePicturesGiveSameBytes() {
    QCOMPARE(test::writeIndexClip(path("a.mp4"), 40), QString());
    QCOMPARE(test::writeIndexClip(path("b.mp4"), 40), QString());
    QFile a(QString::fromStdString(path("a.mp4")));
    QFile b(QString::fromStdString(path("b.mp4")));
    QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
    const QByteArray bytes = a.readAll();
    QVERIFY(bytes.size() > 1000);
    QCOMPARE(bytes, b.readAll());
}

void TestVideoWriter::indexStandsAtTheFront() {
    QCOMPARE(test::writeIndexClip(path("front.mp4"), 10), QString());
    QFile file(QString::fromStdString(path("front.mp4")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.contains("moov") && bytes.contains("mdat"));
    QVERIFY(bytes.indexOf("moov") < bytes.indexOf("mdat"));
}

void TestVideoWriter::appearsOnlyWhenComplete() {
    const std::string file = path("later.mp4");
    {
        auto video = createVideo(file, {.width = 64, .height = 64});
        QVERIFY(video);
        QVERIFY((*video)->write(test::indexPicture(1, 64, 64).data()));
        QVERIFY(!QFile::exists(QString::fromStdString(file)));
    }
    QVERIFY2(!QFile::exists(QString::fromStdString(file)), "not closed, so not complete");
    QCOMPARE(QDir(folder_.path()).entryList({"later*"}, QDir::AllEntries | QDir::Hidden), QStringList()); // nor a part
}

void TestVideoWriter::keepsTheOldFileUntilComplete() {
    const std::string file = path("old.mp4");
    QFile old(QString::fromStdString(file));
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    {
        auto video = createVideo(file, {.width = 64, .height = 64});
        QVERIFY(video);
        QVERIFY((*video)->write(test::indexPicture(1, 64, 64).data()));
    }
    QVERIFY(old.open(QIODevice::ReadOnly));
    QCOMPARE(old.readAll(), QByteArray("old"));
    old.close();
    QCOMPARE(test::writeIndexClip(file, 3), QString());
    QVERIFY(old.size() > 100);
}

void TestVideoWriter::refusesBadSizesAndRates_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<double>("fps");
    QTest::newRow("odd width") << 63 << 64 << 25.0;
    QTest::newRow("no height") << 64 << 0 << 25.0;
    QTest::newRow("negative") << -64 << 64 << 25.0;
    QTest::newRow("huge") << 1000000 << 64 << 25.0;
    QTest::newRow("no rate") << 64 << 64 << 0.0;
    QTest::newRow("no number") << 64 << 64 << std::nan("");
}

void TestVideoWriter::refusesBadSizesAndRates() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(double, fps);
    const auto video = createVideo(path("bad.mp4"), {.width = width, .height = height, .fps = fps});
    QVERIFY(!video);
    QCOMPARE(static_cast<int>(video.error().code), static_cast<int>(ErrorCode::InvalidArgument));
    QVERIFY(!video.error().hint.empty());
}

void TestVideoWriter::saysWhenItCannotWrite() {
    const auto video = createVideo(path("missing/folder/clip.mp4"), {.width = 64, .height = 64});
    QVERIFY(!video);
    QCOMPARE(static_cast<int>(video.error().code), static_cast<int>(ErrorCode::WriteFailed));
    QVERIFY(video.error().message.find("missing/folder/clip.mp4") != std::string::npos);
    // The folder takes the file's name, but few bytes, as on a full disk.
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit few{2000, before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &few), 0);
    bool failed = false;
    {
        auto blocked = createVideo(path("full.mp4"), {.width = 64, .height = 64});
        failed = !blocked;
        for (int i = 0; !failed && i < 200; ++i) {
            failed = !(*blocked)->write(test::indexPicture(i, 64, 64).data());
        }
        failed = failed || !(*blocked)->close();
    }
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    QVERIFY2(failed, "a full disk is reported");
    QCOMPARE(QDir(folder_.path()).entryList({"full*"}, QDir::AllEntries | QDir::Hidden), QStringList());
}

void TestVideoWriter::writingAfterCloseFails() {
    auto video = createVideo(path("closed.mp4"), {.width = 64, .height = 64});
    QVERIFY(video);
    const auto picture = test::indexPicture(1, 64, 64);
    QVERIFY((*video)->write(picture.data()));
    QVERIFY((*video)->close());
    QVERIFY((*video)->close());
    QVERIFY(!(*video)->write(picture.data()));
}

QTEST_GUILESS_MAIN(TestVideoWriter)
#include "tst_video_writer.moc"
