#pragma once

#include "session/live_session.h"
#include "ui/attention/attention_view.h"

#include <QWidget>

namespace livegloss::ui {

/// The frames around one, as the network took them, with its cross-frame weights over them.
class FilmStrip final : public QWidget {
    Q_OBJECT
public:
    explicit FilmStrip(QWidget* parent = nullptr);

    void setPicture(const session::AttendedPicturePtr& attended, const AttentionStyle& style, int patch);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {320, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int cellSide() const;

    struct Cell {
        QImage picture;
        QImage overlay;
        QString label;
        QString note;
        bool asks = false; ///< the frame whose weights these are
    };
    QList<Cell> cells_;
    double strength_ = 0.7;
    int patch_ = -1; ///< in a red box on the asking frame; -1: none
    int columns_ = 1;
};

} // namespace livegloss::ui
