#include "ui/sheets/sheet_file.h"

#include "base/new_file.h"

#include <QBuffer>
#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <QSvgRenderer>

namespace livegloss::ui {

namespace {

constexpr double pngScale = 2.0;
constexpr int largestPicture = 32767; // pixels a side that QPainter reaches

QByteArray pngOf(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray asPng(const PaintedPage& page) {
    const QSize size = (page.size * pngScale).toSize();
    if (size.width() > largestPicture || size.height() > largestPicture) {
        return {};
    }
    QImage image(size, QImage::Format_RGB32);
    if (image.isNull()) {
        return {};
    }
    {
        QPainter painter(&image);
        painter.scale(pngScale, pngScale);
        page.paint(painter);
    }
    return pngOf(image);
}

QByteArray asSvg(const PaintedPage& page) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(page.size.toSize());
    generator.setViewBox(QRectF({}, page.size));
    generator.setTitle(page.title);
    generator.setDescription(page.description);
    QPainter painter(&generator);
    page.paint(painter);
    painter.end();
    return bytes;
}

QByteArray asPdf(const PaintedPage& page) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    constexpr int dotsPerInch = 288; // four to a point
    constexpr double pointsPerPixel = 0.75;
    QPdfWriter writer(&buffer);
    writer.setResolution(dotsPerInch);
    writer.setTitle(page.title);
    writer.setPageSize(QPageSize(page.size * pointsPerPixel, QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    QPainter painter(&writer);
    painter.scale(dotsPerInch / 96.0, dotsPerInch / 96.0);
    page.paint(painter);
    painter.end();
    return bytes;
}

} // namespace

Result<void> saveSheet(const Sheet& sheet, const QString& path) {
    return savePage({sheetSize(sheet), sheet.title, sheet.lines.join(QLatin1Char('\n')),
                     [&sheet](QPainter& painter) { paintSheet(painter, sheet); }},
                    path);
}

Result<void> savePage(const PaintedPage& page, const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png")) {
        return saveBytes(asPng(page), path);
    }
    if (ending == QLatin1String("svg")) {
        return saveBytes(asSvg(page), path);
    }
    if (ending == QLatin1String("pdf")) {
        return saveBytes(asPdf(page), path);
    }
    return failure(ErrorCode::InvalidArgument, path.toStdString() + ": a sheet cannot be written in this format",
                   "End the file's name in .png, .svg or .pdf.");
}

Result<void> saveBytes(const QByteArray& bytes, const QString& path) {
    if (bytes.isEmpty()) {
        return failure(ErrorCode::InvalidArgument, path.toStdString() + ": the sheet is too large for this format",
                       "Choose fewer frames, or a file that ends in .pdf.");
    }
    return writeNewFile(path.toStdU16String(), {bytes.constData(), static_cast<std::size_t>(bytes.size())});
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
