#pragma once

#include "ui/sheets/time_chart.h"

#include <QPixmap>
#include <QWidget>

namespace livegloss::ui {

/// Curves over a clip in step with its picture: a cursor at the present moment, a click or an arrow key jumps there,
/// the wheel and + - 0 zoom. Time runs left to right in every language.
class TimePlot final : public QWidget {
    Q_OBJECT
public:
    explicit TimePlot(QWidget* parent = nullptr);

    void setChart(const TimeChart& chart);
    const TimeChart& chart() const { return chart_; }
    /// The whole time axis. A zoom that no longer fits is given up.
    void setExtent(const TimeRange& extent);
    /// While zoomed in, the axis follows the cursor.
    void setCursor(MediaTime time);
    MediaTime cursorTime() const { return cursor_; }
    void setSeekable(bool seekable) { seekable_ = seekable; }
    /// What is said in the chart's place while there are no curves.
    void setHint(const QString& hint);

    TimeRange range() const { return range_; }
    bool isZoomed() const { return range_ != extent_; }
    /// Above 1 shows less time; `around` stays where it is.
    void zoom(double factor, MediaTime around);
    void resetZoom();

    MediaTime timeAt(double x) const;
    double xOf(MediaTime time) const;
    /// The values at a moment, in words.
    QString textAt(MediaTime time) const;
    QSize sizeHint() const override { return {480, 184}; }
    QSize minimumSizeHint() const override { return {160, 112}; }

Q_SIGNALS:
    void seekRequested(livegloss::MediaTime time);
    void zoomChanged();

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void setRange(TimeRange range);
    void jump(MediaTime time);
    void stepMoments(int count);
    void redraw();
    QRectF timeArea() const;

    TimeChart chart_;
    TimeRange extent_;
    TimeRange range_;
    MediaTime cursor_{0};
    QString hint_;
    QPixmap drawn_; ///< everything but the cursor; null: to be drawn anew
    double hoverX_ = -1.0;
    bool seekable_ = false;
};

} // namespace livegloss::ui
