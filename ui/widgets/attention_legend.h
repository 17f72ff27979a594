#pragma once

#include <QWidget>

namespace livegloss::ui {

/// The scale of the attention colours, from little to much, and that attention is no proof of cause.
class AttentionLegend final : public QWidget {
    Q_OBJECT
public:
    explicit AttentionLegend(QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
};

} // namespace livegloss::ui
