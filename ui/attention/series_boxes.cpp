#include "ui/attention/series_boxes.h"

#include "ui/style/theme.h"

#include <QCheckBox>
#include <QEvent>
#include <QPainter>
#include <QSettings>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

constexpr QSize sampleSize(28, 12);

QString keyOf(OverTimeSeries series) {
    return QStringLiteral("attentionOverTime/series%1").arg(static_cast<int>(series));
}

} // namespace

SeriesBoxes::SeriesBoxes(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (const OverTimeSeries series : allSeries) {
        auto* box = new QCheckBox(this);
        box->setChecked(true);
        box->setIconSize(sampleSize);
        connect(box, &QCheckBox::toggled, this, &SeriesBoxes::changed);
        boxes_[static_cast<std::size_t>(series)] = box;
        column->addWidget(box);
    }
    column->addStretch();
    retranslate();
}

QList<OverTimeSeries> SeriesBoxes::chosen() const {
    QList<OverTimeSeries> chosen;
    for (const OverTimeSeries series : allSeries) {
        if (box(series)->isChecked()) {
            chosen.append(series);
        }
    }
    return chosen;
}

void SeriesBoxes::setKnown(const OverTimeData& known) {
    for (const OverTimeSeries series : allSeries) {
        box(series)->setEnabled(known.moments.empty() || hasSeries(known, series));
    }
}

void SeriesBoxes::saveState(QSettings& store) const {
    for (const OverTimeSeries series : allSeries) {
        store.setValue(keyOf(series), box(series)->isChecked());
    }
}

void SeriesBoxes::restoreState(const QSettings& store) {
    for (const OverTimeSeries series : allSeries) {
        box(series)->setChecked(store.value(keyOf(series), true).toBool());
    }
}

void SeriesBoxes::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void SeriesBoxes::retranslate() {
    const bool dark = &themeColours(palette()) == &themeColours(true);
    for (const OverTimeSeries series : allSeries) {
        const ChartCurve curve = curveOf(series, dark);
        QPixmap sample(sampleSize * devicePixelRatioF());
        sample.setDevicePixelRatio(devicePixelRatioF());
        sample.fill(Qt::transparent);
        {
            QPainter painter(&sample);
            paintCurveSample(painter, QRectF(QPointF(), QSizeF(sampleSize)).adjusted(0, 0, -4, 0), curve);
        }
        box(series)->setIcon(QIcon(sample));
        box(series)->setText(curve.name);
        box(series)->setToolTip(curve.definition);
        box(series)->setAccessibleDescription(curve.definition);
    }
}

} // namespace livegloss::ui
