#include "ui/widgets/caption_view.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QAccessible>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

constexpr int sideMargin = 3 * grid;
constexpr int verticalMargin = grid;

QColor colourOf(CaptionColour colour) {
    switch (colour) {
    case CaptionColour::Yellow:
        return {0xff, 0xe9, 0x4d};
    case CaptionColour::Cyan:
        return {0x5d, 0xf2, 0xff};
    case CaptionColour::Green:
        return {0x6d, 0xff, 0x7a};
    case CaptionColour::White:
        break;
    }
    return Qt::white;
}

QColor groundOf(CaptionGround ground, const QColor& stage) {
    switch (ground) {
    case CaptionGround::Black:
        return Qt::black;
    case CaptionGround::Blue:
        return {0x0b, 0x16, 0x42};
    case CaptionGround::Stage:
        break;
    }
    return stage;
}

} // namespace

CaptionView::CaptionView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("captions"));
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setTextStyle(AppSettings());
}

void CaptionView::setCaptions(const session::CaptionList& committed, const session::CaptionList& provisional,
                              MediaTime position) {
    const QString before = layout_.visibleText();
    if (layout_.update(committed, provisional, position)) {
        announce(before);
    }
}

void CaptionView::jump(MediaTime target) {
    const QString before = layout_.visibleText();
    layout_.jump(target);
    announce(before);
}

void CaptionView::clear() {
    const QString before = layout_.visibleText();
    layout_.clear();
    announce(before);
}

void CaptionView::announce(const QString& before) {
    update();
    if (layout_.visibleText() != before) {
        QAccessibleValueChangeEvent change(this, layout_.visibleText());
        QAccessible::updateAccessibility(&change);
        Q_EMIT textChanged();
    }
}

void CaptionView::setTextStyle(const AppSettings& settings) {
    committedFont_ = font();
    if (!settings.captionFont.isEmpty()) {
        committedFont_.setFamilies({settings.captionFont, font().family()});
    }
    committedFont_.setPixelSize(settings.captionPixels);
    committedFont_.setWeight(QFont::DemiBold);
    provisionalFont_ = committedFont_;
    provisionalFont_.setWeight(QFont::Normal);
    colour_ = colourOf(settings.captionColour);
    ground_ = settings.captionGround;
    updateMetrics();
    updateGeometry();
    update();
}

void CaptionView::setPlaceholder(const QString& text) {
    if (text != placeholder_) {
        placeholder_ = text;
        update();
    }
}

void CaptionView::updateMetrics() {
    const QFontMetricsF committed(committedFont_);
    const QFontMetricsF provisional(provisionalFont_);
    // A gloss takes the wider of its two weights, so that it stays where it is when it is committed.
    layout_.setMetrics(std::max(1, width() - 2 * sideMargin), committed.horizontalAdvance(QLatin1Char(' ')) * 2.0,
                       [committed, provisional](const QString& text) {
                           return std::max(committed.horizontalAdvance(text), provisional.horizontalAdvance(text));
                       });
}

int CaptionView::lineHeight() const {
    return static_cast<int>(std::ceil(QFontMetricsF(committedFont_).height() * 1.08));
}

QSize CaptionView::sizeHint() const {
    return {480, CaptionLayout::visibleLines * lineHeight() + 2 * verticalMargin};
}

QSize CaptionView::minimumSizeHint() const {
    return {160, sizeHint().height()};
}

double CaptionView::topOfText() const {
    return (height() - CaptionLayout::visibleLines * lineHeight()) / 2.0;
}

void CaptionView::paintEvent(QPaintEvent*) {
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    painter.fillRect(rect(), groundOf(ground_, colours.stage));
    painter.setClipRect(rect());
    if (layout_.cells().empty()) {
        QFont small = font();
        small.setPixelSize(15);
        painter.setFont(small);
        painter.setPen(colours.stageMuted);
        painter.drawText(rect().adjusted(sideMargin, 0, -sideMargin, 0),
                         Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, placeholder_);
        return;
    }
    for (const CaptionCell& cell : layout_.cells()) {
        const int line = cell.line - layout_.firstVisibleLine();
        if (line >= 0 && line < CaptionLayout::visibleLines) {
            paintCell(painter, cell, topOfText() + line * lineHeight());
        }
    }
}

void CaptionView::paintCell(QPainter& painter, const CaptionCell& cell, double top) const {
    const ThemeColours& colours = themeColours(palette());
    const QFont& font = cell.committed ? committedFont_ : provisionalFont_;
    const QFontMetricsF metrics(committedFont_);
    const double baseline = top + (lineHeight() - metrics.height()) / 2.0 + metrics.ascent();
    const double left = sideMargin + cell.x;
    painter.setFont(font);
    painter.setPen(cell.committed ? colour_ : colours.stageMuted);
    painter.drawText(QPointF(left, baseline), cell.text);
    if (!cell.committed) {
        const double dot = std::max(2.0, committedFont_.pixelSize() / 12.0);
        QPen pen(colours.stageMuted, dot, Qt::CustomDashLine, Qt::RoundCap);
        pen.setDashPattern({0.01, 2.2});
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(pen);
        const double y = std::min(baseline + dot * 2.2, top + lineHeight() - dot / 2.0);
        painter.drawLine(QPointF(left + dot, y), QPointF(left + QFontMetricsF(font).horizontalAdvance(cell.text), y));
    } else if (cell.gloss.confidence < lowConfidence) {
        QFont mark = committedFont_;
        mark.setPixelSize(std::max(14, committedFont_.pixelSize() / 2));
        painter.setFont(mark);
        painter.setPen(colours.stageMuted);
        painter.drawText(QPointF(left + cell.width + 1.0, baseline - metrics.capHeight() * 0.5), QStringLiteral("?"));
    }
}

void CaptionView::resizeEvent(QResizeEvent* event) {
    if (event->size().width() != event->oldSize().width()) {
        updateMetrics();
    }
}

bool CaptionView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const CaptionCell* cell = cellAt(help->pos());
        QToolTip::showText(help->globalPos(), cell != nullptr ? describe(*cell) : QString(), this);
        return true;
    }
    return QWidget::event(event);
}

const CaptionCell* CaptionView::cellAt(const QPoint& position) const {
    const int line =
        static_cast<int>(std::floor((position.y() - topOfText()) / lineHeight())) + layout_.firstVisibleLine();
    const double x = position.x() - sideMargin;
    for (const CaptionCell& cell : layout_.cells()) {
        if (cell.line == line && x >= cell.x && x <= cell.x + cell.width) {
            return &cell;
        }
    }
    return nullptr;
}

QString CaptionView::describe(const CaptionCell& cell) const {
    QString text = tr("%1 at %2, confidence %3")
                       .arg(cell.text, formatTime(cell.gloss.start), formatConfidence(cell.gloss.confidence));
    if (!cell.committed) {
        text += QLatin1Char('\n') + tr("Provisional: may still change");
    }
    for (const session::GlossAlternative& other : cell.gloss.alternatives) {
        text += QLatin1Char('\n') +
                tr("or %1, %2").arg(QString::fromStdString(other.text), formatConfidence(other.probability));
    }
    return text;
}

} // namespace livegloss::ui
