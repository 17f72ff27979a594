#include "ui/attention/film_strip.h"

#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>

namespace livegloss::ui {

namespace {
constexpr int largestSide = 112;
constexpr int smallestSide = 72;
constexpr int windowShare = 7; ///< a low window leaves the height to the video
constexpr int cellPixelsPerPatch = 16;
} // namespace

FilmStrip::FilmStrip(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("filmStrip"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

int FilmStrip::cellSide() const {
    return std::clamp(window()->height() / windowShare, smallestSide, largestSide);
}

QSize FilmStrip::sizeHint() const {
    const int side = cellSide();
    return {5 * (side + grid) + grid, side + fontMetrics().height() + 2 * grid};
}

void FilmStrip::setPicture(const session::AttendedPicturePtr& attended, const AttentionStyle& style, int patch) {
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
            cell.note = AttentionTexts::neighbour(layer.neighbour);
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
    const double side = std::min<double>(cellSide(), (width() - grid * (count + 1.0)) / std::max(1, count));
    double left = (width() - count * (side + grid) + grid) / 2.0;
    for (const Cell& cell : cells_) {
        const QRectF box(left, grid / 2.0, side, side);
        if (cell.picture.isNull()) {
            painter.setPen(QPen(colours.stageMuted, 1, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(box);
            painter.setPen(colours.stageMuted);
            painter.drawText(box.adjusted(grid, grid, -grid, -grid), Qt::AlignCenter | Qt::TextWordWrap, cell.note);
        } else {
            painter.drawImage(box, cell.picture);
            painter.setOpacity(strength_);
            painter.drawImage(box, cell.overlay);
            painter.setOpacity(1.0);
        }
        if (cell.asks) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(themeColours(true).accent, 2));
            painter.drawRect(box);
            if (patch_ >= 0 && columns_ > 0) {
                const double patchSide = side / columns_;
                painter.setPen(QPen(QColor(255, 64, 64), 2));
                painter.drawRect(QRectF(box.left() + patch_ % columns_ * patchSide,
                                        box.top() + patch_ / columns_ * patchSide, patchSide, patchSide));
            }
        }
        painter.setPen(cell.asks ? colours.stageText : colours.stageMuted);
        painter.drawText(QRectF(left, box.bottom() + grid / 2.0, side, fontMetrics().height()), Qt::AlignHCenter,
                         cell.label);
        left += side + grid;
    }
    if (cells_.isEmpty()) {
        painter.setPen(colours.stageMuted);
        painter.drawText(rect(), Qt::AlignCenter, tr("The frames around this one appear here."));
    }
}

void FilmStrip::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace livegloss::ui
