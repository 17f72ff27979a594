#include "ui/attention/attention_view.h"

#include "base/log.h"
#include "ui/sheets/attention_texts.h"
#include "ui/sheets/sheet.h"
#include "ui/style/theme.h"
#include "ui/widgets/frame_image.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int pixelsPerPatch = 24;
constexpr double pictureGap = grid;
/// Attention that went away while playing does not come back sooner, so that it cannot blink faster than 3 Hz.
constexpr MediaTime kShortestAbsence = std::chrono::milliseconds(400);
const QColor boxColour(255, 64, 64);

bool isArrow(int key) {
    return key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
}

} // namespace

AttentionView::AttentionView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("attentionView"));
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::StrongFocus);
    describe();
}

AttentionView::~AttentionView() {
    if (meter_.pictures() > 0) {
        log(LogLevel::Info, "attention " + meter_.summary());
    }
}

void AttentionView::setPicture(const session::Picture& picture, bool playing) {
    if (!picture.frame) {
        clearPicture();
        return;
    }
    if (picture.serial == serial_ && picture.frame == frameData_ && playing == playing_) {
        return;
    }
    const Instant begin = std::chrono::steady_clock::now();
    serial_ = picture.serial;
    if (!playing) {
        meter_.pause();
    }
    if (picture.frame != frameData_) {
        frameData_ = picture.frame;
        frame_ = imageOf(*picture.frame);
        newPicture_ = playing;
    }
    attended_ = picture.attended;
    takeAttention(playing);
    redraw();
    preparing_ = std::chrono::steady_clock::now() - begin;
}

void AttentionView::clearPicture() {
    frame_ = {};
    frameData_.reset();
    attended_.reset();
    layers_.clear();
    overlays_.clear();
    missingSince_.reset();
    smoothing_.reset();
    update();
    Q_EMIT layersChanged();
}

void AttentionView::setGrid(const vision::Region& region, int rows, int columns) {
    region_ = region;
    rows_ = rows;
    columns_ = columns;
    update();
}

void AttentionView::setView(const attention::View& view) {
    if (view.shown != view_.shown || requestFor(view) != requestFor(view_)) {
        missingSince_.reset();
        smoothing_.reset();
    }
    const bool moved = view.source == engine::AttentionSource::Patch && view.patch != view_.patch;
    view_ = view;
    takeAttention(playing_);
    redraw();
    describe();
    if (moved && columns_ > 0) {
        QAccessibleValueChangeEvent chosen(this, patchText());
        QAccessible::updateAccessibility(&chosen);
    }
}

void AttentionView::setStyle(const AttentionStyle& style) {
    style_ = style;
    takeAttention(playing_);
    redraw();
}

void AttentionView::setMirrored(bool mirrored) {
    mirrored_ = mirrored;
    update();
}

/// Attention that was computed for another view is not shown.
void AttentionView::takeAttention(bool playing) {
    playing_ = playing;
    const bool fits = attended_ && attended_->view.shown == view_.shown &&
                      requestFor(attended_->view) == requestFor(view_) && frameData_;
    if (!fits) {
        layers_.clear();
        if (playing && frameData_ && !missingSince_) {
            missingSince_ = frameData_->time;
        }
        return;
    }
    const bool tooSoon = playing && missingSince_ && frameData_->time >= *missingSince_ &&
                         frameData_->time - *missingSince_ < kShortestAbsence;
    if (tooSoon) {
        layers_.clear();
        return;
    }
    missingSince_.reset();
    layers_ = smoothing_.next(attended_->layers, attended_->time, playing ? style_.smoothingSeconds : 0.0);
}

attention::Scale AttentionView::scaleOf(const attention::Layer& layer) const {
    return attended_ ? attended_->scales.scaleOf(layer, style_.normalisation) : attention::Scale{};
}

void AttentionView::redraw() {
    overlays_.clear();
    std::vector<attention::Layer> drawn = layers_;
    if (view_.shown == attention::Shown::CrossFrame && !layers_.empty()) {
        drawn = {crossFrameOverlay(layers_)};
    }
    for (const attention::Layer& layer : drawn) {
        const attention::Scale scale = scaleOf(layer);
        const bool responds = scale.high > scale.low && vision::hasContrast(layer.values);
        overlays_.push_back(responds ? toImage(attention::drawLayer(layer, scale, style_.colours, pixelsPerPatch))
                                     : QImage());
    }
    update();
    Q_EMIT layersChanged();
}

int AttentionView::pictures() const {
    return view_.shown == attention::Shown::SideBySide ? 2 : 1;
}

QRectF AttentionView::frameRect(int index) const {
    if (frame_.isNull()) {
        return {};
    }
    // Beside or above each other, whichever makes the pictures larger.
    const int count = pictures();
    const QSizeF beside((width() - pictureGap * (count - 1)) / count, height());
    const QSizeF above(width(), (height() - pictureGap * (count - 1)) / count);
    const QSizeF besideSize = QSizeF(frame_.size()).scaled(beside, Qt::KeepAspectRatio);
    const QSizeF aboveSize = QSizeF(frame_.size()).scaled(above, Qt::KeepAspectRatio);
    const bool sideways = besideSize.width() >= aboveSize.width();
    const QSizeF size = sideways ? besideSize : aboveSize;
    if (sideways) {
        const double left = (width() - size.width() * count - pictureGap * (count - 1)) / 2.0;
        return {QPointF(left + index * (size.width() + pictureGap), (height() - size.height()) / 2.0), size};
    }
    const double top = (height() - size.height() * count - pictureGap * (count - 1)) / 2.0;
    return {QPointF((width() - size.width()) / 2.0, top + index * (size.height() + pictureGap)), size};
}

QRectF AttentionView::seenRect(const QRectF& frame) const {
    const double left = mirrored_ ? 1.0 - region_.left - region_.width : region_.left;
    return {frame.left() + left * frame.width(), frame.top() + region_.top * frame.height(),
            region_.width * frame.width(), region_.height * frame.height()};
}

QString AttentionView::patchText() const {
    return choosesPatch() && columns_ > 0
               ? tr("Patch in row %1, column %2").arg(view_.patch / columns_ + 1).arg(view_.patch % columns_ + 1)
               : QString();
}

std::optional<int> AttentionView::patchAt(const QPointF& point) const {
    for (int index = 0; index < pictures() && rows_ > 0; ++index) {
        const QRectF seen = seenRect(frameRect(index));
        if (!seen.isEmpty() && seen.contains(point)) {
            const double across = (point.x() - seen.left()) / seen.width();
            const double x = mirrored_ ? 1.0 - across : across;
            const double y = (point.y() - seen.top()) / seen.height();
            const int column = std::clamp(static_cast<int>(x * columns_), 0, columns_ - 1);
            const int row = std::clamp(static_cast<int>(y * rows_), 0, rows_ - 1);
            return row * columns_ + column;
        }
    }
    return std::nullopt;
}

bool AttentionView::event(QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    if (event->type() == QEvent::ShortcutOverride && choosesPatch()) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (isArrow(key->key()) && key->modifiers() == Qt::NoModifier) {
            event->accept(); // arrows move the box here instead of seeking
            return true;
        }
    }
    return QWidget::event(event);
}

void AttentionView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        mouseMoveEvent(event);
    }
}

void AttentionView::mouseMoveEvent(QMouseEvent* event) {
    if (!(event->buttons() & Qt::LeftButton)) {
        return;
    }
    const auto patch = patchAt(event->position());
    if (patch && (!choosesPatch() || *patch != view_.patch)) {
        Q_EMIT patchChosen(*patch);
    }
}

void AttentionView::keyPressEvent(QKeyEvent* event) {
    if (!choosesPatch() || !isArrow(event->key()) || event->modifiers() != Qt::NoModifier || columns_ == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    int row = view_.patch / columns_;
    int column = view_.patch % columns_;
    const int right = mirrored_ ? -1 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        column -= right;
        break;
    case Qt::Key_Right:
        column += right;
        break;
    case Qt::Key_Up:
        --row;
        break;
    default:
        ++row;
    }
    const int patch = std::clamp(row, 0, rows_ - 1) * columns_ + std::clamp(column, 0, columns_ - 1);
    if (patch != view_.patch) {
        Q_EMIT patchChosen(patch);
    }
}

void AttentionView::paintEvent(QPaintEvent*) {
    const Instant begin = std::chrono::steady_clock::now();
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.fillRect(rect(), themeColours(palette()).stage);
    for (int index = 0; index < pictures() && !frame_.isNull(); ++index) {
        paintPicture(painter, index);
    }
    if (hasFocus()) {
        painter.setPen(QPen(themeColours(true).accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
    }
    if (newPicture_) {
        newPicture_ = false;
        meter_.painted(begin - preparing_, std::chrono::steady_clock::now());
    }
}

void AttentionView::paintPicture(QPainter& painter, int index) {
    const QRectF frame = frameRect(index);
    const QRectF seen = seenRect(frame);
    painter.save();
    if (mirrored_) {
        painter.translate(frame.center().x() * 2.0, 0.0);
        painter.scale(-1.0, 1.0);
    }
    painter.drawImage(frame, frame_);
    painter.restore();
    if (rows_ > 0) {
        QPainterPath outside;
        outside.setFillRule(Qt::OddEvenFill);
        outside.addRect(frame);
        outside.addRect(seen);
        painter.fillPath(outside, QColor(0, 0, 0, 120));
    }
    const auto place = static_cast<std::size_t>(index);
    const bool known = place < overlays_.size();
    if (known && !overlays_[place].isNull()) {
        painter.save();
        painter.setOpacity(style_.strength);
        if (mirrored_) {
            painter.translate(seen.center().x() * 2.0, 0.0);
            painter.scale(-1.0, 1.0);
        }
        painter.drawImage(seen, overlays_[place]);
        painter.restore();
    } else if (known) {
        paintLabel(painter, frame, AttentionTexts::noResponse(), Qt::AlignCenter);
    }
    if (choosesPatch() && rows_ > 0) {
        const double w = seen.width() / columns_;
        const double h = seen.height() / rows_;
        const int column = view_.patch % columns_;
        const QRectF box(seen.left() + (mirrored_ ? columns_ - 1 - column : column) * w,
                         seen.top() + view_.patch / columns_ * h, w, h);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(255, 255, 255, 230), 4));
        painter.drawRect(box);
        painter.setPen(QPen(boxColour, 2));
        painter.drawRect(box);
    }
    if (pictures() > 1) {
        paintLabel(painter, frame,
                   AttentionTexts::shown(index == 0 ? attention::Shown::Frozen : attention::Shown::Adapted),
                   Qt::AlignTop | Qt::AlignHCenter);
    }
    if (playing_ && style_.smoothingSeconds > 0.0 && known && index == pictures() - 1) {
        const QString text = tr("smoothed over %1 s").arg(QLocale().toString(style_.smoothingSeconds, 'g', 2));
        const QRectF beside(frame.right(), frame.top(), width() - frame.right(), frame.height());
        const bool fits = beside.width() > QFontMetricsF(painter.font()).horizontalAdvance(text) + 4 * grid;
        paintLabel(painter, fits ? beside : frame, text, Qt::AlignBottom | Qt::AlignRight);
    }
}

void AttentionView::paintLabel(QPainter& painter, const QRectF& frame, const QString& text, Qt::Alignment where) const {
    QRectF box = QFontMetricsF(painter.font()).boundingRect(text);
    box.setSize(box.size() + QSizeF(2 * grid, grid / 2.0));
    const QRectF room = frame.adjusted(grid, grid, -grid, -grid);
    const bool bottom = where.testFlag(Qt::AlignBottom);
    const bool top = where.testFlag(Qt::AlignTop);
    box.moveCenter(room.center());
    if (where.testFlag(Qt::AlignRight)) {
        box.moveRight(room.right());
    }
    if (bottom) {
        box.moveBottom(room.bottom());
    } else if (top) {
        box.moveTop(room.top());
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0, 0, 0, 170));
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, text);
}

void AttentionView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        describe();
        update();
    }
    QWidget::changeEvent(event);
}

void AttentionView::describe() {
    setAccessibleName(tr("Video with attention"));
    setAccessibleDescription(choosesPatch() ? tr("Arrow keys move the red box.")
                                            : tr("Click a patch to see its attention."));
}

} // namespace livegloss::ui
