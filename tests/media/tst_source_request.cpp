#include "media/frame_source.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss::media;

class TestSourceRequest : public QObject {
    Q_OBJECT

private slots:
    void guessesTheKind_data();
    void guessesTheKind();
    void existingFilesComeFirst();
};

void TestSourceRequest::guessesTheKind_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("location");
    const auto row = [](const char* text, SourceKind kind, const char* location) {
        QTest::newRow(text) << QString(text) << static_cast<int>(kind) << QString(location);
    };
    row("clip.mp4", SourceKind::File, "clip.mp4");
    row("/no/such/clip.mp4", SourceKind::File, "/no/such/clip.mp4");
    row("file:///no/such%20clip.mp4", SourceKind::File, "/no/such clip.mp4");
    row("camera", SourceKind::Camera, "");
    row("camera:", SourceKind::Camera, "");
    row("camera:/dev/video2", SourceKind::Camera, "/dev/video2");
    row("Camera:Integrated Webcam", SourceKind::Camera, "Integrated Webcam");
    row("/dev/video9", SourceKind::Camera, "/dev/video9");
    row("http://host:8080/video", SourceKind::Stream, "http://host:8080/video");
    row("HTTPS://host/video", SourceKind::Stream, "HTTPS://host/video");
    row("rtsp://user:secret@host/stream", SourceKind::Stream, "rtsp://user:secret@host/stream");
    row("lavfi:testsrc=size=64x64:rate=25", SourceKind::TestPattern, "testsrc=size=64x64:rate=25");
    row("cameraman.mp4", SourceKind::File, "cameraman.mp4");
    row("", SourceKind::File, "");
}

void TestSourceRequest::guessesTheKind() {
    QFETCH(QString, text);
    QFETCH(int, kind);
    QFETCH(QString, location);
    const SourceRequest request = parseSource(text.toStdString());
    QCOMPARE(static_cast<int>(request.kind), kind);
    QCOMPARE(QString::fromStdString(request.location), location);
}

void TestSourceRequest::existingFilesComeFirst() {
    QTemporaryDir folder;
    const QString previous = QDir::currentPath();
    QVERIFY(QDir::setCurrent(folder.path()));
    QFile odd("camera:front");
    QVERIFY(odd.open(QIODevice::WriteOnly));
    QCOMPARE(static_cast<int>(parseSource("camera:front").kind), static_cast<int>(SourceKind::File));
    QVERIFY(QDir::setCurrent(previous));
}

QTEST_GUILESS_MAIN(TestSourceRequest)
#include "tst_source_request.moc"
