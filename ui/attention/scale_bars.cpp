#include "ui/attention/scale_bars.h"

#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet.h"
#include "ui/style/theme.h"

#include <QPainter>

namespace livegloss::ui {

namespace {
constexpr int colourHeight = 10;
}

ScaleBars::ScaleBars(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("scaleBars"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

int ScaleBars::barHeight() const {
    return 2 * fontMetrics().height() + colourHeight + grid;
}

QSize ScaleBars::sizeHint() const {
    return {240, static_cast<int>(bars_.size()) * (barHeight() + grid)};
}

void ScaleBars::setBars(const QList<Bar>& bars) {
    if (bars == bars_) {
        return;
    }
    const bool resized = bars.size() != bars_.size();
    bars_ = bars;
    QStringList spoken;
    for (const Bar& bar : bars_) {
        spoken.append(tr("%1, from %2 to %3").arg(bar.label, bar.low, bar.high));
    }
    setAccessibleName(spoken.join(QStringLiteral("; ")));
    if (resized) {
        updateGeometry();
    }
    update();
}

void ScaleBars::paintEvent(QPaintEvent*) {
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    const double text = fontMetrics().height();
    double top = 0.0;
    for (const Bar& bar : bars_) {
        painter.setPen(colours.text);
        painter.drawText(QRectF(0, top, width(), text), Qt::AlignLeft,
                         fontMetrics().elidedText(bar.label, Qt::ElideRight, width()));
        const QRectF band(0.5, top + text + grid / 2.0, width() - 1.0, colourHeight);
        paintColourBar(painter, band, bar.map, bar.contours);
        const QRectF numbers(0, band.bottom() + grid / 4.0, width(), text);
        painter.setPen(colours.muted);
        painter.drawText(numbers, Qt::AlignLeft, bar.low);
        painter.drawText(numbers, Qt::AlignHCenter, bar.middle);
        painter.drawText(numbers, Qt::AlignRight, bar.high);
        top += barHeight() + grid;
    }
}

QList<ScaleBars::Bar> barsOf(const AttentionView& view, const AttentionStyle& style) {
    QList<ScaleBars::Bar> bars;
    for (const attention::Layer& layer : view.layers()) {
        if (layer.kind == attention::LayerKind::CrossFrame && !bars.isEmpty()) {
            break; // one scale serves all neighbours
        }
        ScaleBars::Bar bar;
        bar.label = AttentionTexts::legend(layer);
        bar.map = attention::colourMapOf(layer, style.colours);
        bar.contours = style.colours == attention::Colours::Contours && !layer.isSigned();
        const attention::Scale scale = view.scaleOf(layer);
        bar.low = AttentionTexts::value(layer, scale.low);
        bar.middle = AttentionTexts::value(layer, (scale.low + scale.high) / 2.0F);
        bar.high = AttentionTexts::value(layer, scale.high);
        bars.append(bar);
    }
    return bars;
}

} // namespace livegloss::ui
