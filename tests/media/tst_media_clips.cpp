#include "media/frame_source.h"
#include "reference_data.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace livegloss;
using namespace livegloss::media;

/// Clips of many cameras and muxers, with the number of frames that each is known to hold.
class TestMediaClips : public QObject {
    Q_OBJECT

private slots:
    void decodes_data();
    void decodes();
};

void TestMediaClips::decodes_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("frames");
    const QDir folder(QString::fromUtf8(LIVEGLOSS_SHARED_DIR) + "/data/media");
    QFile table(folder.filePath("expected.tsv"));
    if (!table.open(QIODevice::ReadOnly | QIODevice::Text)) {
        QTest::newRow("none") << QString() << 0;
        return;
    }
    table.readLine();
    while (!table.atEnd()) {
        const QList<QByteArray> cells = table.readLine().trimmed().split('\t');
        QCOMPARE(cells.size(), 3);
        QTest::newRow(cells[0].constData()) << folder.filePath(QString::fromUtf8(cells[0])) << cells[2].toInt();
    }
}

void TestMediaClips::decodes() {
    QFETCH(QString, path);
    QFETCH(int, frames);
    if (path.isEmpty()) {
        LIVEGLOSS_WITHOUT_REFERENCE_DATA("the folder with reference clips is not there");
    }
    const SteadyClock clock;
    auto source = openSource({SourceKind::File, path.toStdString()}, clock);
    if (frames == 0) {
        QVERIFY(!source);
        const std::string& message = source.error().message;
        const bool saysWhy = message.find("no video stream") != std::string::npos ||
                             message.find("encrypted") != std::string::npos ||
                             message.find("no frame that can be decoded") != std::string::npos;
        QVERIFY2(saysWhy, message.c_str());
        return;
    }
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    int count = 0;
    MediaTime last{-1};
    for (;;) {
        const auto frame = (*source)->read();
        QVERIFY2(frame, frame ? "" : frame.error().message.c_str());
        if (!*frame) {
            break;
        }
        const Frame& picture = ***frame;
        QCOMPARE(picture.index, std::int64_t{count});
        QVERIFY2(picture.time > last, "time stamps grow");
        QCOMPARE(picture.rgb.size(),
                 static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
        last = picture.time;
        ++count;
    }
    QCOMPARE(count, frames);
    QCOMPARE((*source)->losses().frames, std::int64_t{0});
    QVERIFY(!(*source)->losses().endsAt);
}

QTEST_GUILESS_MAIN(TestMediaClips)
#include "tst_media_clips.moc"
