#pragma once

#include "session/live_session.h"

#include <memory>

namespace livegloss::ui {

using SnapshotPtr = std::shared_ptr<const session::Snapshot>;

/// What the window needs of a recognition session; the members mean what session::LiveSession says. An interface, so
/// that a scripted session can drive the window. Called from the GUI thread only; every member returns at once.
class Recogniser {
public:
    virtual ~Recogniser() = default;
    virtual void open(const media::SourceRequest& source, bool startPaused) = 0;
    virtual void setModel(engine::LoadedModelPtr model) = 0;
    virtual void setSettings(const session::SessionSettings& settings) = 0;
    virtual void play() = 0;
    virtual void pause() = 0;
    virtual void stop() = 0;
    virtual void seek(MediaTime time) = 0;
    virtual void step(int frames) = 0;
    virtual void close() = 0;
    virtual SnapshotPtr snapshot() const = 0;
    virtual session::Picture picture() const = 0;
};

/// A recogniser over session::LiveSession.
std::unique_ptr<Recogniser> makeLiveRecogniser();

} // namespace livegloss::ui
