#pragma once

#include "ui/attention/attention_workspace.h"
#include "window_fixture.h"

#include <QComboBox>
#include <QTest>

namespace livegloss::ui::testing {

inline constexpr int side = 4; // patches

inline engine::LoadedModelPtr smallModel() {
    model::ModelConfig config;
    config.name = "Small model";
    config.layers = 3;
    config.heads = 2;
    config.width = 128;
    config.patch = 16;
    config.resolution = side * 16;
    config.resize = 80;
    config.classes = 3;
    return std::make_shared<FakeModel>(config);
}

inline attention::Layer layer(attention::LayerKind kind, int strongest, float strength = 0.5F) {
    attention::Layer result;
    result.kind = kind;
    result.rows = result.columns = side;
    result.values.assign(side * side, 0.01F);
    result.values[static_cast<std::size_t>(strongest)] = strength;
    result.classShare = 0.125F;
    result.prefixShare = kind == attention::LayerKind::Adapted ? 0.25F : 0.0F;
    return result;
}

inline session::AttendedPicturePtr attended(const attention::View& view, std::vector<attention::Layer> layers,
                                            MediaTime time) {
    auto picture = std::make_shared<session::AttendedPicture>();
    picture->time = time;
    picture->frameIndex = static_cast<std::int64_t>(toSeconds(time) * 25.0 + 0.5);
    picture->view = view;
    picture->scales.add(layers);
    picture->layers = std::move(layers);
    return picture;
}

/// The window with its Attention workspace, which is on show.
class AttentionFixture : public WindowFixture {
public:
    AttentionFixture() {
        workspace = new AttentionWorkspace(*live, *preferences);
        window->addAttention(workspace);
        Q_EMIT live->models().modelLoaded(smallModel());
        open();
        playFile();
    }
    void open() { window->rail()->entry(2)->trigger(); }
    void leave() { window->rail()->entry(0)->trigger(); }
    /// Puts a new grey frame with this attention on show.
    void show(double seconds, session::AttendedPicturePtr attention) {
        script->showFrame(128);
        auto frame = std::make_shared<Frame>(*script->picture.frame);
        frame->time = fromSeconds(seconds);
        frame->index = static_cast<std::int64_t>(seconds * 25.0 + 0.5);
        script->picture.frame = frame;
        script->picture.position = frame->time;
        script->picture.attended = std::move(attention);
        poll();
    }
    void show(double seconds, std::vector<attention::Layer> layers) {
        show(seconds, attended(workspace->panel()->view(), std::move(layers), fromSeconds(seconds)));
    }
    void pick(QComboBox* box, int value) {
        box->setCurrentIndex(box->findData(value));
        Q_EMIT box->activated(box->currentIndex());
    }
    void pick(attention::Shown shown) { pick(workspace->panel()->shownBox(), static_cast<int>(shown)); }
    void pause() {
        script->snapshot.state = session::State::Paused;
        poll();
    }
    QPoint middleOf(int patch, int picture = 0) const {
        const QRectF frame = workspace->view()->frameRect(picture);
        // The network sees the middle 64 of 80 pixels each way.
        const QRectF seen =
            frame.adjusted(frame.width() * 0.1, frame.height() * 0.1, -frame.width() * 0.1, -frame.height() * 0.1);
        return QPointF(seen.left() + (patch % side + 0.5) * seen.width() / side,
                       seen.top() + (patch / side + 0.5) * seen.height() / side)
            .toPoint();
    }

    AttentionWorkspace* workspace = nullptr;
};

} // namespace livegloss::ui::testing
