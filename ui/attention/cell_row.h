#pragma once

#include "ui/sheets/sheet.h"

#include <QWidget>

namespace livegloss::ui {

/// Pictures with notes below them, in as many rows as they need; a click or Return on one chooses it.
class CellRow final : public QWidget {
    Q_OBJECT
public:
    /// `columns`: pictures side by side.
    explicit CellRow(int columns, QWidget* parent = nullptr);

    void setCells(const QString& name, const QList<SheetCell>& cells, double aspect);
    const QList<SheetCell>& cells() const { return cells_; }
    QRectF cellRect(int index) const;
    /// The picture that the keys are on, in words.
    QString currentText() const;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

Q_SIGNALS:
    void chosen(int index);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int noteHeight() const;
    double cellWidth(int width) const;

    int columns_;
    QList<SheetCell> cells_;
    double aspect_ = 1.0;
    int current_ = 0; ///< by keyboard
};

} // namespace livegloss::ui
