#include "ui/sheets/sheet_file.h"
#include "ui/sheets/time_chart.h"

#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainter>

#include <cmath>

namespace livegloss::ui {

namespace {

constexpr double pageWidth = 1000.0;
constexpr double pageMargin = 32.0;
constexpr double chartHeight = 360.0;
constexpr double sampleWidth = 40.0;
constexpr int pageTitlePixels = 20;
constexpr int pageTextPixels = 13;
constexpr int pageSmallPixels = 11;

QFont pageFont(int pixels, bool bold = false) {
    QFont font = QGuiApplication::font();
    font.setPixelSize(pixels);
    font.setBold(bold);
    return font;
}

double heightOf(const QFont& font) {
    return std::ceil(QFontMetricsF(font).height()) + 2.0;
}

double footerHeight(const TimeChartPage& page) {
    const QRectF room(0, 0, pageWidth - 2 * pageMargin, 1e4);
    return std::ceil(
        QFontMetricsF(pageFont(pageSmallPixels)).boundingRect(room, Qt::TextWordWrap, page.footer).height());
}

double legendTop(const TimeChartPage& page) {
    return pageMargin + heightOf(pageFont(pageTitlePixels)) +
           static_cast<double>(page.lines.size()) * heightOf(pageFont(pageTextPixels)) + pageMargin / 2.0 +
           chartHeight + pageMargin / 2.0;
}

QSizeF pageSize(const TimeChartPage& page) {
    return {pageWidth, legendTop(page) +
                           static_cast<double>(page.chart.curves.size()) * heightOf(pageFont(pageTextPixels)) +
                           pageMargin / 2.0 + footerHeight(page) + pageMargin};
}

void paintPage(QPainter& painter, const TimeChartPage& page) {
    const ChartColours colours = paperColours();
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF({}, pageSize(page)), colours.ground);
    const double room = pageWidth - 2 * pageMargin;
    double top = pageMargin;
    const auto write = [&](const QString& text, const QFont& font, const QColor& colour) {
        painter.setFont(font);
        painter.setPen(colour);
        painter.drawText(QRectF(pageMargin, top, room, heightOf(font)), Qt::AlignLeft,
                         QFontMetricsF(font).elidedText(text, Qt::ElideRight, room));
        top += heightOf(font);
    };
    write(page.title, pageFont(pageTitlePixels, true), colours.text);
    for (const QString& line : page.lines) {
        write(line, pageFont(pageTextPixels), colours.muted);
    }
    painter.setFont(pageFont(pageSmallPixels));
    paintTimeChart(painter, QRectF(pageMargin, top + pageMargin / 2.0, room, chartHeight), page.chart, page.range,
                   colours);
    top = legendTop(page);
    const QFont font = pageFont(pageTextPixels);
    for (const ChartCurve& curve : page.chart.curves) {
        paintCurveSample(painter, QRectF(pageMargin, top, sampleWidth, heightOf(font)), curve);
        const QRectF text(pageMargin + sampleWidth + 12.0, top, room - sampleWidth - 12.0, heightOf(font));
        painter.setFont(font);
        painter.setPen(colours.text);
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(font).elidedText(curve.name + QStringLiteral(": ") + curve.definition,
                                                        Qt::ElideRight, text.width()));
        top += heightOf(font);
    }
    painter.setFont(pageFont(pageSmallPixels));
    painter.setPen(colours.muted);
    painter.drawText(QRectF(pageMargin, top + pageMargin / 2.0, room, footerHeight(page) + 2.0), Qt::TextWordWrap,
                     page.footer);
}

} // namespace

Result<void> saveTimeChart(const TimeChartPage& page, const QString& path) {
    return savePage({pageSize(page), page.title, page.lines.join(QLatin1Char('\n')),
                     [&page](QPainter& painter) { paintPage(painter, page); }},
                    path);
}

} // namespace livegloss::ui
