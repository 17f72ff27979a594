#pragma once

#include "attention/over_time.h"
#include "ui/attention/attention_view.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace livegloss::ui {

/// What lies over the video and its attention: the region that a person draws (by mouse; arrow keys move it, with Shift
/// they resize it, Delete removes it) and the path of the centre of the weights across frames.
class VideoMarks final : public QWidget {
    Q_OBJECT
public:
    /// Covers `view`, its parent, which gets the mouse wherever there is nothing to grip.
    explicit VideoMarks(AttentionView& view);

    /// In fractions of the frame.
    void setRegion(const std::optional<vision::Region>& region);
    const std::optional<vision::Region>& region() const { return region_; }
    /// By keyboard: gives the region the arrow keys, in the middle of the picture where there was none.
    void placeRegion();
    /// Where the region lies, in words; empty without one.
    QString regionText() const;
    /// The next drag draws a region anew.
    void setDrawing(bool drawing);
    bool isDrawing() const { return drawing_; }
    /// Oldest first; empty: none.
    void setPath(const std::vector<attention::PicturePoint>& path);
    const std::vector<attention::PicturePoint>& path() const { return path_; }

Q_SIGNALS:
    /// A person changed region(), or finished drawing.
    void regionChanged();
    void drawingEnded();

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum Grip { NoGrip = 0, LeftEdge = 1, RightEdge = 2, TopEdge = 4, BottomEdge = 8, Whole = 16 };
    /// Of picture `index`, as drawn: mirrored where the video is.
    QRectF boxIn(int index) const;
    QPointF fractionAt(const QPointF& point, int index) const;
    QPointF pointOf(const attention::PicturePoint& point, int index) const;
    int gripAt(const QPointF& point, int* index) const;
    int pictureAt(const QPointF& point) const;
    void change(QRectF box);
    void describe();
    void paintRegion(QPainter& painter, int index) const;
    void paintPath(QPainter& painter, int index) const;

    AttentionView& view_;
    std::optional<vision::Region> region_;
    std::vector<attention::PicturePoint> path_;
    bool drawing_ = false;
    int grip_ = NoGrip;
    int gripPicture_ = 0;
    QPointF gripAt_; ///< where it was taken, in fractions
    QRectF gripBox_; ///< the region then
};

} // namespace livegloss::ui
