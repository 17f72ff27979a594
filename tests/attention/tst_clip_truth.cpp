#include "attention/regions.h"
#include "synth/signer.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::attention;

namespace {

const QString samples = QStringLiteral(LIVEGLOSS_SOURCE_DIR "/resources/samples/");

FramePtr drawnFrame(const synth::Clip& clip, int index) {
    synth::RenderedFrame picture;
    clip.render(index, picture, false);
    auto frame = std::make_shared<Frame>();
    frame->width = frame->height = picture.size;
    frame->rgb = picture.rgb;
    frame->index = index;
    return frame;
}

std::unique_ptr<synth::Clip> sampleClip() {
    synth::ClipRequest request;
    request.seed = 41000123;
    request.split = synth::Split::Test;
    return synth::makeClip(request);
}

/// What a sample's own file says of the clip, as entries of an object.
QByteArray saysWhich(const QByteArray& sample) {
    return sample == "sample-1" ? "\"seed\": 41000123, \"signer\": \"test-005\", \"fps\": 25.0, "
                                : "\"seed\": 41000141, \"signer\": \"test-009\", \"fps\": 25.0, ";
}

} // namespace

/// Masks and seeds beside a video: whether they are of it, and what becomes of damaged ones.
class TestClipTruth : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void masksOfAnotherClipAreRefused() {
        QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("test")));
        const std::filesystem::path video = folder.filePath(QStringLiteral("test/a.mp4")).toStdString();
        const auto clip = sampleClip();
        synth::RenderedFrame drawn;
        clip->render(20, drawn, true);
        const QByteArray empty = "{\"right_hand\": [], \"left_hand\": [], \"face\": []}";
        const auto writeMasks = [&](const QByteArray& says, int frames) {
            QFile truth(folder.filePath(QStringLiteral("test/a.truth.json")));
            QVERIFY(truth.open(QIODevice::WriteOnly));
            truth.write("{" + says + "\"width\": 320, \"height\": 320, \"frames\": [" + empty);
            for (int frame = 1; frame < frames; ++frame) {
                truth.write(", " + empty);
            }
            truth.write("]}");
        };
        const auto accepts = [&] {
            const Frame frame = *drawnFrame(*clip, 20);
            auto truth = openTruth(video);
            return truth && (*truth)->find(frame, {}, 6, 6).has_value();
        };
        // The masks say themselves of which clip they are,
        writeMasks(saysWhich("sample-1"), 60);
        QVERIFY(accepts());
        writeMasks(saysWhich("sample-2"), 60);
        QVERIFY(!accepts());
        // or the list of the split that they were made with does.
        writeMasks({}, 60);
        for (const bool same : {true, false}) {
            QFile list(folder.filePath(QStringLiteral("test.json")));
            QVERIFY(list.open(QIODevice::WriteOnly));
            list.write("{\"clips\": [{\"id\": \"b\"}, {\"id\": \"a\", " +
                       saysWhich(same ? "sample-1" : "sample-2").chopped(2) + "}]}");
            list.close();
            QCOMPARE(accepts(), same);
        }
        QVERIFY(QFile::remove(folder.filePath(QStringLiteral("test.json"))));
        // Where nothing does, there is a mask for each frame of the video.
        QVERIFY(QFile::copy(samples + QStringLiteral("sample-1.mp4"), QString::fromStdString(video.string())));
        writeMasks({}, clip->frames());
        QVERIFY(accepts());
        writeMasks({}, clip->frames() - 5);
        QVERIFY(!accepts());
        QVERIFY(openTruth(video).error().code == ErrorCode::InvalidArgument);
    }

    void damagedMasksAreToldNotRead() {
        QTemporaryDir folder;
        for (const char* run : {"-5", "3.5", "\"x\"", "-9223372036854775808"}) {
            QFile truth(folder.filePath(QStringLiteral("a.truth.json")));
            QVERIFY(truth.open(QIODevice::WriteOnly));
            truth.write(QByteArray("{\"width\": 320, \"height\": 320, \"frames\": [{\"right_hand\": [10, ") + run +
                        ", 20], \"left_hand\": [0, 99999999999], \"face\": []}]}");
            truth.close();
            auto written = openTruth(folder.filePath(QStringLiteral("a.mp4")).toStdString());
            QVERIFY(written.has_value());
            Frame frame = *drawnFrame(*sampleClip(), 20);
            frame.index = 0;
            const auto regions = (*written)->find(frame, {}, 6, 6);
            QVERIFY2(!regions && regions.error().code == ErrorCode::Unreadable, run);
        }
    }

    /// Some other program's keypoints are not read as a whole to find that out.
    void aLargeFileBesideAVideoNamesNoClip() {
        QTemporaryDir folder;
        QVERIFY(QFile::copy(samples + QStringLiteral("sample-1.json"), folder.filePath(QStringLiteral("a.json"))));
        const std::filesystem::path video = folder.filePath(QStringLiteral("a.mp4")).toStdString();
        QVERIFY(hasTruth(video));
        QFile file(folder.filePath(QStringLiteral("a.json")));
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner) && file.open(QIODevice::Append));
        file.write(QByteArray(1 << 20, ' '));
        file.close();
        QVERIFY(!hasTruth(video));
        QVERIFY(openTruth(video).error().code == ErrorCode::Unreadable);
    }
};

QTEST_GUILESS_MAIN(TestClipTruth)
#include "tst_clip_truth.moc"
