#pragma once

#include "session/live_session.h"

#include <QWidget>

#include <vector>

namespace livegloss::ui {

/// Position in a clip, with the recognised glosses as marks. Pointing shows gloss and time, clicking or dragging jumps;
/// arrow keys, Page Up and Down, Home and End move it. Time runs left to right in every language.
class SeekBar final : public QWidget {
    Q_OBJECT
public:
    struct Mark {
        MediaTime start;
        MediaTime end;
        QString text;
        bool committed = true;
    };

    explicit SeekBar(QWidget* parent = nullptr);
    void setDuration(MediaTime duration);
    void setPosition(MediaTime position);
    void setMarks(std::vector<Mark> marks);

    MediaTime duration() const { return duration_; }
    MediaTime position() const { return position_; }
    const std::vector<Mark>& marks() const { return marks_; }
    /// Time under a point of the widget, and the other way round.
    MediaTime timeAt(double x) const;
    double xOf(MediaTime time) const;
    /// What pointing at `x` shows.
    QString textAt(double x) const;
    QSize sizeHint() const override { return {240, 40}; }
    QSize minimumSizeHint() const override { return {80, 32}; }

Q_SIGNALS:
    void seekRequested(livegloss::MediaTime time);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    const Mark* markAt(MediaTime time) const;
    void jump(MediaTime time);

    MediaTime duration_{0};
    MediaTime position_{0};
    std::vector<Mark> marks_;
    double hoverX_ = -1.0;
    bool dragging_ = false;
};

} // namespace livegloss::ui
