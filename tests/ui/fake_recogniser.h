#pragma once

#include "ui/bridge/engine_services.h"
#include "ui/bridge/recogniser.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <utility>
#include <vector>

namespace livegloss::ui::testing {

/// A recogniser that does what the test says: it records the calls and shows the snapshot that the test puts in.
class FakeRecogniser final : public Recogniser {
public:
    struct Script {
        QStringList calls;
        media::SourceRequest source;
        engine::LoadedModelPtr model;
        session::SessionSettings settings;
        session::Snapshot snapshot;
        session::Picture picture;
        bool openedPaused = false;
        bool answersCommands = true; ///< play, pause and seek change the snapshot as a session would
        std::int64_t nextId = 1;

        Script() { snapshot.committed = snapshot.provisional = std::make_shared<std::vector<session::CaptionGloss>>(); }

        void playFile(MediaTime duration = std::chrono::seconds(10)) {
            snapshot.state = session::State::Playing;
            snapshot.source.name = "clip.mp4";
            snapshot.source.width = 320;
            snapshot.source.height = 240;
            snapshot.source.fps = 25.0;
            snapshot.source.duration = duration;
            snapshot.source.seekable = true;
            showFrame(0);
        }
        void playCamera() {
            snapshot.state = session::State::Playing;
            snapshot.source.name = "Camera";
            snapshot.source.live = true;
            showFrame(0);
        }
        void showFrame(std::uint8_t shade, int width = 320, int height = 240) {
            auto frame = std::make_shared<Frame>();
            frame->width = width;
            frame->height = height;
            frame->rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, shade);
            picture.frame = frame;
            ++picture.serial;
        }
        void fail(ErrorCode code, const std::string& message) {
            snapshot.state = session::State::Failed;
            snapshot.error = Error{code, message, {}};
        }
        session::CaptionGloss gloss(const std::string& text, double start, float confidence = 0.9F) {
            session::CaptionGloss entry;
            entry.id = nextId++;
            entry.text = text;
            entry.start = fromSeconds(start);
            entry.end = fromSeconds(start + 0.4);
            entry.confidence = confidence;
            return entry;
        }
        void commit(const session::CaptionGloss& entry) {
            auto list = *snapshot.committed;
            list.push_back(entry);
            setCommitted(std::move(list));
        }
        void setCommitted(std::vector<session::CaptionGloss> list) {
            snapshot.committed = std::make_shared<const std::vector<session::CaptionGloss>>(std::move(list));
            ++snapshot.captionRevision;
        }
        void setProvisional(std::vector<session::CaptionGloss> list) {
            snapshot.provisional = std::make_shared<const std::vector<session::CaptionGloss>>(std::move(list));
            ++snapshot.captionRevision;
        }
        void setOffline(std::vector<session::CaptionGloss> list) {
            snapshot.offline = std::make_shared<const std::vector<session::CaptionGloss>>(std::move(list));
            snapshot.offlineFromStart = true;
            ++snapshot.captionRevision;
        }
        int count(const QString& call) const { return static_cast<int>(calls.count(call)); }
    };

    explicit FakeRecogniser(std::shared_ptr<Script> script) : script_(std::move(script)) {}

    void open(const media::SourceRequest& source, bool startPaused) override {
        script_->source = source;
        script_->openedPaused = startPaused;
        record(QStringLiteral("open"));
        if (script_->answersCommands) {
            script_->snapshot.state = session::State::Opening;
            script_->snapshot.error.reset();
            script_->snapshot.source = {};
            script_->picture = {};
        }
    }
    void setModel(engine::LoadedModelPtr model) override {
        script_->model = std::move(model);
        record(QStringLiteral("setModel"));
    }
    void setSettings(const session::SessionSettings& settings) override {
        script_->settings = settings;
        record(QStringLiteral("setSettings"));
    }
    void play() override { change(QStringLiteral("play"), session::State::Playing); }
    void pause() override { change(QStringLiteral("pause"), session::State::Paused); }
    void stop() override { change(QStringLiteral("stop"), session::State::Ended); }
    void seek(MediaTime time) override {
        record(QStringLiteral("seek %1").arg(time.count() / 1000));
        if (script_->answersCommands) {
            script_->snapshot.position = time;
        }
    }
    void step(int frames) override { record(QStringLiteral("step %1").arg(frames)); }
    void close() override {
        change(QStringLiteral("close"), session::State::Idle);
        script_->snapshot.source = {};
        script_->picture = {};
    }
    SnapshotPtr snapshot() const override { return std::make_shared<const session::Snapshot>(script_->snapshot); }
    session::Picture picture() const override { return script_->picture; }

private:
    void record(const QString& call) { script_->calls.append(call); }
    void change(const QString& call, session::State state) {
        record(call);
        if (script_->answersCommands) {
            script_->snapshot.state = state;
        }
    }

    std::shared_ptr<Script> script_;
};

/// A model that has facts and nothing to run.
class FakeModel final : public engine::LoadedModel {
public:
    explicit FakeModel(model::ModelConfig config) : config_(std::move(config)) {}
    const model::ModelConfig& config() const override { return config_; }
    const engine::ComputeChoice& compute() const override { return choice_; }

private:
    model::ModelConfig config_;
    engine::ComputeChoice choice_;
};

inline engine::LoadedModelPtr fakeModel(const std::vector<std::string>& glosses) {
    model::ModelConfig config;
    config.name = "Fake";
    config.classes = static_cast<int>(glosses.size()) + 1;
    config.vocabulary.emplace_back();
    config.vocabulary.insert(config.vocabulary.end(), glosses.begin(), glosses.end());
    return std::make_shared<FakeModel>(std::move(config));
}

} // namespace livegloss::ui::testing
