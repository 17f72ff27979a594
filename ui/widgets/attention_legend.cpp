#include "ui/widgets/attention_legend.h"

#include "ui/style/theme.h"
#include "vision/heat_map.h"

#include <QEvent>
#include <QLinearGradient>
#include <QPainter>

namespace livegloss::ui {

namespace {

constexpr int barHeight = 8;
constexpr int margin = 2 * grid;

} // namespace

AttentionLegend::AttentionLegend(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("attentionLegend"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize AttentionLegend::sizeHint() const {
    return {240, margin * 2 + barHeight + grid / 2 + fontMetrics().height()};
}

void AttentionLegend::paintEvent(QPaintEvent*) {
    setAccessibleName(tr("Attention colours, from little to much"));
    setToolTip(tr("Where the last block of the network looks in this frame, compared with the whole clip.\n"
                  "Attention shows what was weighed, not why a gloss was chosen."));
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF bar(margin, margin, width() - 2.0 * margin, barHeight);
    QLinearGradient gradient(bar.topLeft(), bar.topRight());
    constexpr int stops = 16;
    for (int stop = 0; stop <= stops; ++stop) {
        const float value = static_cast<float>(stop) / stops;
        const vision::Rgb colour = vision::colourAt(vision::ColourMap::Inferno, value);
        gradient.setColorAt(value, QColor(colour.red, colour.green, colour.blue));
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRoundedRect(bar, 2, 2);
    painter.setPen(themeColours(palette()).muted);
    const QRectF text(bar.left(), bar.bottom() + grid / 2.0, bar.width(), fontMetrics().height());
    painter.drawText(text, Qt::AlignLeft, tr("little"));
    painter.drawText(text, Qt::AlignHCenter, tr("attention"));
    painter.drawText(text, Qt::AlignRight, tr("much"));
}

void AttentionLegend::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace livegloss::ui
