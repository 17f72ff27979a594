#include "fake_camera.h"
#include "media/frame_source.h"

#include <QBuffer>
#include <QColor>
#include <QElapsedTimer>
#include <QImage>
#include <QTest>
#include <thread>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::FakeCamera;

namespace {

const SteadyClock steadyClock;

Result<std::unique_ptr<FrameSource>> openCamera(const std::string& address = test::fakeCameraPath) {
    return openSource({SourceKind::Camera, address}, steadyClock);
}

int codeOf(const Error& error) {
    return static_cast<int>(error.code);
}

} // namespace

class TestCameraSource : public QObject {
    Q_OBJECT

private slots:
    void cleanup();
    void listsCameras();
    void leavesOutNodesWithoutPictures();
    void framesArrive();
    void compressedPicturesWhereTheyAreFaster();
    void fullRateIsAskedFor();
    void firstCameraByDefault();
    void noCamera();
    void forbidden();
    void busy();
    void unplugged();
    void pluggedInAgain();
    void stalls();
    void emptyBuffersAreSkipped();
    void interruptWakesAReader();
    void releasesTheDevice();
};

void TestCameraSource::cleanup() {
    QCOMPARE(test::openFakeCameras(), 0);
}

void TestCameraSource::listsCameras() {
    test::setFakeCamera({});
    const auto cameras = listCameras();
    QCOMPARE(cameras.size(), std::size_t{1});
    QCOMPARE(cameras[0].address, std::string(test::fakeCameraPath));
    QCOMPARE(cameras[0].name, std::string(test::fakeCameraName));
    test::setFakeCamera({.present = false});
    QVERIFY(listCameras().empty());
}

void TestCameraSource::leavesOutNodesWithoutPictures() {
    test::setFakeCamera({.metadataNode = true});
    QVERIFY(listCameras().empty());
}

void TestCameraSource::framesArrive() {
    test::setFakeCamera({});
    auto source = openCamera();
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    const SourceInfo& info = (*source)->info();
    QCOMPARE(info.name, std::string(test::fakeCameraName));
    QCOMPARE(info.width, test::fakeCameraWidth);
    QCOMPARE(info.height, test::fakeCameraHeight);
    QCOMPARE(info.fps, 30.0);
    QVERIFY(info.live);
    QVERIFY(!info.seekable);
    int lastGrey = -1;
    MediaTime lastTime{-1};
    for (int i = 0; i < 20; ++i) {
        const auto frame = (*source)->read();
        QVERIFY2(frame && *frame, frame ? "" : frame.error().message.c_str());
        const int grey = (**frame)->rgb[1000];
        QVERIFY2(grey > lastGrey, "each picture is brighter than the one before");
        QVERIFY((**frame)->time > lastTime);
        QVERIFY(std::abs(toSeconds((**frame)->time) - i / 30.0) < 0.001);
        lastGrey = grey;
        lastTime = (**frame)->time;
    }
    QVERIFY(!(*source)->seek(0s));
}

/// As after a video call: plain pictures would come five times a second, compressed ones thirty times.
void TestCameraSource::compressedPicturesWhereTheyAreFaster() {
    QImage red(test::fakeCameraWidth, test::fakeCameraHeight, QImage::Format_RGB32);
    red.fill(QColor(200, 40, 40));
    QByteArray bytes;
    QBuffer file(&bytes);
    QVERIFY(file.open(QIODevice::WriteOnly) && red.save(&file, "JPG", 90));
    test::setFakeCamera({.plainRate = 5, .jpeg = {bytes.begin(), bytes.end()}});
    auto source = openCamera();
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    QCOMPARE((*source)->info().fps, 30.0);
    for (int i = 0; i < 10; ++i) {
        const auto frame = (*source)->read();
        QVERIFY2(frame && *frame, frame ? "" : frame.error().message.c_str());
        QCOMPARE((**frame)->width, test::fakeCameraWidth);
        QVERIFY((**frame)->rgb[0] > 180 && (**frame)->rgb[1] < 60);
    }
}

void TestCameraSource::fullRateIsAskedFor() {
    test::setFakeCamera({.plainRate = 15});
    auto source = openCamera();
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    QCOMPARE(test::fakeCameraAskedRate(), 30U);
    QCOMPARE((*source)->info().fps, 15.0); // what it can
}

void TestCameraSource::firstCameraByDefault() {
    test::setFakeCamera({});
    auto source = openCamera({});
    QVERIFY(source);
    QCOMPARE((*source)->info().name, std::string(test::fakeCameraName));
}

void TestCameraSource::noCamera() {
    test::setFakeCamera({.present = false});
    for (const std::string& address : std::vector<std::string>{"", test::fakeCameraPath, "/dev/video63"}) {
        const auto source = openCamera(address);
        QVERIFY(!source);
        QCOMPARE(codeOf(source.error()), static_cast<int>(ErrorCode::NotFound));
        QVERIFY(!source.error().hint.empty());
    }
}

void TestCameraSource::forbidden() {
    test::setFakeCamera({.forbidden = true});
    const auto source = openCamera();
    QVERIFY(!source);
    QCOMPARE(codeOf(source.error()), static_cast<int>(ErrorCode::PermissionDenied));
    QVERIFY(source.error().hint.find("video") != std::string::npos);
}

void TestCameraSource::busy() {
#ifdef __SANITIZE_ADDRESS__
    QSKIP("FFmpeg 5.1 itself loses 192 bytes when a camera refuses to start");
#endif
    test::setFakeCamera({.busy = true});
    const auto source = openCamera();
    QVERIFY(!source);
    QVERIFY2(source.error().message.find("in use") != std::string::npos, source.error().message.c_str());
}

void TestCameraSource::unplugged() {
    test::setFakeCamera({.unplugAfter = 10});
    auto source = openCamera();
    QVERIFY(source);
    QElapsedTimer timer;
    int count = 0;
    auto frame = (*source)->read();
    for (; frame && *frame; frame = (*source)->read()) {
        ++count;
        timer.start();
    }
    QCOMPARE(count, 10);
    QVERIFY(!frame);
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Disconnected));
    QVERIFY(frame.error().message.find(test::fakeCameraName) != std::string::npos);
    QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
}

void TestCameraSource::pluggedInAgain() {
    test::setFakeCamera({.unplugAfter = 3});
    auto source = openCamera();
    QVERIFY(source);
    while (true) {
        auto frame = (*source)->read();
        if (!frame) {
            break;
        }
    }
    source->reset();
    test::setFakeCamera({});
    QElapsedTimer timer;
    timer.start();
    auto again = openCamera();
    QVERIFY(again);
    QVERIFY((*again)->read());
    QVERIFY(timer.elapsed() < 3000);
}

void TestCameraSource::stalls() {
    test::setFakeCamera({.stallAfter = 10});
    auto source = openCamera();
    QVERIFY(source);
    QElapsedTimer timer;
    auto frame = (*source)->read();
    for (; frame && *frame; frame = (*source)->read()) {
        timer.start();
    }
    QVERIFY(!frame);
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Timeout));
    QVERIFY2(timer.elapsed() >= 900 && timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
}

void TestCameraSource::emptyBuffersAreSkipped() {
    test::setFakeCamera({.emptyBuffer = 5});
    auto source = openCamera();
    QVERIFY(source);
    for (int i = 0; i < 10; ++i) {
        const auto frame = (*source)->read();
        QVERIFY2(frame && *frame, frame ? "" : frame.error().message.c_str());
        QVERIFY(std::abs(toSeconds((**frame)->time) - (i < 5 ? i : i + 1) / 30.0) < 0.001);
    }
}

void TestCameraSource::interruptWakesAReader() {
    test::setFakeCamera({.stallAfter = 2});
    auto source = openCamera();
    QVERIFY(source);
    QVERIFY((*source)->read());
    QVERIFY((*source)->read());
    QElapsedTimer timer;
    std::thread interrupter([&] {
        std::this_thread::sleep_for(50ms); // by then the reader waits; if it does not yet, it will not begin to
        timer.start();
        (*source)->interrupt();
    });
    const auto frame = (*source)->read();
    const qint64 elapsed = timer.elapsed();
    interrupter.join();
    QVERIFY(!frame);
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Cancelled));
    QVERIFY2(elapsed < 500, qPrintable(QString::number(elapsed)));
}

void TestCameraSource::releasesTheDevice() {
    test::setFakeCamera({});
    for (int round = 0; round < 10; ++round) {
        auto source = openCamera();
        QVERIFY(source);
        QCOMPARE(test::openFakeCameras(), 1);
        QVERIFY((*source)->read());
        source->reset();
        QCOMPARE(test::openFakeCameras(), 0);
    }
}

QTEST_GUILESS_MAIN(TestCameraSource)
#include "tst_camera_source.moc"
