#pragma once

#include "ui/bridge/recogniser.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace livegloss::ui {

/// The only place where the session's threads meet Qt. Commands go straight through; results are pulled on the display
/// tick (about 60 times a second while something plays, five times a second while something may still change, never
/// when idle) and announced by signals on the GUI thread.
class SessionBridge final : public QObject {
    Q_OBJECT
public:
    explicit SessionBridge(std::unique_ptr<Recogniser> recogniser, QObject* parent = nullptr);
    ~SessionBridge() override;

    /// Files that are opened while held show their first picture and play once they are let go; cameras and streams,
    /// which do not wait, play at once.
    void open(const media::SourceRequest& source, bool startPaused = false);
    /// Holds files back, or lets go the one that waits, unless it was played, paused or closed meanwhile.
    void holdFiles(bool hold);
    /// A file waits for holdFiles(false).
    bool waitsToPlay() const { return playWhenLetGo_; }
    /// Opens the present source again.
    void reopen();
    void close();
    /// Plays; at the end of a file from its start, after a stopped live source or a failure by opening it again.
    void play();
    void pause();
    void togglePlaying();
    void stop();
    /// Clamped to the clip; ignored where the source cannot be seeked.
    void seek(MediaTime time);
    void step(int frames);
    void setModel(engine::LoadedModelPtr model);
    void setSettings(const session::SessionSettings& settings);

    const session::Snapshot& snapshot() const { return *snapshot_; }
    const session::Picture& picture() const { return picture_; }
    const session::SessionSettings& settings() const { return settings_; }
    const std::optional<media::SourceRequest>& request() const { return request_; }
    bool isPlaying() const { return snapshot_->state == session::State::Playing; }
    /// Time between polls in ms; 0 while not polling.
    int pollInterval() const { return timer_.isActive() ? timer_.interval() : 0; }

    /// Pulls the newest results now. The timer calls it; so may a test.
    void poll();

Q_SIGNALS:
    /// A source was asked for: what was shown belongs to the one before.
    void sourceRequested();
    /// The position is about to jump to `target`.
    void jumped(livegloss::MediaTime target);
    void stateChanged();
    void captionsChanged();
    void pictureChanged();
    /// Anything in the snapshot, position and statistics included.
    void snapshotChanged();

private:
    void expectChange();
    void chooseInterval();

    std::unique_ptr<Recogniser> recogniser_;
    QTimer timer_;
    SnapshotPtr snapshot_;
    session::Picture picture_;
    session::SessionSettings settings_;
    std::optional<media::SourceRequest> request_;
    bool holdsFiles_ = false;
    bool playWhenLetGo_ = false;
    int fastPollsLeft_ = 0; ///< polls at full rate after a command, whatever the state says
};

} // namespace livegloss::ui
