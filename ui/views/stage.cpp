#include "ui/views/stage.h"

#include "media/frame_source.h"
#include "ui/style/theme.h"

#include <QDragEnterEvent>
#include <QMimeData>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

constexpr int waitingDelayMs = 400;

bool sameMessage(const Message& a, const Message& b) {
    const bool sameButtons =
        a.buttons.size() == b.buttons.size() && std::equal(a.buttons.begin(), a.buttons.end(), b.buttons.begin(),
                                                           [](const Message::Button& x, const Message::Button& y) {
                                                               return x.text == y.text && x.action == y.action;
                                                           });
    return sameButtons && a.title == b.title && a.reason == b.reason && a.advice == b.advice && a.detail == b.detail &&
           a.busy == b.busy;
}

QUrl urlOf(const QMimeData* data) {
    if (data->hasUrls() && !data->urls().isEmpty()) {
        return data->urls().first();
    }
    return data->hasText() ? QUrl(data->text().trimmed()) : QUrl();
}

/// A file or the address of a stream; not any text that is dragged over the window.
bool canBeOpened(const QUrl& url) {
    return url.isLocalFile() || media::parseSource(url.toString().toStdString()).kind == media::SourceKind::Stream;
}

} // namespace

Stage::Stage(QWidget* parent) : QWidget(parent), video_(new VideoView(this)), panel_(new MessagePanel(video_)) {
    setObjectName(QStringLiteral("stage"));
    auto* fill = new QVBoxLayout(this);
    fill->setContentsMargins(0, 0, 0, 0);
    fill->addWidget(video_);
    panel_->setVisible(false);
    waiting_.setSingleShot(true);
    connect(&waiting_, &QTimer::timeout, this, &Stage::showPanel);
}

void Stage::showPanel() {
    if (pending_) {
        panel_->show(*pending_);
        panel_->placeIn(video_->rect());
    }
}

void Stage::resizeEvent(QResizeEvent*) {
    panel_->placeIn(rect());
}

void Stage::setMessage(const std::optional<Message>& message) {
    if (!message) {
        waiting_.stop();
        pending_.reset();
        panel_->setVisible(false);
        return;
    }
    if (pending_ && sameMessage(*pending_, *message)) {
        return;
    }
    pending_ = message;
    if (message->busy) {
        panel_->setVisible(false);
        waiting_.start(waitingDelayMs);
    } else {
        waiting_.stop();
        showPanel();
    }
}

void Stage::takeDropsOn(QWidget* area) {
    area->setAcceptDrops(true);
    area->installEventFilter(this);
}

bool Stage::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::DragEnter: {
        auto* drag = static_cast<QDragEnterEvent*>(event);
        const bool usable = canBeOpened(urlOf(drag->mimeData()));
        drag->setAccepted(usable);
        video_->setDropTarget(usable);
        return true;
    }
    case QEvent::DragMove:
        event->accept();
        return true;
    case QEvent::DragLeave:
        video_->setDropTarget(false);
        return true;
    case QEvent::Drop: {
        auto* drop = static_cast<QDropEvent*>(event);
        video_->setDropTarget(false);
        drop->acceptProposedAction();
        Q_EMIT dropped(urlOf(drop->mimeData()));
        return true;
    }
    default:
        return QWidget::eventFilter(watched, event);
    }
}

} // namespace livegloss::ui
