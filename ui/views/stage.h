#pragma once

#include "ui/views/stage_messages.h"
#include "ui/widgets/video_view.h"

#include <QTimer>
#include <QWidget>

namespace livegloss::ui {

/// The video area: the picture, and in its place what is to be said when there is none.
class Stage final : public QWidget {
    Q_OBJECT
public:
    explicit Stage(QWidget* parent = nullptr);

    VideoView* video() { return video_; }
    MessagePanel* panel() { return panel_; }
    /// Nothing hides the panel. Messages of waiting appear only after a moment, so that quick openings do not flash.
    void setMessage(const std::optional<Message>& message);

    /// Takes files and addresses that are dropped anywhere on `area`, and shows so while they hover over it.
    void takeDropsOn(QWidget* area);

Q_SIGNALS:
    void dropped(const QUrl& url);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void showPanel();

    VideoView* video_;
    MessagePanel* panel_;
    QTimer waiting_;
    std::optional<Message> pending_;
};

} // namespace livegloss::ui
