#pragma once

#include "ui/settings/settings_table.h"
#include "ui/widgets/caption_layout.h"

#include <QWidget>

namespace livegloss::ui {

/// The captions: at most two lines, committed glosses in full contrast, provisional ones lighter and dotted underneath,
/// a small question mark after those accepted with low confidence. Pointing at a gloss tells its time and confidence.
class CaptionView final : public QWidget {
    Q_OBJECT
public:
    explicit CaptionView(QWidget* parent = nullptr);

    /// The session's lists at the moment that the picture shows.
    void setCaptions(const session::CaptionList& committed, const session::CaptionList& provisional,
                     MediaTime position);
    /// See CaptionLayout.
    void jump(MediaTime target);
    void clear();
    /// Size, font, colour and background.
    void setTextStyle(const AppSettings& settings);
    /// Shown, small, while there is no caption.
    void setPlaceholder(const QString& text);

    const CaptionLayout& layoutOfText() const { return layout_; }
    /// What is on show, and the same with its two tiers named, for screen readers.
    QString text() const { return layout_.visibleText(); }
    QString placeholder() const { return placeholder_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void textChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    void announce(const QString& before);
    void updateMetrics();
    void paintCell(QPainter& painter, const CaptionCell& cell, double top) const;
    int lineHeight() const;
    double topOfText() const;
    const CaptionCell* cellAt(const QPoint& position) const;
    QString describe(const CaptionCell& cell) const;

    CaptionLayout layout_;
    QFont committedFont_;
    QFont provisionalFont_;
    QColor colour_ = Qt::white;
    CaptionGround ground_ = CaptionGround::Stage;
    QString placeholder_;
};

} // namespace livegloss::ui
