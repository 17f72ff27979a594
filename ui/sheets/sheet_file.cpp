#include "ui/sheets/sheet_file.h"

#include <QBuffer>
#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace livegloss::ui {

namespace {

constexpr double pngScale = 2.0;

QByteArray asPng(const Sheet& sheet) {
    const QSizeF size = sheetSize(sheet);
    QImage image((size * pngScale).toSize(), QImage::Format_RGB32);
    if (image.isNull()) {
        return {};
    }
    {
        QPainter painter(&image);
        painter.scale(pngScale, pngScale);
        paintSheet(painter, sheet);
    }
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
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
    if (bytes.isEmpty()) {
        return failure(ErrorCode::InvalidArgument, path.toStdString() + ": the sheet is too large for this format",
                       "Choose fewer frames, or a file that ends in .pdf.");
    }
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        return failure(ErrorCode::WriteFailed,
                       "cannot write " + path.toStdString() + ": " + file.errorString().toStdString(),
                       "Check that the folder can be written to and has room.");
    }
    return {};
}

} // namespace livegloss::ui
