#include "engine/forward_pass.h"
#include "engine/frame_similarity.h"
#include "engine/streaming_encoder.h"
#include "engine/threads.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

constexpr double tolerance = 1e-5;

EncoderOptions reusing(float upTo) {
    EncoderOptions options;
    options.reuseUpTo = upTo;
    return options;
}

/// Everything that one pass over a clip gave out.
struct Collected {
    std::vector<FrameFeature> features;
    std::vector<SpatialAttention> attention;
    int reused = 0;
    std::vector<int> afterEachPush; ///< features that were out after each push
};

} // namespace

class TestStreamingEncoder : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        random_ = std::make_unique<test::RandomModel>(test::announcedSeed());
        loadWith(2);
    }

    /// Features of a padded clip, in any split, equal those of the clip padded by hand and run offline.
    void paddedClipEqualsOffline_data() {
        QTest::addColumn<int>("convType");
        QTest::addColumn<int>("length");
        for (const int length : {1, 2, 3, 4, 5, 13, 23}) {
            QTest::addRow("%d frames", length) << 2 << length;
        }
        QTest::newRow("conv type 0") << 0 << 5;
        QTest::newRow("conv type 3") << 3 << 7;
        QTest::newRow("conv type 7, 30 frames") << 7 << 30;
        QTest::newRow("conv type 8, too short for the released padding") << 8 << 3;
        QTest::newRow("GELU and CLIP's normalisation") << 2 << 9;
    }
    void paddedClipEqualsOffline() {
        QFETCH(int, convType);
        QFETCH(int, length);
        const bool otherBackbone = QByteArray(QTest::currentDataTag()).startsWith("GELU");
        random_->config.activation = otherBackbone ? model::Activation::Gelu : model::Activation::QuickGelu;
        random_->config.normalisation = otherBackbone ? model::clipNormalisation : model::plainNormalisation;
        loadWith(convType);
        const model::TemporalLayout layout = model::temporalLayout(convType);
        const std::vector<float> clip = random_->uniform(static_cast<std::size_t>(length) * frameValues());
        const auto padded = static_cast<int>(layout.paddedFrames(length));
        std::vector<float> byHand;
        for (int position = 0; position < padded; ++position) {
            const auto frame = static_cast<std::ptrdiff_t>(std::clamp(position - layout.leftPad, 0, length - 1));
            const auto begin = clip.begin() + frame * static_cast<std::ptrdiff_t>(frameValues());
            byHand.insert(byHand.end(), begin, begin + static_cast<std::ptrdiff_t>(frameValues()));
        }
        const int side = model_->config().resolution;
        const auto offline = forwardPass(model_, {{1, padded, 3, side, side}, byHand, {padded}}, {});
        QVERIFY2(offline, offline ? "" : offline.error().message.c_str());
        const std::vector<float>& expected = offline->front().floats;

        for (int round = 0; round < 4; ++round) {
            const Collected streamed = stream(clip, length,
                                              round == 0   ? 1
                                              : round == 1 ? length
                                                           : 0,
                                              EncoderOptions{true}, false);
            QCOMPARE(static_cast<int>(streamed.features.size()), padded);
            QCOMPARE(streamed.features.front().frameIndex, -layout.leftPad);
            QVERIFY2(test::relativeError(joined(streamed), expected) < tolerance,
                     "features differ from the offline pass");
        }
    }

    /// Frames that run side by side give what they give alone.
    void workersDoNotDisturbEachOther() {
        random_->config.activation = model::Activation::QuickGelu;
        random_->config.normalisation = model::plainNormalisation;
        loadWith(2);
        const int length = 16;
        const std::vector<float> clip = random_->uniform(static_cast<std::size_t>(length) * frameValues());
        setComputeThreads(1);
        const std::vector<float> expected = joined(stream(clip, length, length, EncoderOptions{false}, false));
        setComputeThreads(4);
        for (int round = 0; round < 60; ++round) {
            QVERIFY(test::relativeError(joined(stream(clip, length, length, EncoderOptions{false}, false)), expected) <
                    tolerance);
        }
        setComputeThreads(0);
    }

    /// Without padding a feature is out as soon as two later frames are in, and not before.
    void featuresComeTwoFramesLater() {
        loadWith(2);
        const std::vector<float> clip = random_->uniform(6 * frameValues());
        const Collected streamed = stream(clip, 6, 1, EncoderOptions{false}, false);
        QCOMPARE(streamed.afterEachPush, (std::vector<int>{0, 0, 1, 2, 3, 4}));
        QCOMPARE(streamed.features.size(), std::size_t(6));
        for (std::int64_t i = 0; i < 6; ++i) {
            QCOMPARE(streamed.features[static_cast<std::size_t>(i)].frameIndex, i);
        }
    }

    /// Attention comes for each pushed frame, is a distribution, and does not change the features.
    void attentionBelongsToItsFrame() {
        loadWith(2);
        const int length = 9;
        const std::vector<float> clip = random_->uniform(static_cast<std::size_t>(length) * frameValues());
        const Collected with = stream(clip, length, 4, EncoderOptions{false}, true);
        const Collected without = stream(clip, length, 4, EncoderOptions{false}, false);
        QVERIFY(without.attention.empty());
        QCOMPARE(joined(with), joined(without));
        QCOMPARE(with.attention.size(), static_cast<std::size_t>(length));

        const int side = model_->config().resolution;
        // Sixteen frames are the fewest that the reference path takes; attention of a frame does not depend on others.
        const std::vector<float> longer = repeatedTo(clip, 16);
        const auto reference = forwardPass(model_, {{1, 16, 3, side, side}, longer, {16}}, {true, false, 1});
        QVERIFY(reference);
        const auto found = std::ranges::find(*reference, std::string("attention_adapted_last"), &OutputTensor::name);
        QVERIFY(found != reference->end());
        const auto heads = static_cast<std::size_t>(model_->config().heads);
        const auto tokens = static_cast<std::size_t>(model_->config().tokens());
        const std::size_t keys = tokens + static_cast<std::size_t>(model_->config().prefix);
        for (std::size_t frame = 0; frame < static_cast<std::size_t>(length); ++frame) {
            const SpatialAttention& attention = with.attention[frame];
            QCOMPARE(attention.frameIndex, static_cast<std::int64_t>(frame));
            QCOMPARE(attention.rows * attention.columns, model_->config().patches());
            const float sum = std::accumulate(attention.weights.begin(), attention.weights.end(), 0.0F);
            QVERIFY(std::abs(sum + attention.classShare + attention.prefixShare - 1.0F) < 1e-5F);
            std::vector<float> mean(tokens - 1);
            for (std::size_t head = 0; head < heads; ++head) {
                const float* row = found->floats.data() + ((frame * heads + head) * tokens) * keys;
                for (std::size_t patch = 0; patch < mean.size(); ++patch) {
                    mean[patch] += row[patch + 1] / static_cast<float>(heads);
                }
            }
            QVERIFY(test::relativeError(attention.weights, mean) < tolerance);
        }
    }

    /// A picture that stays is computed once, and gives what it gives when it is computed each time.
    void aStillPictureIsComputedOnce() {
        loadWith(2);
        const std::vector<float> picture = random_->uniform(frameValues());
        std::vector<float> clip;
        for (int i = 0; i < 11; ++i) {
            clip.insert(clip.end(), picture.begin(), picture.end());
        }
        for (const int batch : {1, 4, 11}) {
            const Collected repeating = stream(clip, 11, batch, reusing(0.0F), true);
            const Collected computing = stream(clip, 11, batch, {}, true);
            QCOMPARE(repeating.reused, 10);
            QCOMPARE(computing.reused, 0);
            QCOMPARE(joined(repeating).size(), joined(computing).size());
            QVERIFY(test::relativeError(joined(repeating), joined(computing)) < tolerance);
            QCOMPARE(repeating.attention.size(), std::size_t(11));
            for (std::size_t i = 0; i < 11; ++i) {
                QCOMPARE(repeating.attention[i].frameIndex, static_cast<std::int64_t>(i));
                QVERIFY(test::relativeError(repeating.attention[i].weights, computing.attention[i].weights) <
                        tolerance);
            }
        }
    }

    /// With pictures that all differ, looking for copies changes no bit.
    void lookingForCopiesChangesNothingElse() {
        loadWith(2);
        const std::vector<float> clip = random_->uniform(9 * frameValues());
        const Collected repeating = stream(clip, 9, 4, reusing(0.0F), false);
        QCOMPARE(repeating.reused, 0);
        QCOMPARE(joined(repeating), joined(stream(clip, 9, 4, {}, false)));
    }

    /// What is reused differs from what was computed by no more than the threshold, also after many small steps; what
    /// differs by more is computed.
    void changesBeyondTheThresholdAreComputed() {
        loadWith(2);
        const model::ModelConfig& config = model_->config();
        const std::size_t size = frameValues();
        std::vector<float> clip(12 * size, 0.0F);
        const auto setPatch = [&](std::size_t frame, float levels) {
            for (int plane = 0; plane < 3; ++plane) {
                for (int y = 0; y < config.patch; ++y) {
                    for (int x = 0; x < config.patch; ++x) { // the lower right patch
                        const int row = config.resolution - 1 - y;
                        const int column = config.resolution - 1 - x;
                        clip[frame * size +
                             static_cast<std::size_t>((plane * config.resolution + row) * config.resolution + column)] =
                            levels / 127.5F;
                    }
                }
            }
        };
        for (std::size_t frame = 0; frame < 12; ++frame) {
            setPatch(frame, static_cast<float>(frame)); // a level brighter each
        }
        const auto picture = [&](std::size_t frame) {
            return std::span<const float>(clip).subspan(frame * size, size);
        };
        QVERIFY(std::abs(largestPatchChange(picture(2), picture(7), config.resolution, config.patch) - 5.0F) < 1e-3F);
        QCOMPARE(largestPatchChange(picture(3), picture(3), config.resolution, config.patch), 0.0F);
        for (const int batch : {1, 5, 12}) {
            // Computed: 0, 3, 6, 9.
            QCOMPARE(stream(clip, 12, batch, reusing(2.5F), false).reused, 8);
            QCOMPARE(stream(clip, 12, batch, reusing(0.9F), false).reused, 0);
            QCOMPARE(stream(clip, 12, batch, reusing(12.0F), false).reused, 11);
        }
    }

    /// A clip begins with nothing to reuse.
    void resetForgetsTheLastPicture() {
        loadWith(2);
        const std::vector<float> picture = random_->uniform(frameValues());
        const auto encoder = makeStreamingEncoder(model_, reusing(50.0F));
        QCOMPARE(encoder->push(picture, 1, false)->reused, 0);
        QCOMPARE(encoder->push(picture, 1, false)->reused, 1);
        // What was not computed before has to be computed now.
        QCOMPARE(encoder->push(picture, 1, true)->reused, 0);
        QCOMPARE(encoder->push(picture, 1, true)->reused, 1);
        encoder->reset();
        QCOMPARE(encoder->push(picture, 1, false)->reused, 0);
    }

    void resetStartsANewClip() {
        loadWith(2);
        const std::vector<float> first = random_->uniform(7 * frameValues());
        const std::vector<float> second = random_->uniform(5 * frameValues());
        auto encoder = makeStreamingEncoder(model_);
        QVERIFY(encoder->push(first, 7, false));
        encoder->reset();
        const auto pushed = encoder->push(second, 5, false);
        const auto rest = encoder->finish();
        QVERIFY(pushed && rest);
        const Collected alone = stream(second, 5, 5, EncoderOptions{true}, false);
        std::vector<FrameFeature> features = pushed->features;
        features.insert(features.end(), rest->features.begin(), rest->features.end());
        QCOMPARE(features.size(), alone.features.size());
        for (std::size_t i = 0; i < features.size(); ++i) {
            QCOMPARE(features[i].values, alone.features[i].values);
        }
        QVERIFY(!encoder->push(second, 5, false));
        encoder->reset();
        QVERIFY(encoder->finish()->features.empty());
    }

    void refusesWrongSizes() {
        loadWith(2);
        auto encoder = makeStreamingEncoder(model_);
        const std::vector<float> values = random_->uniform(frameValues());
        QCOMPARE(encoder->push(values, 2, false).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(encoder->push({values.data(), values.size() - 1}, 1, false).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(encoder->push(values, -1, false).error().code, ErrorCode::InvalidArgument);
        QVERIFY(encoder->push({}, 0, false));
        QVERIFY(encoder->push(values, 1, false));
    }

    void loadingReportsWhatIsWrong() {
        QCOMPARE(loadModel(file("absent")).error().code, ErrorCode::NotFound);
        tensorfile::SafetensorsWriter writer;
        writer.addFloats("a", {1}, std::vector<float>{1.0F});
        QVERIFY(writer.save(file("other.safetensors")));
        const auto other = loadModel(file("other.safetensors"));
        QVERIFY(!other);
        QVERIFY(QString::fromStdString(other.error().message).contains("not an AdaptSign model"));
    }

private:
    std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
    std::size_t frameValues() const {
        const auto side = static_cast<std::size_t>(model_->config().resolution);
        return 3 * side * side;
    }

    void loadWith(int convType) {
        if (model_ && model_->config().convType == convType &&
            model_->config().activation == random_->config.activation) {
            return;
        }
        random_->config.convType = convType;
        QVERIFY(random_->save(file("model.safetensors")));
        const auto model = loadModel(file("model.safetensors"));
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        model_ = *model;
    }

    /// `batch` frames at a time, or random numbers of them when it is 0.
    Collected stream(const std::vector<float>& clip, int length, int batch, EncoderOptions options, bool attention) {
        auto encoder = makeStreamingEncoder(model_, options);
        Collected collected;
        const auto collect = [&collected](Result<EncoderOutput> output) {
            QVERIFY2(output, output ? "" : output.error().message.c_str());
            std::ranges::move(output->features, std::back_inserter(collected.features));
            std::ranges::move(output->attention, std::back_inserter(collected.attention));
            collected.reused += output->reused;
        };
        for (int start = 0; start < length;) {
            const int count = std::min(batch > 0 ? batch : 1 + random_->below(length), length - start);
            const std::span<const float> frames(clip.data() + static_cast<std::size_t>(start) * frameValues(),
                                                static_cast<std::size_t>(count) * frameValues());
            collect(encoder->push(frames, count, attention));
            collected.afterEachPush.push_back(static_cast<int>(collected.features.size()));
            start += count;
        }
        collect(encoder->finish());
        return collected;
    }

    static std::vector<float> joined(const Collected& collected) {
        std::vector<float> values;
        for (const FrameFeature& feature : collected.features) {
            values.insert(values.end(), feature.values.begin(), feature.values.end());
        }
        return values;
    }

    std::vector<float> repeatedTo(std::vector<float> clip, int length) const {
        while (clip.size() < static_cast<std::size_t>(length) * frameValues()) {
            clip.push_back(clip[clip.size() - frameValues()]);
        }
        return clip;
    }

    QTemporaryDir folder_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr model_;
};

QTEST_GUILESS_MAIN(TestStreamingEncoder)
#include "tst_streaming_encoder.moc"
