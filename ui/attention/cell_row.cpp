#include "ui/attention/cell_row.h"

#include "ui/style/theme.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {
constexpr double cellGap = grid;
constexpr int notePixels = 11;
} // namespace

CellRow::CellRow(int columns, QWidget* parent) : QWidget(parent), columns_(columns) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setFocusPolicy(Qt::StrongFocus);
    setLayoutDirection(Qt::LeftToRight); // time
}

void CellRow::setCells(const QString& name, const QList<SheetCell>& cells, double aspect) {
    cells_ = cells;
    aspect_ = std::max(0.1, aspect);
    current_ = 0;
    QStringList notes;
    for (const SheetCell& cell : cells_) {
        notes.append(cell.note);
    }
    setAccessibleName(name);
    setAccessibleDescription(notes.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

QString CellRow::currentText() const {
    return current_ < cells_.size()
               ? tr("%1 of %2: %3").arg(current_ + 1).arg(cells_.size()).arg(cells_.at(current_).note)
               : QString();
}

int CellRow::noteHeight() const {
    QFont small = font();
    small.setPixelSize(notePixels);
    return static_cast<int>(std::ceil(QFontMetricsF(small).height())) + 4;
}

double CellRow::cellWidth(int width) const {
    return (width - cellGap * (columns_ - 1)) / columns_;
}

int CellRow::heightForWidth(int width) const {
    const int rows = (static_cast<int>(cells_.size()) + columns_ - 1) / columns_;
    return static_cast<int>(std::ceil(rows * (cellWidth(width) / aspect_ + noteHeight() + cellGap)));
}

QSize CellRow::sizeHint() const {
    constexpr int usual = 288;
    return {usual, heightForWidth(usual)};
}

QRectF CellRow::cellRect(int index) const {
    const double wide = cellWidth(width());
    const double high = wide / aspect_;
    return {index % columns_ * (wide + cellGap), index / columns_ * (high + noteHeight() + cellGap), wide, high};
}

void CellRow::paintEvent(QPaintEvent*) {
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    for (int index = 0; index < cells_.size(); ++index) {
        paintSheetCell(painter, cells_.at(index), cellRect(index), colours.muted, notePixels);
        if (hasFocus() && index == current_) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(colours.accent, 3));
            painter.drawRect(cellRect(index).adjusted(1, 1, -1, -1));
        }
    }
}

bool CellRow::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Return || key == Qt::Key_Space) {
            event->accept();
            return true;
        }
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    return QWidget::event(event);
}

void CellRow::mousePressEvent(QMouseEvent* event) {
    for (int index = 0; index < cells_.size(); ++index) {
        if (cellRect(index).contains(event->position())) {
            current_ = index;
            Q_EMIT chosen(index);
        }
    }
}

void CellRow::keyPressEvent(QKeyEvent* event) {
    const int last = static_cast<int>(cells_.size()) - 1;
    const int before = current_;
    switch (event->key()) {
    case Qt::Key_Left:
        current_ = std::max(0, current_ - 1);
        break;
    case Qt::Key_Right:
        current_ = std::clamp(current_ + 1, 0, std::max(0, last));
        break;
    case Qt::Key_Return:
    case Qt::Key_Space:
        if (current_ <= last) {
            Q_EMIT chosen(current_);
        }
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    if (current_ != before) {
        QAccessibleValueChangeEvent moved(this, currentText());
        QAccessible::updateAccessibility(&moved);
    }
    update();
}

} // namespace livegloss::ui
