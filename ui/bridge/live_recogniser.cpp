#include "ui/bridge/recogniser.h"

namespace livegloss::ui {

namespace {

class LiveRecogniser final : public Recogniser {
public:
    void open(const media::SourceRequest& source, bool startPaused) override { session_.open(source, startPaused); }
    void setModel(engine::LoadedModelPtr model) override { session_.setModel(std::move(model)); }
    void setSettings(const session::SessionSettings& settings) override { session_.setSettings(settings); }
    void play() override { session_.play(); }
    void pause() override { session_.pause(); }
    void stop() override { session_.stop(); }
    void seek(MediaTime time) override { session_.seek(time); }
    void step(int frames) override { session_.step(frames); }
    void close() override { session_.close(); }
    SnapshotPtr snapshot() const override { return session_.snapshot(); }
    session::Picture picture() const override { return session_.picture(); }

private:
    static session::SessionParts parts() {
        session::SessionParts parts;
        parts.givesWayToDrawing = true;
        return parts;
    }

    session::LiveSession session_{parts()};
};

} // namespace

std::unique_ptr<Recogniser> makeLiveRecogniser() {
    return std::make_unique<LiveRecogniser>();
}

} // namespace livegloss::ui
