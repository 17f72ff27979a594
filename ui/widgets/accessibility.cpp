#include "ui/widgets/accessibility.h"

#include "ui/attention/cell_row.h"
#include "ui/attention/time_plot.h"
#include "ui/attention/video_marks.h"
#include "ui/text_format.h"
#include "ui/widgets/caption_view.h"
#include "ui/widgets/seek_bar.h"
#include "ui/widgets/video_view.h"

#include <QAccessibleWidget>
#include <QCoreApplication>

#include <functional>
#include <utility>

namespace livegloss::ui {

namespace {

QString say(const char* text) {
    return QCoreApplication::translate("Accessibility", text);
}

class AccessibleCaptions final : public QAccessibleWidget {
public:
    explicit AccessibleCaptions(CaptionView* view) : QAccessibleWidget(view, QAccessible::StaticText), view_(view) {}
    QString text(QAccessible::Text kind) const override {
        switch (kind) {
        case QAccessible::Name:
            return say(QT_TRANSLATE_NOOP("Accessibility", "Captions"));
        case QAccessible::Value:
            return view_->text();
        case QAccessible::Description:
            return view_->text().isEmpty() ? view_->placeholder() : view_->text();
        default:
            return QAccessibleWidget::text(kind);
        }
    }

private:
    CaptionView* view_;
};

class AccessibleVideo final : public QAccessibleWidget {
public:
    explicit AccessibleVideo(VideoView* view) : QAccessibleWidget(view, QAccessible::Graphic), view_(view) {}
    QString text(QAccessible::Text kind) const override {
        switch (kind) {
        case QAccessible::Name:
            return say(QT_TRANSLATE_NOOP("Accessibility", "Video"));
        case QAccessible::Description:
            return !view_->hasPicture()      ? say(QT_TRANSLATE_NOOP("Accessibility", "No picture"))
                   : view_->attentionShown() ? say(QT_TRANSLATE_NOOP("Accessibility", "Picture with attention over it"))
                                             : say(QT_TRANSLATE_NOOP("Accessibility", "Picture"));
        default:
            return QAccessibleWidget::text(kind);
        }
    }

private:
    VideoView* view_;
};

class AccessibleSeekBar final : public QAccessibleWidget, public QAccessibleValueInterface {
public:
    explicit AccessibleSeekBar(SeekBar* bar) : QAccessibleWidget(bar, QAccessible::Slider), bar_(bar) {}
    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::ValueInterface ? static_cast<QAccessibleValueInterface*>(this)
                                                   : QAccessibleWidget::interface_cast(type);
    }
    QString text(QAccessible::Text kind) const override {
        switch (kind) {
        case QAccessible::Name:
            return say(QT_TRANSLATE_NOOP("Accessibility", "Position in the clip"));
        case QAccessible::Value:
            return say(QT_TRANSLATE_NOOP("Accessibility", "%1 of %2"))
                .arg(formatTime(bar_->position()), formatTime(bar_->duration()));
        default:
            return QAccessibleWidget::text(kind);
        }
    }
    QVariant currentValue() const override { return toSeconds(bar_->position()); }
    void setCurrentValue(const QVariant& value) override { Q_EMIT bar_->seekRequested(fromSeconds(value.toDouble())); }
    QVariant maximumValue() const override { return toSeconds(bar_->duration()); }
    QVariant minimumValue() const override { return 0.0; }
    QVariant minimumStepSize() const override { return 1.0; }

private:
    SeekBar* bar_;
};

/// A drawn widget whose value is told in words.
class AccessibleDrawing final : public QAccessibleWidget {
public:
    AccessibleDrawing(QWidget* widget, QAccessible::Role role, std::function<QString()> value)
        : QAccessibleWidget(widget, role), value_(std::move(value)) {}
    QString text(QAccessible::Text kind) const override {
        return kind == QAccessible::Value ? value_() : QAccessibleWidget::text(kind);
    }

private:
    std::function<QString()> value_;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object) {
    if (auto* captions = qobject_cast<CaptionView*>(object)) {
        return new AccessibleCaptions(captions);
    }
    if (auto* video = qobject_cast<VideoView*>(object)) {
        return new AccessibleVideo(video);
    }
    if (auto* seekBar = qobject_cast<SeekBar*>(object)) {
        return new AccessibleSeekBar(seekBar);
    }
    if (auto* plot = qobject_cast<TimePlot*>(object)) {
        return new AccessibleDrawing(plot, QAccessible::Chart, [plot] { return plot->textAt(plot->cursorTime()); });
    }
    if (auto* view = qobject_cast<AttentionView*>(object)) {
        return new AccessibleDrawing(view, QAccessible::Graphic, [view] { return view->patchText(); });
    }
    if (auto* marks = qobject_cast<VideoMarks*>(object)) {
        return new AccessibleDrawing(marks, QAccessible::Graphic, [marks] { return marks->regionText(); });
    }
    if (auto* cells = qobject_cast<CellRow*>(object)) {
        return new AccessibleDrawing(cells, QAccessible::List, [cells] { return cells->currentText(); });
    }
    return nullptr;
}

} // namespace

void installAccessibility() {
    QAccessible::installFactory(makeInterface);
}

} // namespace livegloss::ui
