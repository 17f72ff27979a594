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

    /// `aspect`: width over height of what the network sees of the video.
    void setShape(double aspect, bool mirrored);
    void setPicture(const session::AttendedPicturePtr& attended, const AttentionStyle& style, int patch,
                    const model::ModelConfig& model);
    void clear();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {320, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Cell {
        QImage picture;
        QImage overlay;
        QString label;
        QString note;
        bool asks = false; ///< the frame whose weights these are
    };
    int cellHeight() const;
    void paintCell(QPainter& painter, const Cell& cell, const QRectF& box) const;

    QList<Cell> cells_;
    double strength_ = 0.7;
    int patch_ = -1; ///< in a red box on the asking frame; -1: none
    int columns_ = 1;
    double aspect_ = 1.0;
    bool mirrored_ = false;
};

} // namespace livegloss::ui
