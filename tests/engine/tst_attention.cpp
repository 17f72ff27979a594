#include "engine/attention.h"
#include "engine/streaming_encoder.h"
#include "random_model.h"
#include "reference_data.h"

#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

constexpr double tolerance = 1e-5;
constexpr double betweenEngines = 3e-5; // they add in another order; with random weights 1.1e-5 was seen

/// Tensors of a file, as doubles where they are calculated with.
class Tensors {
public:
    bool open(const QString& path) {
        auto opened = tensorfile::SafetensorsReader::open(path.toStdString());
        if (opened) {
            reader_ = std::make_unique<tensorfile::SafetensorsReader>(std::move(*opened));
        }
        return opened.has_value();
    }
    const std::vector<float>& operator[](const std::string& name) {
        auto& values = cache_[name];
        if (values.empty()) {
            values = reader_->readFloats(name).value();
        }
        return values;
    }

private:
    std::unique_ptr<tensorfile::SafetensorsReader> reader_;
    std::map<std::string, std::vector<float>> cache_;
};

using Row = std::vector<double>;

Row layerNorm(const float* token, const std::vector<float>& gain, const std::vector<float>& offset) {
    const std::size_t width = gain.size();
    const double mean = std::accumulate(token, token + width, 0.0) / static_cast<double>(width);
    double variance = 0.0;
    for (std::size_t i = 0; i < width; ++i) {
        variance += (token[i] - mean) * (token[i] - mean) / static_cast<double>(width);
    }
    Row row(width);
    for (std::size_t i = 0; i < width; ++i) {
        row[i] = (token[i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + offset[i];
    }
    return row;
}

/// The 64 entries of head `head` of part `part` (0 query, 1 key) of an input projection.
Row project(const Row& row, const std::vector<float>& weight, const std::vector<float>& bias, int part, int head) {
    const std::size_t width = row.size();
    Row result(64);
    for (std::size_t i = 0; i < 64; ++i) {
        const std::size_t line = static_cast<std::size_t>(part) * width + static_cast<std::size_t>(head) * 64 + i;
        result[i] = bias[line];
        for (std::size_t j = 0; j < width; ++j) {
            result[i] += weight[line * width + j] * row[j];
        }
    }
    return result;
}

/// Softmax of query * key / 8, written out.
Row attentionOver(const Row& query, const std::vector<Row>& keys) {
    Row shares;
    double sum = 0.0;
    for (const Row& key : keys) {
        shares.push_back(std::exp(std::inner_product(query.begin(), query.end(), key.begin(), 0.0) / 8.0));
        sum += shares.back();
    }
    for (double& share : shares) {
        share /= sum;
    }
    return shares;
}

} // namespace

class TestAttention : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        random_ = std::make_unique<test::RandomModel>(test::announcedSeed());
        random_->config.layers = 3;
        random_->config.width = 128;
        random_->config.heads = 2;
        const auto path = std::filesystem::path(folder_.filePath("model.safetensors").toStdString());
        QVERIFY(random_->save(path));
        model_ = loadModel(path, {EngineKind::Fast, Precision::F32}).value();
        const QString golden = QStringLiteral(LIVEGLOSS_SHARED_DIR "/golden/tiny-p16");
        hasGolden_ = golden_.open(golden + ".io.safetensors") && goldenWeights_.open(golden + ".safetensors");
        if (hasGolden_) {
            goldenModel_ =
                loadModel((golden + ".safetensors").toStdString(), {EngineKind::Fast, Precision::F32}).value();
        }
    }

    /// Adapted and frozen attention of the last block, per head and as a mean, from the class token and from a patch.
    void lastBlockEqualsReference_data() {
        QTest::addColumn<AttentionPath>("path");
        QTest::addColumn<int>("head");
        QTest::addColumn<int>("patch"); // -1: class token
        for (const auto path : {AttentionPath::Adapted, AttentionPath::Frozen}) {
            for (const int head : {meanOfHeads, 0, 1}) {
                for (const int patch : {-1, 0, 9, 15}) {
                    QTest::addRow("%s head %d row %d", path == AttentionPath::Frozen ? "frozen" : "adapted", head,
                                  patch)
                        << path << head << patch;
                }
            }
        }
    }
    void lastBlockEqualsReference() {
        if (!hasGolden_) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("no reference tensors beside the checkout");
        }
        QFETCH(AttentionPath, path);
        QFETCH(int, head);
        QFETCH(int, patch);
        SpatialRequest wanted{path, patch < 0 ? AttentionSource::ClassToken : AttentionSource::Patch, lastBlock, head,
                              std::max(patch, 0)};
        const auto results = goldenResults({{wanted}, {}});
        const bool frozen = path == AttentionPath::Frozen;
        const auto& expected = golden_[frozen ? "attention_frozen_last" : "attention_adapted_last"];
        const std::size_t keys = frozen ? 17 : 25;
        for (std::size_t frame = 0; frame < results.size(); ++frame) {
            std::vector<float> shares(keys);
            for (std::size_t h = 0; h < 2; ++h) {
                const float* row =
                    expected.data() + ((frame * 2 + h) * 17 + static_cast<std::size_t>(patch + 1)) * keys;
                for (std::size_t key = 0; key < keys; ++key) {
                    shares[key] += head == meanOfHeads           ? row[key] / 2.0F
                                   : head == static_cast<int>(h) ? row[key]
                                                                 : 0.0F;
                }
            }
            compare(results[frame].spatial.front(), shares);
        }
    }

    /// Blocks other than the last, and the aggregation query: the formulas written out on the reference's tokens.
    void otherBlocksEqualReferenceTokens_data() {
        QTest::addColumn<AttentionSource>("source");
        QTest::addColumn<int>("block");
        for (int block = 0; block < 3; ++block) {
            QTest::addRow("class token, block %d", block) << AttentionSource::ClassToken << block;
            QTest::addRow("aggregation query, block %d", block) << AttentionSource::AggregationQuery << block;
        }
    }
    void otherBlocksEqualReferenceTokens() {
        if (!hasGolden_) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("no reference tensors beside the checkout");
        }
        QFETCH(AttentionSource, source);
        QFETCH(int, block);
        const auto results = goldenResults(
            {{{AttentionPath::Adapted, source, block, 0, 0}, {AttentionPath::Adapted, source, block, 1, 0}}, {}});
        for (const std::size_t frame : {std::size_t(0), std::size_t(13), std::size_t(27)}) {
            for (int head = 0; head < 2; ++head) {
                const Row shares = source == AttentionSource::ClassToken ? classRow(block, head, frame)
                                                                         : aggregationRow(block, head, frame);
                compare(results[frame].spatial[static_cast<std::size_t>(head)], {shares.begin(), shares.end()});
            }
        }
    }

    void crossFrameEqualsReference() {
        if (!hasGolden_) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("no reference tensors beside the checkout");
        }
        const auto& affinity = golden_["cross_frame_affinity"];
        const auto results = goldenResults({{}, CrossFrameRequest{}});
        for (std::size_t frame = 0; frame < results.size(); ++frame) {
            const CrossFrameMap& map = *results[frame].crossFrame;
            QCOMPARE(map.neighbours.size(), std::size_t(5));
            QCOMPARE(map.temporalWeight, goldenWeights_["conv2d.visual.transformer.temporal_ada_weight"][0]);
            for (std::size_t k = 0; k < 5; ++k) {
                const auto place = static_cast<std::int64_t>(frame) + static_cast<std::int64_t>(k) - 2;
                QCOMPARE(map.neighbours[k].kind == Neighbour::Outside, place < 0 || place >= 28);
                for (std::size_t patch = 0; patch < 16; ++patch) {
                    const double a = affinity[(frame * 5 + k) * 16 + patch];
                    const double expected = 1.0 / (1.0 + std::exp(-a)) - 0.5;
                    QVERIFY(std::abs(map.neighbours[k].weights[patch] - expected) < tolerance);
                }
            }
        }
    }

    /// From a patch: the same formula with the patch's normalised token on the asking side.
    void crossFrameFromPatchEqualsReferenceTokens() {
        if (!hasGolden_) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("no reference tensors beside the checkout");
        }
        const int patch = 6;
        const auto results = goldenResults({{}, CrossFrameRequest{true, patch}});
        const std::size_t frame = 11;
        const Row asking = crossFrameToken(frame, patch + 1);
        for (std::size_t k = 0; k < 5; ++k) {
            for (int other = 0; other < 16; ++other) {
                const Row row = crossFrameToken(frame + k - 2, other + 1);
                const double a = std::inner_product(row.begin(), row.end(), asking.begin(), 0.0) / std::sqrt(128.0);
                const double expected = 1.0 / (1.0 + std::exp(-a)) - 0.5;
                const float actual = results[frame].crossFrame->neighbours[k].weights[static_cast<std::size_t>(other)];
                QVERIFY(std::abs(actual - expected) < tolerance);
            }
        }
    }

    /// The streaming encoder gives what the pass gives, in any split, with the clip's padding and without.
    void streamEqualsPass_data() {
        QTest::addColumn<bool>("padded");
        QTest::addColumn<bool>("crossFrame");
        QTest::newRow("padded, with neighbours") << true << true;
        QTest::newRow("as given, with neighbours") << false << true;
        QTest::newRow("frames alone") << true << false;
    }
    void streamEqualsPass() {
        QFETCH(bool, padded);
        QFETCH(bool, crossFrame);
        AttentionRequest request = everySpatialMap();
        if (crossFrame) {
            request.crossFrame = CrossFrameRequest{true, 5};
        }
        const int length = 9;
        const std::vector<float> clip = random_->uniform(static_cast<std::size_t>(length) * frameValues(*model_));
        const auto expected = makeAttentionPass(model_)->compute(clip, length, 0, length, padded, request).value();
        for (const int batch : {1, 2, 4, 9}) {
            const auto streamed = stream(clip, length, batch, padded, request);
            QCOMPARE(streamed.size(), expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                sameResult(streamed[i], expected[i]);
            }
        }
    }

    /// Frames in the middle of a clip need their neighbours only, and the pass says where a neighbour is none.
    void windowEqualsWholeClip() {
        const int length = 8;
        const std::vector<float> clip = random_->uniform(static_cast<std::size_t>(length) * frameValues(*model_));
        const AttentionRequest request{{{}}, CrossFrameRequest{}};
        const auto pass = makeAttentionPass(model_);
        const auto whole = pass->compute(clip, length, 0, length, true, request).value();
        const std::span<const float> part(clip.data() + frameValues(*model_), 5 * frameValues(*model_));
        auto middle = pass->compute(part, 5, 2, 1, true, request).value();
        middle.front().frameIndex = 3;
        sameResult(middle.front(), whole[3]);
        const auto kinds = [&](std::size_t frame) {
            std::vector<Neighbour> result;
            for (const NeighbourMap& neighbour : whole[frame].crossFrame->neighbours) {
                result.push_back(neighbour.kind);
            }
            return result;
        };
        using enum Neighbour;
        QCOMPARE(kinds(0), (std::vector<Neighbour>{Copy, Copy, Frame, Frame, Frame}));
        QCOMPARE(kinds(7), (std::vector<Neighbour>{Frame, Frame, Frame, Copy, Copy}));
    }

    /// A new request in the middle of a stream concerns the frames pushed after it; what was under way is dropped.
    void requestChangesBetweenFrames() {
        const std::vector<float> clip = random_->uniform(6 * frameValues(*model_));
        auto encoder = makeStreamingEncoder(model_);
        const auto frame = [&](std::size_t index) {
            return std::span<const float>(clip.data() + index * frameValues(*model_), frameValues(*model_));
        };
        QVERIFY(encoder->push(frame(0), 1, false).value().requested.empty());
        QVERIFY(encoder->requestAttention({{}, CrossFrameRequest{}}));
        QVERIFY(encoder->push(frame(1), 1, false).value().requested.empty());
        QVERIFY(encoder->requestAttention({{{}}, {}}));
        const auto now = encoder->push(frame(2), 1, false).value().requested;
        QCOMPARE(now.size(), std::size_t(1));
        QCOMPARE(now.front().frameIndex, std::int64_t(2));
        QVERIFY(!now.front().crossFrame);
        QVERIFY(encoder->requestAttention({}));
        QVERIFY(encoder->push(frame(3), 1, false).value().requested.empty());
        QVERIFY(encoder->finish().value().requested.empty());
    }

    /// Watching the frames does not change them, but for the rounding of the engine that then runs them.
    void featuresStayTheSame() {
        const std::vector<float> clip = random_->uniform(5 * frameValues(*model_));
        const auto features = [&](const AttentionRequest& request) {
            auto encoder = makeStreamingEncoder(model_);
            encoder->requestAttention(request);
            std::vector<float> values;
            for (const auto& part : {encoder->push(clip, 5, false).value(), encoder->finish().value()}) {
                for (const FrameFeature& feature : part.features) {
                    values.insert(values.end(), feature.values.begin(), feature.values.end());
                }
            }
            return values;
        };
        AttentionRequest all = everySpatialMap();
        all.crossFrame = CrossFrameRequest{};
        const std::vector<float> watched = features(all);
        const std::vector<float> alone = features({});
        QCOMPARE(watched.size(), alone.size());
        double difference = 0.0;
        double size = 0.0;
        for (std::size_t i = 0; i < alone.size(); ++i) {
            difference += std::pow(static_cast<double>(watched[i]) - alone[i], 2);
            size += std::pow(static_cast<double>(alone[i]), 2);
        }
        QVERIFY2(std::sqrt(difference / size) < 1e-5, qPrintable(QString::number(std::sqrt(difference / size))));
    }

    void refusesWhatIsNotThere() {
        const auto refused = [&](const AttentionRequest& request) {
            const auto checked = checkRequest(request, model_->config());
            const std::vector<float> frame(frameValues(*model_));
            const auto computed = makeAttentionPass(model_)->compute(frame, 1, 0, 1, true, request);
            return !checked && checked.error().code == ErrorCode::InvalidArgument && !computed;
        };
        QVERIFY(refused({{{.block = 3}}, {}}));
        QVERIFY(refused({{{.block = -2}}, {}}));
        QVERIFY(refused({{{.head = 2}}, {}}));
        QVERIFY(refused({{{.source = AttentionSource::Patch, .patch = 16}}, {}}));
        QVERIFY(refused({{{.source = AttentionSource::Patch, .patch = -1}}, {}}));
        QVERIFY(refused({{{.path = AttentionPath::Frozen, .source = AttentionSource::AggregationQuery}}, {}}));
        QVERIFY(refused({{}, CrossFrameRequest{true, 16}}));
        QVERIFY(checkRequest(everySpatialMap(), model_->config()));
        const std::vector<float> frame(frameValues(*model_));
        QVERIFY(!makeAttentionPass(model_)->compute(frame, 1, 0, 2, true, {{{}}, {}}));
        QVERIFY(!makeAttentionPass(model_)->compute(frame, 2, 0, 1, true, {{{}}, {}}));
    }

private:
    static std::size_t frameValues(const LoadedModel& model) {
        const auto side = static_cast<std::size_t>(model.config().resolution);
        return 3 * side * side;
    }

    AttentionRequest everySpatialMap() const {
        AttentionRequest request;
        for (const int block : {0, 1, 2, lastBlock}) {
            for (const int head : {meanOfHeads, 1}) {
                request.spatial.push_back({.block = block, .head = head});
                request.spatial.push_back({.source = AttentionSource::AggregationQuery, .block = block, .head = head});
                request.spatial.push_back({.source = AttentionSource::Patch, .block = block, .head = head, .patch = 7});
                request.spatial.push_back({.path = AttentionPath::Frozen, .block = block, .head = head});
            }
        }
        return request;
    }

    /// Results for the 28 frames of the reference's first clip.
    std::vector<AttentionResult> goldenResults(const AttentionRequest& request) {
        const std::span<const float> clip(golden_["frames"].data(), 28 * frameValues(*goldenModel_));
        return makeAttentionPass(goldenModel_)->compute(clip, 28, 0, 28, false, request).value();
    }

    std::vector<AttentionResult> stream(const std::vector<float>& clip, int length, int batch, bool padded,
                                        const AttentionRequest& request) {
        auto encoder = makeStreamingEncoder(model_, EncoderOptions{padded});
        encoder->requestAttention(request);
        std::vector<AttentionResult> results;
        for (int start = 0; start < length; start += batch) {
            const int count = std::min(batch, length - start);
            const std::span<const float> frames(clip.data() + static_cast<std::size_t>(start) * frameValues(*model_),
                                                static_cast<std::size_t>(count) * frameValues(*model_));
            auto output = encoder->push(frames, count, false).value();
            std::ranges::move(output.requested, std::back_inserter(results));
        }
        auto rest = encoder->finish().value();
        std::ranges::move(rest.requested, std::back_inserter(results));
        return results;
    }

    static void compare(const SpatialMap& map, const std::vector<float>& shares) {
        QVERIFY(std::abs(map.classShare - shares[0]) < tolerance);
        float prefix = 0.0F;
        for (std::size_t key = 1 + map.weights.size(); key < shares.size(); ++key) {
            prefix += shares[key];
        }
        QVERIFY(std::abs(map.prefixShare - prefix) < tolerance);
        for (std::size_t patch = 0; patch < map.weights.size(); ++patch) {
            QVERIFY(std::abs(map.weights[patch] - shares[patch + 1]) < tolerance);
        }
    }

    static void sameResult(const AttentionResult& actual, const AttentionResult& expected) {
        QCOMPARE(actual.frameIndex, expected.frameIndex);
        QCOMPARE(actual.rows, expected.rows);
        QCOMPARE(actual.columns, expected.columns);
        QCOMPARE(actual.spatial.size(), expected.spatial.size());
        for (std::size_t i = 0; i < expected.spatial.size(); ++i) {
            const double error = test::relativeError(actual.spatial[i].weights, expected.spatial[i].weights);
            QVERIFY2(error < betweenEngines, qPrintable(QString::number(error)));
            QVERIFY(std::abs(actual.spatial[i].classShare - expected.spatial[i].classShare) < tolerance);
            QVERIFY(std::abs(actual.spatial[i].prefixShare - expected.spatial[i].prefixShare) < tolerance);
        }
        QCOMPARE(actual.crossFrame.has_value(), expected.crossFrame.has_value());
        if (expected.crossFrame) {
            for (std::size_t k = 0; k < expected.crossFrame->neighbours.size(); ++k) {
                const NeighbourMap& a = actual.crossFrame->neighbours[k];
                const NeighbourMap& b = expected.crossFrame->neighbours[k];
                QCOMPARE(a.offset, b.offset);
                QVERIFY(a.kind == b.kind);
                QVERIFY(test::relativeError(a.weights, b.weights) < tolerance);
            }
        }
    }

    const float* token(const std::string& tensor, std::size_t frame, int row) {
        return golden_[tensor].data() + (frame * 17 + static_cast<std::size_t>(row)) * 128;
    }

    Row classRow(int block, int head, std::size_t frame) {
        const std::string name = "conv2d.visual.transformer.resblocks." + std::to_string(block) + ".";
        const std::string tokens = block == 0 ? "tokens_in" : "tokens_block_" + std::to_string(block - 1);
        const auto& weight = goldenWeights_[name + "attn.in_proj_weight"];
        const auto& bias = goldenWeights_[name + "attn.in_proj_bias"];
        std::vector<Row> keys;
        for (int row = 0; row < 17; ++row) {
            keys.push_back(layerNorm(token(tokens, frame, row), goldenWeights_[name + "ln_1.weight"],
                                     goldenWeights_[name + "ln_1.bias"]));
        }
        const Row query = project(keys[0], weight, bias, 0, head);
        const auto& prefix = goldenWeights_[name + "prefix_embedding_k"];
        for (std::size_t row = 0; row < 8; ++row) {
            keys.emplace_back(prefix.begin() + static_cast<std::ptrdiff_t>(row * 128),
                              prefix.begin() + static_cast<std::ptrdiff_t>((row + 1) * 128));
        }
        for (Row& key : keys) {
            key = project(key, weight, bias, 1, head);
        }
        return attentionOver(query, keys);
    }

    Row aggregationRow(int block, int head, std::size_t frame) {
        const std::string name = "conv2d.visual.transformer.aggblocks." + std::to_string(block) + ".";
        const auto& gain = goldenWeights_[name + "ln_1.weight"];
        const auto& offset = goldenWeights_[name + "ln_1.bias"];
        const auto& weight = goldenWeights_[name + "attn.in_proj_weight"];
        const auto& bias = goldenWeights_[name + "attn.in_proj_bias"];
        const float* before = block == 0 ? goldenWeights_["conv2d.visual.transformer.query"].data()
                                         : golden_["query_block_" + std::to_string(block - 1)].data() + frame * 128;
        std::vector<Row> keys;
        for (int row = 0; row < 17; ++row) {
            keys.push_back(project(layerNorm(token("tokens_block_" + std::to_string(block), frame, row), gain, offset),
                                   weight, bias, 1, head));
        }
        return attentionOver(project(layerNorm(before, gain, offset), weight, bias, 0, head), keys);
    }

    Row crossFrameToken(std::size_t frame, int row) {
        const std::string norm = "conv2d.visual.transformer.taggblocks.ln_1.";
        return layerNorm(token("tokens_block_2", frame, row), goldenWeights_[norm + "weight"],
                         goldenWeights_[norm + "bias"]);
    }

    QTemporaryDir folder_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr model_;
    bool hasGolden_ = false;
    LoadedModelPtr goldenModel_;
    Tensors golden_;
    Tensors goldenWeights_;
};

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
