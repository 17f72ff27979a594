#pragma once

#include "ui/attention/attention_view.h"

#include <QWidget>

namespace livegloss::ui {

/// The colours of what is on show with the numbers that they stand for.
class ScaleBars final : public QWidget {
    Q_OBJECT
public:
    struct Bar {
        QString label;
        vision::ColourMap map = vision::ColourMap::Inferno;
        bool contours = false;
        QString low, middle, high;
        bool operator==(const Bar&) const = default;
    };
    explicit ScaleBars(QWidget* parent = nullptr);

    void setBars(const QList<Bar>& bars);
    const QList<Bar>& bars() const { return bars_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int barHeight() const;
    QList<Bar> bars_;
};

/// The bars for what a view shows now.
QList<ScaleBars::Bar> barsOf(const AttentionView& view, const AttentionStyle& style);

} // namespace livegloss::ui
