#include "ui/attention/video_marks.h"

#include "ui/style/theme.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

constexpr double gripPixels = 7.0;
constexpr double leastSide = 0.02;
constexpr double keyStep = 0.01;
const QColor regionColour(79, 209, 165); // as its curve on dark ground
const QColor pathColour(255, 216, 77);
const QColor edge(0, 0, 0, 170);

QRectF rectOf(const vision::Region& region) {
    return {region.left, region.top, region.width, region.height};
}

/// Cut to the frame, and not smaller than can be gripped.
QRectF fitted(QRectF box) {
    box = box.normalized();
    box.setWidth(std::clamp(box.width(), leastSide, 1.0));
    box.setHeight(std::clamp(box.height(), leastSide, 1.0));
    box.moveLeft(std::clamp(box.left(), 0.0, 1.0 - box.width()));
    box.moveTop(std::clamp(box.top(), 0.0, 1.0 - box.height()));
    return box;
}

Qt::CursorShape cursorOf(int grip, int whole) {
    switch (grip) {
    case 0:
        return Qt::ArrowCursor;
    case 1:
    case 2:
        return Qt::SizeHorCursor;
    case 4:
    case 8:
        return Qt::SizeVerCursor;
    case 5:
    case 10:
        return Qt::SizeFDiagCursor;
    default:
        return grip == whole ? Qt::SizeAllCursor : Qt::SizeBDiagCursor;
    }
}

} // namespace

VideoMarks::VideoMarks(AttentionView& view) : QWidget(&view), view_(view) {
    setObjectName(QStringLiteral("videoMarks"));
    setMouseTracking(true);
    view.installEventFilter(this);
    setGeometry(view.rect());
    describe();
}

void VideoMarks::describe() {
    setAccessibleName(tr("Your region"));
    setAccessibleDescription(tr("Arrow keys move it, with Shift they resize it, Delete removes it."));
}

void VideoMarks::setRegion(const std::optional<vision::Region>& region) {
    region_ = region;
    setFocusPolicy(region_ ? Qt::TabFocus : Qt::NoFocus); // clicks beside it go to the red box
    update();
}

void VideoMarks::placeRegion() {
    if (!region_) {
        change(QRectF(0.35, 0.3, 0.3, 0.4));
    }
    setFocus(Qt::OtherFocusReason);
}

QString VideoMarks::regionText() const {
    if (!region_) {
        return {};
    }
    const auto percent = [](double share) { return QString::number(std::lround(share * 100.0)); };
    return tr("from the left %1 %, from the top %2 %, width %3 %, height %4 %")
        .arg(percent(region_->left), percent(region_->top), percent(region_->width), percent(region_->height));
}

void VideoMarks::setDrawing(bool drawing) {
    drawing_ = drawing;
    setCursor(drawing ? Qt::CrossCursor : Qt::ArrowCursor);
}

void VideoMarks::setPath(const std::vector<attention::PicturePoint>& path) {
    path_ = path;
    update();
}

bool VideoMarks::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &view_ && event->type() == QEvent::Resize) {
        setGeometry(view_.rect());
    }
    return QWidget::eventFilter(watched, event);
}

QPointF VideoMarks::pointOf(const attention::PicturePoint& point, int index) const {
    const QRectF frame = view_.frameRect(index);
    const double x = view_.isMirrored() ? 1.0 - point.x : point.x;
    return {frame.left() + x * frame.width(), frame.top() + point.y * frame.height()};
}

QPointF VideoMarks::fractionAt(const QPointF& point, int index) const {
    const QRectF frame = view_.frameRect(index);
    const double x = std::clamp((point.x() - frame.left()) / std::max(1.0, frame.width()), 0.0, 1.0);
    const double y = std::clamp((point.y() - frame.top()) / std::max(1.0, frame.height()), 0.0, 1.0);
    return {view_.isMirrored() ? 1.0 - x : x, y};
}

QRectF VideoMarks::boxIn(int index) const {
    const QRectF box = rectOf(*region_);
    return QRectF(pointOf({box.left(), box.top()}, index), pointOf({box.right(), box.bottom()}, index)).normalized();
}

int VideoMarks::pictureAt(const QPointF& point) const {
    for (int index = 0; index < view_.pictures(); ++index) {
        if (view_.frameRect(index).contains(point)) {
            return index;
        }
    }
    return -1;
}

int VideoMarks::gripAt(const QPointF& point, int* index) const {
    *index = pictureAt(point);
    if (!region_ || *index < 0) {
        return NoGrip;
    }
    const QRectF box = boxIn(*index);
    if (!box.adjusted(-gripPixels, -gripPixels, gripPixels, gripPixels).contains(point)) {
        return NoGrip;
    }
    int grip = NoGrip;
    const bool mirrored = view_.isMirrored();
    grip |= std::abs(point.x() - box.left()) <= gripPixels ? (mirrored ? RightEdge : LeftEdge) : NoGrip;
    grip |= std::abs(point.x() - box.right()) <= gripPixels ? (mirrored ? LeftEdge : RightEdge) : NoGrip;
    grip |= std::abs(point.y() - box.top()) <= gripPixels ? TopEdge : NoGrip;
    grip |= std::abs(point.y() - box.bottom()) <= gripPixels ? BottomEdge : NoGrip;
    // Inside, the patches below can still be chosen: only the name at the top moves the whole box.
    const QRectF handle(box.left(), box.top(), box.width(), std::min(box.height() / 2.0, 3.0 * grid));
    return grip != NoGrip ? grip : handle.contains(point) ? Whole : NoGrip;
}

void VideoMarks::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    if (drawing_) {
        gripPicture_ = pictureAt(event->position());
        if (gripPicture_ >= 0) {
            gripAt_ = fractionAt(event->position(), gripPicture_);
            gripBox_ = QRectF(gripAt_, QSizeF(0.0, 0.0));
            grip_ = RightEdge | BottomEdge;
        }
        return;
    }
    grip_ = gripAt(event->position(), &gripPicture_);
    if (grip_ == NoGrip) {
        event->ignore(); // the video below takes it, and with it the arrow keys
        if (hasFocus()) {
            view_.setFocus(Qt::MouseFocusReason);
        }
        return;
    }
    setFocus(Qt::MouseFocusReason);
    gripAt_ = fractionAt(event->position(), gripPicture_);
    gripBox_ = rectOf(*region_);
}

void VideoMarks::mouseMoveEvent(QMouseEvent* event) {
    if (grip_ == NoGrip || !(event->buttons() & Qt::LeftButton)) {
        if (!drawing_) {
            int index = 0;
            const int grip = gripAt(event->position(), &index);
            setCursor(cursorOf(view_.isMirrored() && (grip & (LeftEdge | RightEdge)) ? grip ^ 3 : grip, Whole));
        }
        event->ignore();
        return;
    }
    const QPointF moved = fractionAt(event->position(), gripPicture_) - gripAt_;
    QRectF box = gripBox_;
    if (grip_ == Whole) {
        box.translate(moved);
    } else {
        box.adjust(grip_ & LeftEdge ? moved.x() : 0.0, grip_ & TopEdge ? moved.y() : 0.0,
                   grip_ & RightEdge ? moved.x() : 0.0, grip_ & BottomEdge ? moved.y() : 0.0);
    }
    change(box);
}

void VideoMarks::mouseReleaseEvent(QMouseEvent* event) {
    if (grip_ == NoGrip) {
        event->ignore();
        return;
    }
    grip_ = NoGrip;
    if (drawing_) {
        setDrawing(false);
        Q_EMIT drawingEnded();
    }
}

void VideoMarks::change(QRectF box) {
    box = fitted(box);
    setRegion(vision::Region{box.left(), box.top(), box.width(), box.height()});
    QAccessibleValueChangeEvent moved(this, regionText());
    QAccessible::updateAccessibility(&moved);
    Q_EMIT regionChanged();
}

bool VideoMarks::event(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        describe();
        update();
    }
    if (event->type() == QEvent::ShortcutOverride && region_) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool arrow = key->key() >= Qt::Key_Left && key->key() <= Qt::Key_Down;
        if ((arrow && !(key->modifiers() & ~Qt::ShiftModifier)) || key->key() == Qt::Key_Delete) {
            event->accept();
            return true;
        }
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    return QWidget::event(event);
}

void VideoMarks::keyPressEvent(QKeyEvent* event) {
    if (!region_) {
        QWidget::keyPressEvent(event);
        return;
    }
    if (event->key() == Qt::Key_Delete) {
        setRegion(std::nullopt);
        Q_EMIT regionChanged();
        return;
    }
    const double across = view_.isMirrored() ? -keyStep : keyStep;
    QPointF step;
    switch (event->key()) {
    case Qt::Key_Left:
        step = {-across, 0.0};
        break;
    case Qt::Key_Right:
        step = {across, 0.0};
        break;
    case Qt::Key_Up:
        step = {0.0, -keyStep};
        break;
    case Qt::Key_Down:
        step = {0.0, keyStep};
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    QRectF box = rectOf(*region_);
    if (event->modifiers() & Qt::ShiftModifier) {
        box.setWidth(std::max(leastSide, box.width() + std::abs(step.x()) * (event->key() == Qt::Key_Left ? -1 : 1)));
        box.setHeight(std::max(leastSide, box.height() + step.y()));
    } else {
        box.translate(step);
    }
    change(box);
}

void VideoMarks::paintEvent(QPaintEvent*) {
    if (!view_.hasPicture() || (!region_ && path_.size() < 2)) {
        return;
    }
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (int index = 0; index < view_.pictures(); ++index) {
        if (region_) {
            paintRegion(painter, index);
        }
        if (path_.size() > 1) {
            paintPath(painter, index);
        }
    }
}

void VideoMarks::paintRegion(QPainter& painter, int index) const {
    const QRectF box = boxIn(index);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(edge, 4));
    painter.drawRect(box);
    painter.setPen(QPen(regionColour, 2));
    painter.drawRect(box);
    if (hasFocus()) {
        painter.setPen(QPen(themeColours(true).accent, 2));
        painter.drawRect(box.adjusted(-4, -4, 4, 4));
    }
    const QString name = tr("Your region");
    const QFontMetricsF metrics(painter.font());
    if (box.width() > metrics.horizontalAdvance(name) + 2 * grid && box.height() > 1.5 * metrics.height()) {
        const QRectF label(box.left(), box.top(), metrics.horizontalAdvance(name) + 2 * grid, metrics.height() + 4);
        painter.fillRect(label, QColor(0, 0, 0, 170));
        painter.setPen(regionColour);
        painter.drawText(label, Qt::AlignCenter, name);
    }
}

/// Thinner and paler the older it is; a ring where it is now.
void VideoMarks::paintPath(QPainter& painter, int index) const {
    const auto last = static_cast<double>(path_.size() - 1);
    for (const bool shadow : {true, false}) {
        for (std::size_t i = 1; i < path_.size(); ++i) {
            const double age = static_cast<double>(i) / last;
            QColor colour = shadow ? QColor(0, 0, 0) : pathColour;
            colour.setAlphaF(static_cast<float>((shadow ? 0.5 : 1.0) * (0.25 + 0.75 * age)));
            painter.setPen(QPen(colour, (shadow ? 3.0 : 1.0) + 2.0 * age, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
            painter.drawLine(pointOf(path_[i - 1], index), pointOf(path_[i], index));
        }
    }
    const QPointF now = pointOf(path_.back(), index);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(edge, 5));
    painter.drawEllipse(now, 7, 7);
    painter.setPen(QPen(pathColour, 2.5));
    painter.drawEllipse(now, 7, 7);
}

} // namespace livegloss::ui
