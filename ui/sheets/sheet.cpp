#include "ui/sheets/sheet.h"

#include <QFontMetricsF>
#include <QGuiApplication>
#include <QLinearGradient>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr double margin = 32.0;
constexpr double gap = 8.0;
constexpr double cellWidth = 240.0;
constexpr double labelWidth = 128.0;
constexpr double legendWidth = 300.0;
constexpr double barHeight = 10.0;
const QColor ink(28, 30, 34);
const QColor quietColour(96, 100, 108);

QFont fontOf(double pixels, bool bold = false) {
    QFont font = QGuiApplication::font();
    font.setPixelSize(static_cast<int>(pixels));
    font.setBold(bold);
    return font;
}

double lineHeight(double pixels) {
    return std::ceil(QFontMetricsF(fontOf(pixels)).height());
}

constexpr double titlePixels = 20.0;
constexpr double textPixels = 13.0;
constexpr double smallPixels = 11.0;

struct Layout {
    explicit Layout(const Sheet& sheet) {
        columns = 0;
        for (const SheetRow& row : sheet.rows) {
            columns = std::max(columns, static_cast<int>(row.cells.size()));
        }
        cellHeight = cellWidth / sheet.aspect;
        width = std::max(2 * margin + labelWidth + columns * (cellWidth + gap), 2 * margin + 640.0);
        contentTop = margin + lineHeight(titlePixels) + gap / 2 +
                     static_cast<double>(sheet.lines.size()) * (lineHeight(textPixels) + 2.0) + 2 * gap;
        rowsTop = contentTop + (sheet.columns.isEmpty() ? 0.0 : lineHeight(textPixels) + gap);
        double bottom = rowsTop;
        for (const SheetRow& row : sheet.rows) {
            rowTops.append(bottom);
            const bool notes =
                std::ranges::any_of(row.cells, [](const SheetCell& cell) { return !cell.note.isEmpty(); });
            bottom += cellHeight + (notes ? lineHeight(smallPixels) + 2.0 : 0.0) + gap;
        }
        legendTop = bottom + 2 * gap;
        legendsPerLine = std::max(1, static_cast<int>((width - 2 * margin + gap) / (legendWidth + gap)));
        const int legendLines =
            (static_cast<int>(sheet.legends.size()) + legendsPerLine - 1) / std::max(1, legendsPerLine);
        legendHeight = 3 * lineHeight(smallPixels) + barHeight + gap + 6.0;
        footerTop = legendTop + legendLines * legendHeight + gap;
        const double room = width - 2 * margin;
        footerHeight = sheet.footer.isEmpty()
                           ? 0.0
                           : QFontMetricsF(fontOf(smallPixels))
                                 .boundingRect(QRectF(0, 0, room, 1e4), Qt::TextWordWrap, sheet.footer)
                                 .height();
        height = footerTop + std::ceil(footerHeight) + margin;
    }

    int columns;
    double cellHeight, width, height, contentTop, rowsTop, legendTop, legendHeight, footerTop, footerHeight;
    int legendsPerLine;
    QList<double> rowTops;
};

void paintText(QPainter& painter, const QRectF& box, const QString& text, double pixels, const QColor& colour,
               int flags, bool bold = false) {
    painter.setFont(fontOf(pixels, bold));
    painter.setPen(colour);
    const bool wraps = (flags & Qt::TextWordWrap) != 0;
    painter.drawText(box, flags,
                     wraps ? text : QFontMetricsF(painter.font()).elidedText(text, Qt::ElideRight, box.width()));
}

void paintLegend(QPainter& painter, const SheetLegend& legend, const QPointF& corner) {
    const double text = lineHeight(smallPixels);
    const double width = legendWidth - gap;
    paintText(painter, QRectF(corner, QSizeF(width, text)), legend.label, smallPixels, ink, Qt::AlignLeft);
    paintText(painter, QRectF(corner + QPointF(0, text), QSizeF(width, text)), legend.rule, smallPixels, quietColour,
              Qt::AlignLeft);
    const QRectF bar(corner.x(), corner.y() + 2 * text + 3.0, width, barHeight);
    paintColourBar(painter, bar, legend.map, legend.contours);
    const QRectF numbers(bar.left(), bar.bottom() + 3.0, bar.width(), text);
    paintText(painter, numbers, legend.low, smallPixels, quietColour, Qt::AlignLeft);
    paintText(painter, numbers, legend.middle, smallPixels, quietColour, Qt::AlignHCenter);
    paintText(painter, numbers, legend.high, smallPixels, quietColour, Qt::AlignRight);
}

} // namespace

QSizeF sheetSize(const Sheet& sheet) {
    const Layout layout(sheet);
    return {layout.width, layout.height};
}

void paintSheet(QPainter& painter, const Sheet& sheet) {
    const Layout layout(sheet);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform | QPainter::TextAntialiasing);
    painter.fillRect(QRectF(0, 0, layout.width, layout.height), Qt::white);
    const double room = layout.width - 2 * margin;
    double y = margin;
    paintText(painter, QRectF(margin, y, room, lineHeight(titlePixels)), sheet.title, titlePixels, ink, Qt::AlignLeft,
              true);
    y += lineHeight(titlePixels) + gap / 2;
    for (const QString& line : sheet.lines) {
        paintText(painter, QRectF(margin, y, room, lineHeight(textPixels)), line, textPixels, quietColour,
                  Qt::AlignLeft);
        y += lineHeight(textPixels) + 2.0;
    }
    const auto cellLeft = [](qsizetype column) {
        return margin + labelWidth + static_cast<double>(column) * (cellWidth + gap);
    };
    for (qsizetype column = 0; column < sheet.columns.size(); ++column) {
        paintText(painter, QRectF(cellLeft(column), layout.contentTop, cellWidth, lineHeight(textPixels)),
                  sheet.columns.at(column), textPixels, ink, Qt::AlignHCenter);
    }
    for (qsizetype index = 0; index < sheet.rows.size(); ++index) {
        const SheetRow& row = sheet.rows.at(index);
        const double top = layout.rowTops.at(index);
        const double half = layout.cellHeight / 2.0;
        const double labelRoom = labelWidth - 2 * gap;
        paintText(painter, QRectF(margin, top, labelRoom, half - 1.0), row.label, textPixels, ink,
                  Qt::AlignLeft | Qt::AlignBottom | Qt::TextWordWrap, true);
        paintText(painter, QRectF(margin, top + half + 1.0, labelRoom, half - 1.0), row.detail, smallPixels,
                  quietColour, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap);
        for (qsizetype column = 0; column < row.cells.size(); ++column) {
            paintSheetCell(painter, row.cells.at(column), QRectF(cellLeft(column), top, cellWidth, layout.cellHeight),
                           quietColour, static_cast<int>(smallPixels));
        }
    }
    for (int index = 0; index < sheet.legends.size(); ++index) {
        paintLegend(painter, sheet.legends.at(index),
                    QPointF(margin + (index % layout.legendsPerLine) * (legendWidth + gap),
                            layout.legendTop + (index / layout.legendsPerLine) * layout.legendHeight));
    }
    paintText(painter, QRectF(margin, layout.footerTop, room, std::ceil(layout.footerHeight)), sheet.footer,
              smallPixels, quietColour, Qt::AlignLeft | Qt::TextWordWrap);
}

void paintSheetCell(QPainter& painter, const SheetCell& cell, const QRectF& box, const QColor& noteColour,
                    int notePixels) {
    if (cell.frame.isNull()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(236, 237, 240));
        painter.drawRect(box);
    } else {
        painter.drawImage(box, cell.frame);
        const QRectF seen(box.left() + cell.region.left * box.width(), box.top() + cell.region.top * box.height(),
                          cell.region.width * box.width(), cell.region.height * box.height());
        if (cell.dimmed) {
            QPainterPath outside;
            outside.setFillRule(Qt::OddEvenFill);
            outside.addRect(box);
            outside.addRect(seen);
            painter.fillPath(outside, QColor(0, 0, 0, 110));
        }
        if (!cell.overlay.isNull()) {
            painter.setOpacity(0.75);
            painter.drawImage(seen, cell.overlay);
            painter.setOpacity(1.0);
        }
        if (cell.query) {
            const QRectF query(seen.left() + cell.query->left() * seen.width(),
                               seen.top() + cell.query->top() * seen.height(), cell.query->width() * seen.width(),
                               cell.query->height() * seen.height());
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(Qt::white, 3.5));
            painter.drawRect(query);
            painter.setPen(QPen(QColor(220, 20, 30), 2.0));
            painter.drawRect(query);
        }
    }
    if (!cell.note.isEmpty()) {
        paintText(painter, QRectF(box.left(), box.bottom() + 2.0, box.width(), lineHeight(notePixels)), cell.note,
                  notePixels, noteColour, Qt::AlignHCenter | Qt::AlignTop);
    }
}

void paintColourBar(QPainter& painter, const QRectF& bar, vision::ColourMap map, bool contours) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (contours) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(70, 74, 82));
        painter.drawRoundedRect(bar, 2, 2);
        constexpr int levels = 5;
        for (int level = 0; level < levels; ++level) {
            const double x = bar.left() + (level + 0.5) / levels * bar.width();
            painter.setPen(QPen(Qt::white, 1.0 + 0.5 * level));
            painter.drawLine(QPointF(x, bar.top() + 1.0), QPointF(x, bar.bottom() - 1.0));
        }
    } else {
        QLinearGradient gradient(bar.topLeft(), bar.topRight());
        constexpr int stops = 32;
        for (int stop = 0; stop <= stops; ++stop) {
            const float value = static_cast<float>(stop) / stops;
            const vision::Rgb colour = vision::colourAt(map, value);
            gradient.setColorAt(static_cast<double>(value), QColor(colour.red, colour.green, colour.blue));
        }
        painter.setPen(QPen(QColor(128, 128, 128, 160), 0.75));
        painter.setBrush(gradient);
        painter.drawRoundedRect(bar, 2, 2);
    }
    painter.restore();
}

QImage toImage(const vision::RgbaPicture& picture) {
    const std::size_t needed = static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 4;
    if (picture.width <= 0 || picture.height <= 0 || picture.rgba.size() < needed) {
        return {};
    }
    const QImage view(picture.rgba.data(), picture.width, picture.height, picture.width * qsizetype{4},
                      QImage::Format_RGBA8888);
    return view.convertToFormat(QImage::Format_ARGB32_Premultiplied);
}

} // namespace livegloss::ui
