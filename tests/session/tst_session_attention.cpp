#include "session_fakes.h"
#include "vision/preprocess.h"

#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;
using attention::Shown;
using test::eventually;

namespace {

const media::SourceRequest kAnything{media::SourceKind::File, "script"};
const media::SourceRequest kCamera{media::SourceKind::Camera, "script"};

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = a.size() == b.size() ? 0.0 : 1e9;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    }
    return largest;
}

} // namespace

/// Attention in a session: on the frame that it belongs to, and what was asked for last.
class TestSessionAttention : public QObject {
    Q_OBJECT

    engine::LoadedModelPtr model_;
    std::shared_ptr<const Clock> clock_ = std::make_shared<SteadyClock>();

    std::shared_ptr<test::Script> script(std::int64_t frames) {
        auto result = std::make_shared<test::Script>();
        result->frames = frames;
        return result;
    }
    static SessionSettings settingsFor(const attention::View& view) {
        SessionSettings settings;
        settings.attention = false;
        settings.view = view;
        settings.readAheadFrames = 12;
        return settings;
    }
    /// What the frames given should show, computed apart from any session.
    std::vector<attention::Layer> expected(const attention::View& view, const std::vector<FramePtr>& frames,
                                           int wanted) const {
        const model::ModelConfig& config = model_->config();
        const auto side = static_cast<std::size_t>(config.resolution);
        const std::size_t size = 3 * side * side;
        std::vector<float> input(frames.size() * size);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            vision::prepareInput(*frames[i], config.resize, config.resolution,
                                 std::span<float>(input).subspan(i * size, size));
        }
        const auto results = engine::makeAttentionPass(model_)->compute(input, static_cast<int>(frames.size()), wanted,
                                                                        1, true, requestFor(view));
        return layersOf(view, results.value().front());
    }
    bool shows(const LiveSession& session, const attention::View& view) const {
        const Picture picture = session.picture();
        if (!picture.frame || !picture.attended || !(picture.attended->view == view)) {
            return false;
        }
        const auto layers = expected(view, {picture.frame}, 0);
        for (std::size_t i = 0; i < layers.size(); ++i) {
            if (largestDifference(picture.attended->layers.at(i).values, layers[i].values) > 1e-4) {
                return false;
            }
        }
        return picture.attended->time == picture.frame->time && layers.size() == picture.attended->layers.size();
    }

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

    void withoutAViewNothingIsComputed() {
        LiveSession session(test::scriptedParts(script(30), clock_));
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(!session.picture().attended);
    }

    /// With an encoder that answers requests and with one that does not.
    void aPausedFileShowsTheFramesOwnAttention_data() {
        QTest::addColumn<bool>("plainEncoder");
        QTest::newRow("by the encoder") << false;
        QTest::newRow("beside the encoder") << true;
    }
    void aPausedFileShowsTheFramesOwnAttention() {
        QFETCH(bool, plainEncoder);
        const auto encoder = plainEncoder ? std::make_shared<test::EncoderControl>() : nullptr;
        LiveSession session(test::scriptedParts(script(40), clock_, encoder));
        const attention::View view{.shown = Shown::SideBySide};
        session.setSettings(settingsFor(view));
        session.setModel(model_);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shows(session, view); }));
        for (int frame = 1; frame <= 4; ++frame) {
            session.step(1);
            QVERIFY(eventually([&] {
                const Picture picture = session.picture();
                return picture.frame->index == frame && shows(session, view);
            }));
        }
    }

    /// A model packed for speed needs its file no more, whatever is shown of it.
    void attentionNeedsNoFile() {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.filePath("model.safetensors").toStdString());
        test::writeTinyModel(path); // the weights of model_
        auto model = engine::loadModel(path, {.engine = engine::EngineKind::Fast});
        QVERIFY(model);
        QVERIFY(std::filesystem::remove(path));
        attention::View view{.shown = Shown::SideBySide};
        view.source = engine::AttentionSource::Patch;
        view.block = 0;
        LiveSession session(test::scriptedParts(script(40), clock_));
        session.setSettings(settingsFor(view));
        session.setModel(*model);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shows(session, view); }));
        QVERIFY(!session.snapshot()->attentionError);
    }

    void aNewViewReachesThePictureOnShow() {
        LiveSession session(test::scriptedParts(script(40), clock_));
        attention::View view{};
        session.setSettings(settingsFor(view));
        session.setModel(model_);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shows(session, view); }));
        view.source = engine::AttentionSource::Patch;
        view.patch = 3;
        view.block = 0;
        session.setSettings(settingsFor(view));
        QVERIFY(eventually([&] { return shows(session, view); }));
        view.shown = Shown::Difference;
        session.setSettings(settingsFor(view));
        QVERIFY(eventually([&] { return shows(session, view); }));
        session.step(1);
        QVERIFY(eventually([&] { return session.picture().frame->index == 1 && shows(session, view); }));
    }

    /// Somebody pauses first and asks for attention then.
    void aViewSetWhilePausedReachesThePictureOnShow() {
        LiveSession session(test::scriptedParts(script(40), clock_));
        session.setModel(model_);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return session.picture().frame != nullptr; }));
        QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 0; }));
        QVERIFY(!session.picture().attended);
        const attention::View view{.shown = Shown::Frozen};
        session.setSettings(settingsFor(view));
        QVERIFY(eventually([&] { return shows(session, view); }));
    }

    void acrossFramesThePictureHasItsNeighbours() {
        LiveSession session(test::scriptedParts(script(40), clock_));
        const attention::View view{.shown = Shown::CrossFrame};
        session.setSettings(settingsFor(view));
        session.setModel(model_);
        session.open(kAnything, true);
        for (int frame = 0; frame <= 4; ++frame) {
            session.step(frame > 0 ? 1 : 0);
            QVERIFY(eventually([&] { return session.picture().frame && session.picture().frame->index == frame; }));
        }
        QVERIFY(eventually([&] { return session.picture().attended != nullptr; }));
        const Picture picture = session.picture();
        QCOMPARE(picture.attended->layers.size(), std::size_t{5});
        QCOMPARE(picture.attended->neighbours.size(), std::size_t{5});
        for (const InputPicturePtr& neighbour : picture.attended->neighbours) {
            QVERIFY(neighbour != nullptr);
            QCOMPARE(neighbour->side, model_->config().resolution);
        }
        const Frame& frame = *picture.frame;
        const int grey = frame.rgb.front();
        QVERIFY(std::abs(int{picture.attended->neighbours[2]->rgb[0]} - grey) <= 1);
    }

    /// Every live picture that comes with attention comes with its own, and pictures never go back.
    void aLivePictureWaitsForItsAttention() {
        auto camera = script(-1);
        camera->live = true;
        LiveSession session(test::scriptedParts(camera, clock_));
        const attention::View view{};
        session.setSettings(settingsFor(view));
        session.setModel(model_);
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.picture().attended != nullptr; }));
        std::int64_t last = -1;
        int withAttention = 0;
        QVERIFY(eventually([&] {
            const Picture picture = session.picture();
            if (picture.frame->index == last) {
                return false;
            }
            [&] { QVERIFY(picture.frame->index > last); }();
            last = picture.frame->index;
            if (picture.attended) {
                ++withAttention;
                [&] { QCOMPARE(picture.attended->time, picture.frame->time); }();
            }
            return withAttention >= 15;
        }));
        // A second pass through the backbone happens when nothing else waits.
        session.setSettings(settingsFor({.shown = Shown::SideBySide}));
        QVERIFY(eventually([&] {
            const Picture picture = session.picture();
            return picture.attended && picture.attended->layers.size() == 2 &&
                   picture.attended->time == picture.frame->time;
        }));
        session.setSettings({});
        QVERIFY(eventually([&] { return session.picture().attended == nullptr; }));
    }
};

QTEST_GUILESS_MAIN(TestSessionAttention)
#include "tst_session_attention.moc"
