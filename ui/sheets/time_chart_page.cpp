#include "ui/sheets/sheet_file.h"
#include "ui/sheets/time_chart.h"

#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainter>

#include <cmath>

namespace livegloss::ui {

namespace {

constexpr double pageWidth = 1000.0;
constexpr double margin = 32.0;
constexpr double chartHeight = 360.0;
constexpr double sampleWidth = 40.0;
constexpr int titlePixels = 20;
constexpr int textPixels = 13;
constexpr int smallPixels = 11;

QFont fontOf(int pixels, bool bold = false) {
    QFont font = QGuiApplication::font();
    font.setPixelSize(pixels);
    font.setBold(bold);
    return font;
}

double heightOf(const QFont& font) {
    return std::ceil(QFontMetricsF(font).height()) + 2.0;
}

double footerHeight(const TimeChartPage& page) {
    const QRectF room(0, 0, pageWidth - 2 * margin, 1e4);
    return std::ceil(QFontMetricsF(fontOf(smallPixels)).boundingRect(room, Qt::TextWordWrap, page.footer).height());
}

double legendTop(const TimeChartPage& page) {
    return margin + heightOf(fontOf(titlePixels)) +
           static_cast<double>(page.lines.size()) * heightOf(fontOf(textPixels)) + margin / 2.0 + chartHeight +
           margin / 2.0;
}

QSizeF pageSize(const TimeChartPage& page) {
    return {pageWidth, legendTop(page) + static_cast<double>(page.chart.curves.size()) * heightOf(fontOf(textPixels)) +
                           margin / 2.0 + footerHeight(page) + margin};
}

void paintPage(QPainter& painter, const TimeChartPage& page) {
    const ChartColours colours = paperColours();
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF({}, pageSize(page)), colours.ground);
    const double room = pageWidth - 2 * margin;
    double top = margin;
    const auto write = [&](const QString& text, const QFont& font, const QColor& colour) {
        painter.setFont(font);
        painter.setPen(colour);
        painter.drawText(QRectF(margin, top, room, heightOf(font)), Qt::AlignLeft,
                         QFontMetricsF(font).elidedText(text, Qt::ElideRight, room));
        top += heightOf(font);
    };
    write(page.title, fontOf(titlePixels, true), colours.text);
    for (const QString& line : page.lines) {
        write(line, fontOf(textPixels), colours.muted);
    }
    painter.setFont(fontOf(smallPixels));
    paintTimeChart(painter, QRectF(margin, top + margin / 2.0, room, chartHeight), page.chart, page.range, colours);
    top = legendTop(page);
    const QFont font = fontOf(textPixels);
    for (const ChartCurve& curve : page.chart.curves) {
        paintCurveSample(painter, QRectF(margin, top, sampleWidth, heightOf(font)), curve);
        const QRectF text(margin + sampleWidth + 12.0, top, room - sampleWidth - 12.0, heightOf(font));
        painter.setFont(font);
        painter.setPen(colours.text);
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(font).elidedText(curve.name + QStringLiteral(": ") + curve.definition,
                                                        Qt::ElideRight, text.width()));
        top += heightOf(font);
    }
    painter.setFont(fontOf(smallPixels));
    painter.setPen(colours.muted);
    painter.drawText(QRectF(margin, top + margin / 2.0, room, footerHeight(page) + 2.0), Qt::TextWordWrap, page.footer);
}

} // namespace

Result<void> saveTimeChart(const TimeChartPage& page, const QString& path) {
    return savePage({pageSize(page), page.title, page.lines.join(QLatin1Char('\n')),
                     [&page](QPainter& painter) { paintPage(painter, page); }},
                    path);
}

} // namespace livegloss::ui
