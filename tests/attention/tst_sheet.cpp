#include "ui/sheets/attention_sheets.h"
#include "ui/sheets/sheet_file.h"

#include <QFile>
#include <QGuiApplication>
#include <QPainter>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <cmath>

using namespace livegloss;
using namespace livegloss::ui;
using attention::Shown;

namespace {

FramePtr blueFrame(std::int64_t index) {
    auto frame = std::make_shared<Frame>();
    frame->width = 160;
    frame->height = 120;
    for (int pixel = 0; pixel < 160 * 120; ++pixel) {
        frame->rgb.insert(frame->rgb.end(), {20, 40, 200});
    }
    frame->index = index;
    frame->time = fromSeconds(static_cast<double>(index) / 25.0);
    return frame;
}

SheetMaterial material(Shown shown) {
    SheetMaterial sheet;
    sheet.clip = QStringLiteral("clip.mp4");
    sheet.model.name = "Model of a test";
    sheet.model.layers = 3;
    sheet.model.heads = 2;
    sheet.model.patch = 16;
    sheet.model.resolution = 64;
    sheet.model.resize = 80;
    sheet.view.shown = shown;
    for (const std::int64_t index : {10, 20, 30}) {
        SheetFrame frame;
        frame.frame = blueFrame(index);
        engine::AttentionResult result;
        result.rows = result.columns = 4;
        std::vector<float> rising(16);
        for (std::size_t i = 0; i < rising.size(); ++i) {
            rising[i] = static_cast<float>(i) / 120.0F;
        }
        if (shown == Shown::CrossFrame) {
            engine::CrossFrameMap map;
            map.temporalWeight = 0.125F;
            for (int offset = -2; offset <= 2; ++offset) {
                const bool outside = index == 10 && offset < -1;
                map.neighbours.push_back(
                    {offset, outside ? engine::Neighbour::Outside : engine::Neighbour::Frame, rising});
                frame.neighbours.push_back(outside ? QImage() : pictureOf(*blueFrame(index + offset)));
            }
            result.crossFrame = map;
            frame.temporalWeight = map.temporalWeight;
        } else {
            result.spatial = {{rising, 0.02F, 0.1F}, {std::vector<float>(16, 0.06F), 0.03F, 0.0F}};
        }
        attention::View parts = sheet.view;
        if (shown == Shown::Difference) {
            parts.shown = Shown::SideBySide;
            frame.layers = layersOf(parts, result);
        }
        for (const attention::Layer& layer : layersOf(sheet.view, result)) {
            frame.layers.push_back(layer);
        }
        sheet.scales.add(frame.layers);
        sheet.frames.push_back(frame);
    }
    return sheet;
}

} // namespace

class TestSheet : public QObject {
    Q_OBJECT

private slots:
    void figureThreeHasVideoFrozenAndAdapted() {
        const Sheet sheet = attentionSheet(material(Shown::SideBySide));
        QCOMPARE(sheet.rows.size(), 3);
        QCOMPARE(sheet.columns.size(), 3);
        QVERIFY(sheet.columns[1].contains(QStringLiteral("20")));
        QVERIFY(sheet.rows[0].cells[0].overlay.isNull());
        QCOMPARE(sheet.rows[1].label, QStringLiteral("Frozen"));
        // The frozen map of this test is flat: no response, and it says so.
        QVERIFY(sheet.rows[1].cells[0].overlay.isNull());
        QCOMPARE(sheet.rows[1].cells[0].note, QStringLiteral("no response"));
        QVERIFY(!sheet.rows[2].cells[0].overlay.isNull());
        QVERIFY(sheet.rows[2].cells[0].note.contains(QStringLiteral("10.0")));
        QCOMPARE(sheet.legends.size(), 2);
        QVERIFY(sheet.lines.join(' ').contains(QStringLiteral("Model of a test")));
        QVERIFY(sheet.lines.join(' ').contains(QStringLiteral("block 3 of 3")));
        QVERIFY(!sheet.footer.isEmpty());
    }

    void aDifferenceStandsBelowItsParts() {
        const Sheet sheet = attentionSheet(material(Shown::Difference));
        QCOMPARE(sheet.rows.size(), 4);
        QCOMPARE(sheet.legends.size(), 3);
        QVERIFY(sheet.legends[2].map == vision::ColourMap::Diverging);
        QVERIFY2(sheet.rows[3].cells[0].note.contains(QStringLiteral("prefixes +")),
                 qPrintable(sheet.rows[3].cells[0].note));
    }

    void figureFourHasFiveFramesInARow() {
        const Sheet sheet = attentionSheet(material(Shown::CrossFrame));
        QCOMPARE(sheet.rows.size(), 3);
        QCOMPARE(sheet.columns.size(), 6); // and the mean of the five
        QCOMPARE(sheet.rows[1].cells.size(), 6);
        QVERIFY(!sheet.rows[1].cells[5].overlay.isNull() && !sheet.rows[1].cells[5].frame.isNull());
        QCOMPARE(sheet.columns[0], QStringLiteral("t − 2"));
        QVERIFY(sheet.rows[0].cells[0].frame.isNull());
        QCOMPARE(sheet.rows[0].cells[0].note, QStringLiteral("outside the clip"));
        QVERIFY(!sheet.rows[1].cells[0].overlay.isNull());
        QCOMPARE(sheet.legends.size(), 1);
        QVERIFY(sheet.lines.join(' ').contains(QStringLiteral("0.125")));
    }

    /// What the network saw of a video of 4:3 is a square of pixels; drawn, nobody is squeezed.
    void inputsAreDrawnWithTheVideosAspect() {
        SheetMaterial inputs = material(Shown::CrossFrame);
        for (SheetFrame& frame : inputs.frames) {
            frame.neighboursAreInputs = true;
        }
        QVERIFY(std::abs(attentionSheet(inputs).aspect - 4.0 / 3.0) < 1e-9);
    }

    void modelsThatLookBackDoNotUseLaterFrames() {
        SheetMaterial back = material(Shown::CrossFrame);
        back.model.pastOnly = true;
        for (attention::Layer& layer : back.frames[1].layers) {
            layer.neighbour = layer.offset > 0 ? engine::Neighbour::Outside : layer.neighbour;
        }
        const Sheet sheet = attentionSheet(back);
        QCOMPARE(sheet.rows[1].cells[4].note, QStringLiteral("not used by this model"));
        QCOMPARE(sheet.rows[0].cells[0].note, QStringLiteral("outside the clip"));
    }

    void scalesOfAPartSaySo() {
        SheetMaterial part = material(Shown::SideBySide);
        QVERIFY(attentionSheet(part).legends[0].rule.startsWith(QStringLiteral("per clip")));
        part.scalesSoFar = true;
        QVERIFY(attentionSheet(part).legends[0].rule.contains(QStringLiteral("as far as seen")));
    }

    void theAskingPatchIsMarked() {
        SheetMaterial patch = material(Shown::SideBySide);
        patch.view.source = engine::AttentionSource::Patch;
        patch.view.patch = 6;
        const Sheet sheet = attentionSheet(patch);
        QCOMPARE(sheet.rows[0].cells[0].query, std::optional(QRectF(0.5, 0.25, 0.25, 0.25)));
        QVERIFY(!attentionSheet(material(Shown::SideBySide)).rows[0].cells[0].query);
    }

    void framesOfUnknownNumberAreCalledByTheirTime() {
        for (const Shown shown : {Shown::SideBySide, Shown::CrossFrame}) {
            SheetMaterial sheet = material(shown);
            auto frame = std::make_shared<Frame>(*sheet.frames[1].frame);
            frame->index = unknownFrame;
            frame->time = fromSeconds(4.56);
            sheet.frames[1].frame = frame;
            const Sheet drawn = attentionSheet(sheet);
            const QString label = shown == Shown::SideBySide ? drawn.columns[1] : drawn.rows[1].label;
            QVERIFY2(label.contains("4.56") && !label.contains("frame"), qPrintable(label));
        }
    }

    /// The picture shows the frame as it is, dimmed outside the network's view, and coloured inside.
    void picturesAreDrawnWhereTheyBelong() {
        const Sheet sheet = attentionSheet(material(Shown::SideBySide));
        QImage image(sheetSize(sheet).toSize(), QImage::Format_RGB32);
        QPainter painter(&image);
        paintSheet(painter, sheet);
        painter.end();
        QCOMPARE(image.pixelColor(2, 2), QColor(Qt::white));
        int plain = 0;
        int dimmed = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor colour = image.pixelColor(x, y);
                plain += colour == QColor(20, 40, 200) ? 1 : 0;
                dimmed += colour.blue() > 100 && colour.blue() < 130 && colour.red() < 20 ? 1 : 0;
            }
        }
        QVERIFY(plain > 3 * 230 * 170); // the video row at least
        QVERIFY(dimmed > 10000);
    }

    void everyFormatIsWritten() {
        const QTemporaryDir folder;
        const Sheet sheet = attentionSheet(material(Shown::CrossFrame));
        for (const QString& name : {QStringLiteral("a.png"), QStringLiteral("a.SVG"), QStringLiteral("a.pdf")}) {
            const auto saved = saveSheet(sheet, folder.filePath(name));
            QVERIFY2(saved, saved ? "" : saved.error().message.c_str());
        }
        const QImage png(folder.filePath("a.png"));
        QCOMPARE(png.size(), (sheetSize(sheet) * 2.0).toSize());
        QFile svg(folder.filePath("a.SVG"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        QXmlStreamReader reader(&svg);
        int texts = 0;
        while (!reader.atEnd()) {
            texts += reader.readNext() == QXmlStreamReader::StartElement && reader.name() == QStringLiteral("text");
        }
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QVERIFY(texts >= 8);
        QFile pdf(folder.filePath("a.pdf"));
        QVERIFY(pdf.open(QIODevice::ReadOnly));
        QVERIFY(pdf.read(5) == "%PDF-");
        QCOMPARE(saveSheet(sheet, folder.filePath("a.bmp")).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(saveSheet(sheet, QStringLiteral("/nowhere/a.png")).error().code, ErrorCode::WriteFailed);
    }

    /// QImage ends at 32767 pixels a side.
    void sheetsTooLargeForAPictureAreRefused() {
        const QTemporaryDir folder;
        SheetMaterial many = material(Shown::SideBySide);
        const SheetFrame one = many.frames.front();
        many.frames.assign(120, one);
        const auto saved = saveSheet(attentionSheet(many), folder.filePath("a.png"));
        QVERIFY(!saved);
        QCOMPARE(saved.error().code, ErrorCode::InvalidArgument);
        QVERIFY(!QFile::exists(folder.filePath("a.png")));
    }
};

QTEST_MAIN(TestSheet)
#include "tst_sheet.moc"
