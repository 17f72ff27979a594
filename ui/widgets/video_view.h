#pragma once

#include "session/live_session.h"
#include "ui/widgets/paint_meter.h"

#include <QImage>
#include <QWidget>

namespace livegloss::ui {

/// Draws the newest frame, as large as fits, with the attention picture over the part that the network sees. Paints
/// only when the picture changed; the frame is converted once, when it arrives.
class VideoView final : public QWidget {
    Q_OBJECT
public:
    explicit VideoView(QWidget* parent = nullptr);
    ~VideoView() override;

    void setPicture(const session::Picture& picture);
    void clearPicture();
    bool hasPicture() const { return !frame_.isNull(); }
    void setAttentionShown(bool shown);
    bool attentionShown() const { return attentionShown_; }
    /// 0 .. 1.
    void setAttentionStrength(double strength);
    void setMirrored(bool mirrored);
    bool mirrored() const { return mirrored_; }
    void setFramingGuide(bool shown);
    bool framingGuide() const { return framingGuide_; }
    void setDropTarget(bool target);
    /// Between pauses gaps are no stalls; see PaintMeter.
    PaintMeter& meter() { return meter_; }
    /// Where the frame lies in this widget; empty without a frame.
    QRectF frameRect() const;
    QSize sizeHint() const override { return {960, 540}; }
    QSize minimumSizeHint() const override { return {320, 180}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void paintAttention(QPainter& painter, const QRectF& target) const;
    void paintGuide(QPainter& painter, const QRectF& target) const;

    QImage frame_; ///< converted for painting
    QImage attention_;
    vision::RgbaPicturePtr attentionData_; ///< what attention_ was converted from
    vision::Region attentionRegion_;
    std::uint64_t serial_ = 0;
    bool newPicture_ = false;
    bool attentionShown_ = true;
    double attentionStrength_ = 0.6;
    bool mirrored_ = false;
    bool framingGuide_ = false;
    bool dropTarget_ = false;
    bool focusRing_ = false; ///< only when it was reached by the keyboard
    PaintMeter meter_;
};

} // namespace livegloss::ui
