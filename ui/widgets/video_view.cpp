#include "ui/widgets/video_view.h"

#include "base/log.h"
#include "ui/sheets/sheet.h"
#include "ui/style/theme.h"
#include "ui/widgets/frame_image.h"

#include <QFocusEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr std::int64_t picturesPerLogLine = 250;

} // namespace

VideoView::VideoView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("video"));
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::StrongFocus);
}

VideoView::~VideoView() {
    if (meter_.pictures() > 0) {
        log(LogLevel::Info, meter_.summary());
    }
}

void VideoView::setPicture(const session::Picture& picture) {
    if (!picture.frame) {
        clearPicture();
        return;
    }
    if (picture.serial == serial_ && !frame_.isNull()) {
        return;
    }
    serial_ = picture.serial;
    frame_ = imageOf(*picture.frame);
    attentionRegion_ = picture.attentionRegion;
    if (picture.attention != attentionData_) {
        attentionData_ = picture.attention;
        attention_ = attentionData_ ? toImage(*attentionData_) : QImage();
    }
    newPicture_ = true;
    update();
}

void VideoView::clearPicture() {
    frame_ = {};
    attention_ = {};
    attentionData_.reset();
    meter_.pause();
    update();
}

void VideoView::setAttentionShown(bool shown) {
    attentionShown_ = shown;
    update();
}

void VideoView::setAttentionStrength(double strength) {
    attentionStrength_ = std::clamp(strength, 0.0, 1.0);
    update();
}

void VideoView::setMirrored(bool mirrored) {
    mirrored_ = mirrored;
    update();
}

void VideoView::setFramingGuide(bool shown) {
    if (shown != framingGuide_) {
        framingGuide_ = shown;
        update();
    }
}

void VideoView::setDropTarget(bool target) {
    dropTarget_ = target;
    update();
}

QRectF VideoView::frameRect() const {
    if (frame_.isNull()) {
        return {};
    }
    const QSizeF size = QSizeF(frame_.size()).scaled(QSizeF(this->size()), Qt::KeepAspectRatio);
    return {QPointF((width() - size.width()) / 2.0, (height() - size.height()) / 2.0), size};
}

void VideoView::paintEvent(QPaintEvent*) {
    const Instant begin = std::chrono::steady_clock::now();
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    painter.fillRect(rect(), colours.stage);
    if (!frame_.isNull()) {
        const QRectF target = frameRect();
        painter.save();
        if (mirrored_) {
            painter.translate(target.center().x() * 2.0, 0.0);
            painter.scale(-1.0, 1.0);
        }
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(target, frame_);
        paintAttention(painter, target);
        painter.restore();
        if (framingGuide_) {
            paintGuide(painter, target);
        }
    }
    if (dropTarget_ || focusRing_) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(themeColours(true).accent, 3));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(6, 6, -6, -6), grid, grid);
    }
    if (newPicture_) {
        newPicture_ = false;
        meter_.painted(begin, std::chrono::steady_clock::now());
        if (meter_.pictures() % picturesPerLogLine == 0) {
            log(LogLevel::Info, meter_.summary());
        }
    }
}

void VideoView::focusInEvent(QFocusEvent* event) {
    focusRing_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    update();
}

void VideoView::focusOutEvent(QFocusEvent*) {
    focusRing_ = false;
    update();
}

void VideoView::paintAttention(QPainter& painter, const QRectF& target) const {
    if (!attentionShown_ || attention_.isNull()) {
        return;
    }
    const QRectF seen(target.left() + attentionRegion_.left * target.width(),
                      target.top() + attentionRegion_.top * target.height(), attentionRegion_.width * target.width(),
                      attentionRegion_.height * target.height());
    // What lies outside the network's view is dimmed, so that nobody takes it for ignored.
    QPainterPath outside;
    outside.setFillRule(Qt::OddEvenFill);
    outside.addRect(target);
    outside.addRect(seen);
    painter.fillPath(outside, QColor(0, 0, 0, 110));
    painter.setOpacity(attentionStrength_);
    painter.drawImage(seen, attention_);
    painter.setOpacity(1.0);
}

void VideoView::paintGuide(QPainter& painter, const QRectF& target) const {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const double side = std::min(target.width(), target.height());
    const QPointF middle = target.center();
    const QRectF head(middle.x() - side * 0.11, target.top() + side * 0.13, side * 0.22, side * 0.28);
    QPainterPath path;
    path.addEllipse(head);
    const double shoulder = head.bottom() + side * 0.08;
    path.moveTo(middle.x() - side * 0.34, target.bottom());
    path.cubicTo(middle.x() - side * 0.34, shoulder + side * 0.04, middle.x() - side * 0.24, shoulder, middle.x(),
                 shoulder);
    path.cubicTo(middle.x() + side * 0.24, shoulder, middle.x() + side * 0.34, shoulder + side * 0.04,
                 middle.x() + side * 0.34, target.bottom());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 130), 4));
    painter.drawPath(path);
    painter.setPen(QPen(QColor(255, 255, 255, 200), 2, Qt::DashLine));
    painter.drawPath(path);
    const QString hint = tr("Keep head and both hands in the picture");
    QRectF box = painter.fontMetrics().boundingRect(hint);
    box.setSize(box.size() + QSizeF(3 * grid, grid));
    box.moveCenter(QPointF(middle.x(), target.top() + box.height() / 2.0 + grid));
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0, 0, 0, 190));
    painter.drawRoundedRect(box, box.height() / 2.0, box.height() / 2.0);
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, hint);
    painter.restore();
}

} // namespace livegloss::ui
