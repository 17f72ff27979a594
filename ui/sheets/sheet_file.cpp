#include "ui/sheets/sheet_file.h"

#include <QBuffer>
#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QSvgRenderer>

namespace livegloss::ui {

namespace {

constexpr double pngScale = 2.0;

QByteArray pngOf(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

/// Whole or not at all.
Result<void> saveBytes(const QByteArray& bytes, const QString& path) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        return failure(ErrorCode::WriteFailed,
                       "cannot write " + path.toStdString() + ": " + file.errorString().toStdString(),
                       "Check that the folder can be written to and has room.");
    }
    return {};
}

QByteArray asPng(const Sheet& sheet) {
    const QSizeF size = sheetSize(sheet);
    QImage image((size * pngScale).toSize(), QImage::Format_RGB32);
    {
        QPainter painter(&image);
        painter.scale(pngScale, pngScale);
        paintSheet(painter, sheet);
    }
    return pngOf(image);
}

QByteArray asSvg(const Sheet& sheet) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    const QSizeF size = sheetSize(sheet);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size.toSize());
    generator.setViewBox(QRectF({}, size));
    generator.setTitle(sheet.title);
    generator.setDescription(sheet.lines.join(QLatin1Char('\n')));
    QPainter painter(&generator);
    paintSheet(painter, sheet);
    painter.end();
    return bytes;
}

QByteArray asPdf(const Sheet& sheet) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    constexpr int dotsPerInch = 288; // four to a point
    constexpr double pointsPerPixel = 0.75;
    QPdfWriter writer(&buffer);
    writer.setResolution(dotsPerInch);
    writer.setTitle(sheet.title);
    writer.setPageSize(QPageSize(sheetSize(sheet) * pointsPerPixel, QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    QPainter painter(&writer);
    painter.scale(dotsPerInch / 96.0, dotsPerInch / 96.0);
    paintSheet(painter, sheet);
    painter.end();
    return bytes;
}

} // namespace

Result<void> saveSheet(const Sheet& sheet, const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (ending == QLatin1String("png")) {
        bytes = asPng(sheet);
    } else if (ending == QLatin1String("svg")) {
        bytes = asSvg(sheet);
    } else if (ending == QLatin1String("pdf")) {
        bytes = asPdf(sheet);
    } else {
        return failure(ErrorCode::InvalidArgument, path.toStdString() + ": a sheet cannot be written in this format",
                       "End the file's name in .png, .svg or .pdf.");
    }
    return saveBytes(bytes, path);
}

Result<void> saveDrawing(const QByteArray& svg, const QString& path) {
    QSvgRenderer renderer(svg);
    if (!renderer.isValid()) {
        return failure(ErrorCode::InvalidArgument, "a drawing for " + path.toStdString() + " is no SVG");
    }
    QImage image((QSizeF(renderer.defaultSize()) * pngScale).toSize(), QImage::Format_RGB32);
    image.fill(Qt::white);
    {
        QPainter painter(&image);
        renderer.render(&painter);
    }
    return saveBytes(pngOf(image), path);
}

} // namespace livegloss::ui
