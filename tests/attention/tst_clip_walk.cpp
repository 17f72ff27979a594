#include "attention/clip_walk.h"
#include "random_model.h"
#include "vision/preprocess.h"

#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::attention;

namespace {

FramePtr greyFrame(std::int64_t index, double fps) {
    auto frame = std::make_shared<Frame>();
    frame->width = 48;
    frame->height = 32;
    frame->rgb.assign(48 * 32 * 3, static_cast<std::uint8_t>(20 + index * 9));
    for (std::size_t i = 0; i < frame->rgb.size(); i += 7) {
        frame->rgb[i] = static_cast<std::uint8_t>(i * static_cast<std::size_t>(index + 1));
    }
    frame->time = fromSeconds(static_cast<double>(index) / fps);
    frame->index = index;
    return frame;
}

} // namespace

class TestClipWalk : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        test::RandomModel random(test::announcedSeed());
        random.config.fps = 25.0;
        const std::filesystem::path path = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random.save(path));
        model_ = engine::loadModel(path).value();
    }

    /// Every frame comes out once, in order, with the attention of its own pixels and its own neighbours.
    void everyFrameHasItsOwnAttention_data() {
        QTest::addColumn<double>("fps");
        QTest::newRow("at the model's rate") << 25.0;
        QTest::newRow("twice the model's rate") << 50.0;
        QTest::newRow("half the model's rate") << 12.5;
    }
    void everyFrameHasItsOwnAttention() {
        QFETCH(double, fps);
        const engine::AttentionRequest request{{{}}, engine::CrossFrameRequest{}};
        ClipWalk walk(model_, request);
        std::vector<AttendedFrame> frames;
        for (std::int64_t index = 0; index < 11; ++index) {
            std::ranges::move(walk.push(greyFrame(index, fps)).value(), std::back_inserter(frames));
        }
        std::ranges::move(walk.finish().value(), std::back_inserter(frames));
        const auto expected = fps == 25.0 ? 11 : fps == 50.0 ? 6 : 22;
        QVERIFY(std::abs(static_cast<int>(frames.size()) - expected) <= 1);
        const auto pass = engine::makeAttentionPass(model_);
        for (std::size_t slot = 0; slot < frames.size(); ++slot) {
            const AttendedFrame& attended = frames[slot];
            QCOMPARE(attended.slot, static_cast<std::int64_t>(slot));
            QCOMPARE(attended.neighbours.size(), std::size_t{5});
            QVERIFY(attended.neighbours[2] == attended.frame);
            const auto result = pass->compute(inputOf(attended.neighbours), 5, 2, 1, true, request).value();
            QVERIFY(test::relativeError(attended.result.spatial[0].weights, result[0].spatial[0].weights) < 1e-4);
            for (std::size_t k = 0; k < 5; ++k) {
                const auto& actual = attended.result.crossFrame->neighbours[k];
                QVERIFY(test::relativeError(actual.weights, result[0].crossFrame->neighbours[k].weights) < 1e-4);
                const auto place = static_cast<std::int64_t>(slot) + static_cast<std::int64_t>(k) - 2;
                const bool inside = place >= 0 && place < static_cast<std::int64_t>(frames.size());
                QVERIFY((actual.kind == engine::Neighbour::Frame) == inside);
                if (inside) {
                    QVERIFY(attended.neighbours[k] == frames[static_cast<std::size_t>(place)].frame);
                }
            }
        }
    }

    void aVideoThatIsNotThereIsAnError() {
        const auto walked = walkVideo({media::SourceKind::File, "/nowhere.mp4"}, model_, {{{}}, {}}, {},
                                      [](AttendedFrame) { return true; });
        QCOMPARE(walked.error().code, ErrorCode::NotFound);
        const std::string sample = LIVEGLOSS_SOURCE_DIR "/resources/samples/sample-1.mp4";
        const auto refused = walkVideo({media::SourceKind::File, sample}, model_, {{{.block = 99}}, {}}, {},
                                       [](AttendedFrame) { return true; });
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    }

    void aWalkCanBeLeftAndCancelled() {
        const media::SourceRequest sample{media::SourceKind::File,
                                          LIVEGLOSS_SOURCE_DIR "/resources/samples/sample-1.mp4"};
        int taken = 0;
        WalkOptions options;
        QVERIFY(walkVideo(sample, model_, {{{}}, {}}, options, [&](AttendedFrame) { return ++taken < 3; }));
        QCOMPARE(taken, 3);
        std::int64_t frames = 0;
        options.progress = [&](std::int64_t count, std::optional<double> fraction) {
            frames = count;
            QVERIFY(fraction && *fraction >= 0.0 && *fraction <= 1.0);
        };
        options.cancelled = [&] { return frames >= 5; };
        const auto cancelled = walkVideo(sample, model_, {{{}}, {}}, options, [](AttendedFrame) { return true; });
        QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
        QCOMPARE(frames, std::int64_t{5});
    }

private:
    std::vector<float> inputOf(const std::vector<FramePtr>& frames) const {
        const model::ModelConfig& config = model_->config();
        const std::size_t size = 3 * static_cast<std::size_t>(config.resolution * config.resolution);
        std::vector<float> input(frames.size() * size);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            vision::prepareInput(*frames[i], config.resize, config.resolution,
                                 std::span<float>(input).subspan(i * size, size));
        }
        return input;
    }

    QTemporaryDir folder_;
    engine::LoadedModelPtr model_;
};

QTEST_GUILESS_MAIN(TestClipWalk)
#include "tst_clip_walk.moc"
