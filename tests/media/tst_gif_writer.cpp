#include "media/frame_source.h"
#include "media/gif_writer.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace livegloss;
using namespace livegloss::media;

namespace {

/// A white square of 12 pixels that moves over a blue gradient.
std::vector<std::uint8_t> picture(int width, int height, int left) {
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const bool square = x >= left && x < left + 12 && y >= 10 && y < 22;
            const auto shade = static_cast<std::uint8_t>(40 + 150 * x / width);
            rgb.insert(rgb.end(), {square ? std::uint8_t{255} : std::uint8_t{20}, square ? std::uint8_t{255} : shade,
                                   std::uint8_t{255}});
        }
    }
    return rgb;
}

} // namespace

class TestGifWriter : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void writesWhatIsReadBack() {
        const std::string file = path("clip.gif");
        auto writer = createGif(file, {64, 48, 10.0, {}});
        QVERIFY(writer.has_value());
        for (int i = 0; i < 12; ++i) {
            QVERIFY((*writer)->write(picture(64, 48, i * 4).data()).has_value());
        }
        QVERIFY(!QFile::exists(QString::fromStdString(file)));
        QVERIFY((*writer)->close().has_value());
        const SteadyClock clock;
        auto source = openSource({SourceKind::File, file}, clock);
        QVERIFY2(source, source ? "" : source.error().message.c_str());
        QCOMPARE((*source)->info().width, 64);
        for (int i = 0; i < 12; ++i) {
            auto frame = (*source)->read();
            QVERIFY(frame && *frame);
            QVERIFY(std::abs(toSeconds((**frame)->time) - i / 10.0) < 1e-3);
            const std::vector<std::uint8_t> expected = picture(64, 48, i * 4);
            double difference = 0.0;
            for (std::size_t k = 0; k < expected.size(); ++k) {
                difference += std::abs(static_cast<int>(expected[k]) - static_cast<int>((**frame)->rgb[k]));
            }
            QVERIFY2(difference / static_cast<double>(expected.size()) < 4.0,
                     qPrintable(QString::number(difference / static_cast<double>(expected.size()))));
        }
    }

    void appearsOnlyWhenComplete() {
        const std::string file = path("half.gif");
        {
            auto writer = createGif(file, {64, 48, 10.0, {}});
            QVERIFY((*writer)->write(picture(64, 48, 0).data()).has_value());
        }
        QVERIFY(folderIsWithout("half"));
        // Stopped while the palette is applied: what was there stays.
        QFile old(QString::fromStdString(file));
        QVERIFY(old.open(QIODevice::WriteOnly));
        old.write("old");
        old.close();
        auto writer = createGif(file, {64, 48, 10.0, [] { return true; }});
        QVERIFY((*writer)->write(picture(64, 48, 0).data()).has_value());
        QVERIFY((*writer)->close().error().code == ErrorCode::Cancelled);
        QVERIFY(old.open(QIODevice::ReadOnly));
        QCOMPARE(old.readAll(), QByteArray("old"));
        old.close();
        QVERIFY(old.remove());
        QVERIFY(folderIsWithout("half"));
    }

    void saysWhenItCannotWrite() {
        const auto missing = createGif("/nowhere/at/all.gif", {64, 48, 10.0, {}});
        QVERIFY(!missing.has_value());
        QVERIFY(missing.error().code == ErrorCode::WriteFailed);
        QVERIFY(!createGif(path("big.gif"), {1, 48, 10.0, {}}).has_value());
        QVERIFY(!createGif(path("fast.gif"), {64, 48, 500.0, {}}).has_value());
        auto empty = createGif(path("empty.gif"), {64, 48, 10.0, {}});
        QVERIFY(!(*empty)->close().has_value());
        QVERIFY(folderIsWithout("empty"));
    }

private:
    std::string path(const char* name) const { return (folder_.path() + "/" + name).toStdString(); }
    bool folderIsWithout(const char* start) const {
        return QDir(folder_.path()).entryList({QLatin1String(start) + QLatin1Char('*')}).isEmpty();
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestGifWriter)
#include "tst_gif_writer.moc"
