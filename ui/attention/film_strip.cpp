#include "ui/attention/film_strip.h"

#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {
constexpr int largestHeight = 112;
constexpr int smallestHeight = 72;
constexpr int usualCount = 5;
constexpr int windowShare = 7; ///< a low window leaves the height to the video
constexpr int cellPixelsPerPatch = 16;
} // namespace

FilmStrip::FilmStrip(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("filmStrip"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

int FilmStrip::cellHeight() const {
    return std::clamp(window()->height() / windowShare, smallestHeight, largestHeight);
}

QSize FilmStrip::sizeHint() const {
    const int high = cellHeight();
    const int wide = static_cast<int>(std::ceil(high * aspect_));
    return {usualCount * (wide + grid) + grid, high + fontMetrics().height() + 2 * grid};
}

void FilmStrip::setShape(double aspect, bool mirrored) {
    if (aspect != aspect_ || mirrored != mirrored_) {
        aspect_ = aspect;
        mirrored_ = mirrored;
        updateGeometry();
        update();
    }
}

void FilmStrip::clear() {
    cells_.clear();
    update();
}

void FilmStrip::setPicture(const session::AttendedPicturePtr& attended, const AttentionStyle& style, int patch,
                           const model::ModelConfig& model) {
    cells_.clear();
    strength_ = style.strength;
    patch_ = patch;
    for (std::size_t i = 0; attended && i < attended->layers.size(); ++i) {
        const attention::Layer& layer = attended->layers[i];
        Cell cell;
        cell.label = AttentionTexts::offset(layer.offset);
        cell.asks = layer.offset == 0;
        columns_ = layer.columns;
        const auto picture = i < attended->neighbours.size() ? attended->neighbours[i] : nullptr;
        if (picture) {
            const QImage view(picture->rgb.data(), picture->side, picture->side, picture->side * qsizetype{3},
                              QImage::Format_RGB888);
            cell.picture = view.convertToFormat(QImage::Format_RGB32);
            const attention::Scale scale = attended->scales.scaleOf(layer, style.normalisation);
            if (scale.high > scale.low && vision::hasContrast(layer.values)) {
                cell.overlay = toImage(attention::drawLayer(layer, scale, style.colours, cellPixelsPerPatch));
            }
        }
        if (layer.neighbour != engine::Neighbour::Frame) {
            cell.note = AttentionTexts::neighbour(layer, model);
        }
        cells_.append(cell);
    }
    setAccessibleName(tr("Cross-frame weights over the neighbouring frames"));
    update();
}

void FilmStrip::paintEvent(QPaintEvent*) {
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.fillRect(rect(), colours.stage);
    const auto count = static_cast<int>(cells_.size());
    const double room = (width() - grid * (count + 1.0)) / std::max(1, count);
    const double wide = std::min(cellHeight() * aspect_, room);
    const double high = wide / aspect_;
    double left = (width() - count * (wide + grid) + grid) / 2.0;
    for (const Cell& cell : cells_) {
        const QRectF box(left, grid / 2.0 + (cellHeight() - high) / 2.0, wide, high);
        paintCell(painter, cell, box);
        painter.setPen(cell.asks ? colours.stageText : colours.stageMuted);
        painter.drawText(QRectF(left, box.bottom() + grid / 2.0, wide, fontMetrics().height()), Qt::AlignHCenter,
                         cell.label);
        left += wide + grid;
    }
    if (cells_.isEmpty()) {
        painter.setPen(colours.stageMuted);
        painter.drawText(rect(), Qt::AlignCenter, tr("The frames around this one appear here."));
    }
}

/// Mirrored as the video above is.
void FilmStrip::paintCell(QPainter& painter, const Cell& cell, const QRectF& box) const {
    const ThemeColours& colours = themeColours(palette());
    painter.setBrush(Qt::NoBrush);
    if (cell.picture.isNull()) {
        painter.setPen(QPen(colours.stageMuted, 1, Qt::DashLine));
        painter.drawRect(box);
        painter.setPen(colours.stageMuted);
        painter.drawText(box.adjusted(grid, grid, -grid, -grid), Qt::AlignCenter | Qt::TextWordWrap, cell.note);
        return;
    }
    painter.save();
    if (mirrored_) {
        painter.translate(box.center().x() * 2.0, 0.0);
        painter.scale(-1.0, 1.0);
    }
    painter.drawImage(box, cell.picture);
    painter.setOpacity(strength_);
    painter.drawImage(box, cell.overlay);
    painter.setOpacity(1.0);
    if (cell.asks) {
        painter.setPen(QPen(themeColours(true).accent, 2));
        painter.drawRect(box);
        if (patch_ >= 0 && columns_ > 0) {
            const QSizeF patch(box.width() / columns_, box.height() / columns_);
            painter.setPen(QPen(QColor(255, 64, 64), 2));
            painter.drawRect(QRectF(
                box.topLeft() + QPointF(patch_ % columns_ * patch.width(), patch_ / columns_ * patch.height()), patch));
        }
    }
    painter.restore();
}

void FilmStrip::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace livegloss::ui
