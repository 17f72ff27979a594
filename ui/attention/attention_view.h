#pragma once

#include "session/live_session.h"
#include "ui/widgets/paint_meter.h"

#include <QImage>
#include <QWidget>

#include <optional>

namespace livegloss::ui {

/// How attention is drawn.
struct AttentionStyle {
    attention::Normalisation normalisation = attention::Normalisation::Clip;
    attention::Colours colours = attention::Colours::Inferno;
    double strength = 0.7;         ///< opacity, 0 .. 1
    double smoothingSeconds = 0.2; ///< of the mean over time while playing; 0: none
    bool operator==(const AttentionStyle&) const = default;
};

/// Follows the values of a moving picture with a decaying mean over time. Starts anew where time jumps or goes back.
class TimeSmoothing {
public:
    /// The layers as they are to be drawn at `time`.
    std::vector<attention::Layer> next(const std::vector<attention::Layer>& layers, MediaTime time, double seconds);
    void reset() { last_.clear(); }

private:
    std::vector<attention::Layer> last_;
    MediaTime time_{0};
};

/// Draws a frame with its attention: one picture, or the frozen backbone's and AdaptSign's side by side. A patch is
/// chosen with the mouse, or moved with the arrow keys while one is asked from.
class AttentionView final : public QWidget {
    Q_OBJECT
public:
    explicit AttentionView(QWidget* parent = nullptr);
    ~AttentionView() override;

    /// `playing`: values are smoothed in time, and what vanishes stays away for a moment, so that nothing flickers.
    void setPicture(const session::Picture& picture, bool playing);
    void clearPicture();
    bool hasPicture() const { return !frame_.isNull(); }
    /// The part of a frame that the network sees, and its patches.
    void setGrid(const vision::Region& region, int rows, int columns);
    void setView(const attention::View& view);
    void setStyle(const AttentionStyle& style);
    void setMirrored(bool mirrored);
    bool isMirrored() const { return mirrored_; }

    /// As drawn now: smoothed, empty without attention.
    const std::vector<attention::Layer>& layers() const { return layers_; }
    /// What the ends of the colours stand for now.
    attention::Scale scaleOf(const attention::Layer& layer) const;
    /// Where picture `index` lies in this widget.
    QRectF frameRect(int index) const;
    int pictures() const;
    /// The patch at a point of the widget, row-major; nothing outside the network's view.
    std::optional<int> patchAt(const QPointF& point) const;
    /// Where the red box is, in words; empty without one.
    QString patchText() const;
    QSize sizeHint() const override { return {960, 540}; }
    QSize minimumSizeHint() const override { return {320, 180}; }

Q_SIGNALS:
    void patchChosen(int patch);
    /// layers() changed.
    void layersChanged();

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    bool choosesPatch() const { return view_.source == engine::AttentionSource::Patch; }
    void takeAttention(bool playing);
    void redraw();
    QRectF seenRect(const QRectF& frame) const;
    void paintPicture(QPainter& painter, int index);
    void paintLabel(QPainter& painter, const QRectF& frame, const QString& text, Qt::Alignment where) const;
    void describe();

    QImage frame_;
    FramePtr frameData_;
    session::AttendedPicturePtr attended_;
    std::uint64_t serial_ = 0;
    bool playing_ = false;
    std::optional<MediaTime> missingSince_; ///< of the attention, while playing
    std::vector<attention::Layer> layers_;
    std::vector<QImage> overlays_; ///< one per picture; null: no response
    TimeSmoothing smoothing_;
    attention::View view_;
    AttentionStyle style_;
    vision::Region region_;
    int rows_ = 0;
    int columns_ = 0;
    bool mirrored_ = false;
    PaintMeter meter_; ///< preparing a picture and its attention counts as painting
    std::chrono::steady_clock::duration preparing_{0};
    bool newPicture_ = false;
};

} // namespace livegloss::ui
