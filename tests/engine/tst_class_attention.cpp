#include "engine/attention.h"
#include "engine/streaming_encoder.h"
#include "random_model.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

constexpr int frameCount = 7;

struct Streamed {
    std::vector<float> features;
    std::vector<AttentionResult> attention;
    std::string problem;
};

} // namespace

/// The attention that the fast engine gives, while it runs or apart from it, with the weights that it has packed.
class TestClassAttention : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        random_ = std::make_unique<test::RandomModel>(test::announcedSeed());
        random_->config.layers = 3;
        random_->config.width = 128;
        random_->config.heads = 2;
        path_ = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random_->save(path_));
        model_ = loadModel(path_, {EngineKind::Fast, Precision::F32}).value();
        const int side = random_->config.resolution;
        clip_ = random_->uniform(static_cast<std::size_t>(frameCount * 3 * side * side));
        if (model_->compute().engine != EngineKind::Fast) {
            QSKIP("the fast engine has nothing for this processor");
        }
    }

    void equalsTheReferencePath_data() {
        QTest::addColumn<bool>("adapted");
        QTest::addColumn<bool>("frozen");
        QTest::addColumn<bool>("crossFrame");
        QTest::addColumn<bool>("blockByNumber");
        QTest::newRow("default overlay") << true << false << false << false;
        QTest::newRow("frozen") << false << true << false << false;
        QTest::newRow("frozen beside adapted") << true << true << false << true;
        QTest::newRow("cross-frame alone") << false << false << true << false;
        QTest::newRow("everything") << true << true << true << true;
    }
    void equalsTheReferencePath() {
        const AttentionRequest request = requestOfRow();
        const Streamed streamed = stream(model_, request);
        const auto pass = makeAttentionPass(loadModel(path_, {EngineKind::Reference, Precision::F32}).value());
        const auto expected = pass->compute(clip_, frameCount, 0, frameCount, false, request);
        QVERIFY(expected);
        compare(streamed.attention, *expected);
        const auto apart = makeAttentionPass(model_)->compute(clip_, frameCount, 0, frameCount, false, request);
        QVERIFY(apart);
        compare(*apart, *expected);
    }

    /// Every block, head, source and path alone, since a run apart from a stream stops where nothing more is wanted.
    void everyMapEqualsTheReferencePath() {
        const LoadedModelPtr reference = loadModel(path_, {EngineKind::Reference, Precision::F32}).value();
        for (const SpatialRequest& spatial : everyMap()) {
            const AttentionRequest request{{spatial}, {}};
            const auto expected =
                makeAttentionPass(reference)->compute(clip_, frameCount, 0, frameCount, false, request).value();
            compare(stream(model_, request).attention, expected);
            compare(makeAttentionPass(model_)->compute(clip_, frameCount, 0, frameCount, false, request).value(),
                    expected);
        }
    }

    /// A reduced precision shows the attention of what it computes.
    void otherPrecisionsComeClose() {
        const AttentionRequest request{everyMap(), {}};
        const auto exact = stream(model_, request).attention;
        const auto rounded = stream(loadModel(path_, {EngineKind::Fast, Precision::Bf16}).value(), request).attention;
        QCOMPARE(rounded.size(), exact.size());
        for (std::size_t i = 0; i < exact.front().spatial.size(); ++i) {
            const double error = test::relativeL2(rounded.front().spatial[i].weights, exact.front().spatial[i].weights);
            QVERIFY2(error > 0.0 && error < 0.1, qPrintable(QString("map %1: %2").arg(i).arg(error)));
        }
    }

    void featuresStayTheSameBitForBit_data() { equalsTheReferencePath_data(); }
    void featuresStayTheSameBitForBit() {
        QCOMPARE(stream(model_, requestOfRow()).features, stream(model_, {}).features);
    }

    /// The weights that packing let go are not read again, which would double a model's memory: its file is gone.
    void needsNoWeightsOfTheFile() {
        const auto path = std::filesystem::path(folder_.filePath("gone.safetensors").toStdString());
        QVERIFY(std::filesystem::copy_file(path_, path));
        const LoadedModelPtr model = loadModel(path, {EngineKind::Fast, Precision::F32}).value();
        QVERIFY(std::filesystem::remove(path));
        const AttentionRequest everything{everyMap(), CrossFrameRequest{}};
        QCOMPARE(stream(model, everything).problem, std::string());
        QVERIFY(makeAttentionPass(model)->compute(clip_, frameCount, 0, frameCount, true, everything));
    }

private:
    static void compare(const std::vector<AttentionResult>& actual, const std::vector<AttentionResult>& expected) {
        QCOMPARE(actual.size(), expected.size());
        for (std::size_t frame = 0; frame < expected.size(); ++frame) {
            const AttentionResult& right = expected[frame];
            const AttentionResult& own = actual[frame];
            QCOMPARE(own.frameIndex, right.frameIndex);
            QCOMPARE(own.rows, right.rows);
            QCOMPARE(own.spatial.size(), right.spatial.size());
            for (std::size_t i = 0; i < right.spatial.size(); ++i) {
                QVERIFY(test::relativeError(own.spatial[i].weights, right.spatial[i].weights) < 3e-5);
                QVERIFY(std::abs(own.spatial[i].classShare - right.spatial[i].classShare) < 1e-5F);
                QVERIFY(std::abs(own.spatial[i].prefixShare - right.spatial[i].prefixShare) < 1e-5F);
            }
            QCOMPARE(own.crossFrame.has_value(), right.crossFrame.has_value());
            for (std::size_t i = 0; right.crossFrame && i < right.crossFrame->neighbours.size(); ++i) {
                const NeighbourMap& neighbour = right.crossFrame->neighbours[i];
                QVERIFY(own.crossFrame->neighbours[i].kind == neighbour.kind);
                QVERIFY(neighbour.kind == Neighbour::Outside ||
                        test::relativeError(own.crossFrame->neighbours[i].weights, neighbour.weights) < 3e-5);
            }
        }
    }

    std::vector<SpatialRequest> everyMap() const {
        std::vector<SpatialRequest> maps;
        for (const int block : {0, 1, 2, lastBlock}) {
            for (const int head : {meanOfHeads, 0, 1}) {
                for (const AttentionPath path : {AttentionPath::Adapted, AttentionPath::Frozen}) {
                    maps.push_back({.path = path, .block = block, .head = head});
                    maps.push_back({path, AttentionSource::Patch, block, head, 5});
                }
                maps.push_back({.source = AttentionSource::AggregationQuery, .block = block, .head = head});
            }
        }
        return maps;
    }

    AttentionRequest requestOfRow() const {
        QFETCH(bool, adapted);
        QFETCH(bool, frozen);
        QFETCH(bool, crossFrame);
        QFETCH(bool, blockByNumber);
        AttentionRequest request;
        SpatialRequest spatial;
        spatial.block = blockByNumber ? random_->config.layers - 1 : lastBlock;
        if (frozen) {
            spatial.path = AttentionPath::Frozen;
            request.spatial.push_back(spatial);
        }
        if (adapted) {
            spatial.path = AttentionPath::Adapted;
            request.spatial.push_back(spatial);
        }
        if (crossFrame) {
            request.crossFrame = CrossFrameRequest{};
        }
        return request;
    }

    Streamed stream(const LoadedModelPtr& model, const AttentionRequest& request) const {
        Streamed streamed;
        auto encoder = makeStreamingEncoder(model, EncoderOptions{false});
        encoder->requestAttention(request);
        for (auto output : {encoder->push(clip_, frameCount, false), encoder->finish()}) {
            if (!output) {
                streamed.problem = output.error().message;
                return streamed;
            }
            for (const FrameFeature& feature : output->features) {
                streamed.features.insert(streamed.features.end(), feature.values.begin(), feature.values.end());
            }
            std::ranges::move(output->requested, std::back_inserter(streamed.attention));
        }
        return streamed;
    }

    QTemporaryDir folder_;
    std::filesystem::path path_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr model_;
    std::vector<float> clip_;
};

QTEST_GUILESS_MAIN(TestClassAttention)
#include "tst_class_attention.moc"
