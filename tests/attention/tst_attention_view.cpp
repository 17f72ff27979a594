#include "attention/scale.h"
#include "attention/truth_score.h"
#include "attention/values_file.h"
#include "attention/view.h"
#include "tensorfile/safetensors.h"

#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace livegloss;
using namespace livegloss::attention;
using engine::AttentionPath;
using engine::AttentionSource;

namespace {

model::ModelConfig config() {
    model::ModelConfig config;
    config.width = 128;
    config.heads = 2;
    config.layers = 3;
    config.patch = 16;
    config.resolution = 64;
    config.resize = 80;
    return config;
}

/// Frozen shares fall, adapted ones rise over four patches.
engine::AttentionResult bothPaths() {
    engine::AttentionResult result;
    result.rows = result.columns = 2;
    result.spatial = {{{0.1F, 0.2F, 0.2F, 0.3F}, 0.05F, 0.15F}, {{0.4F, 0.3F, 0.1F, 0.1F}, 0.1F, 0.0F}};
    return result;
}

engine::AttentionResult acrossFrames() {
    engine::AttentionResult result;
    result.rows = result.columns = 2;
    engine::CrossFrameMap map;
    map.temporalWeight = 0.25F;
    for (int offset = -2; offset <= 2; ++offset) {
        engine::NeighbourMap neighbour;
        neighbour.offset = offset;
        neighbour.kind = offset < 0 ? engine::Neighbour::Copy : engine::Neighbour::Frame;
        neighbour.weights = {0.1F * static_cast<float>(offset), 0.0F, -0.2F, 0.3F};
        map.neighbours.push_back(neighbour);
    }
    result.crossFrame = map;
    return result;
}

Layer layerOf(std::vector<float> values, LayerKind kind = LayerKind::Adapted) {
    Layer layer;
    layer.kind = kind;
    layer.rows = layer.columns = static_cast<int>(std::lround(std::sqrt(values.size())));
    layer.values = std::move(values);
    return layer;
}

} // namespace

class TestAttentionView : public QObject {
    Q_OBJECT

private slots:
    void asksOnlyForWhatIsShown() {
        QCOMPARE(requestFor({}).spatial.size(), std::size_t{1});
        QVERIFY(requestFor({}).spatial[0].path == AttentionPath::Adapted);
        QVERIFY(!requestFor({}).crossFrame);
        const auto frozen = requestFor({.shown = Shown::Frozen, .block = 1, .head = 0});
        QCOMPARE(frozen.spatial.size(), std::size_t{1});
        QVERIFY(frozen.spatial[0].path == AttentionPath::Frozen);
        QCOMPARE(frozen.spatial[0].block, 1);
        QCOMPARE(requestFor({.shown = Shown::SideBySide}).spatial.size(), std::size_t{2});
        QVERIFY(requestFor({.shown = Shown::SideBySide}) == requestFor({.shown = Shown::Difference}));
        const auto across = requestFor({.shown = Shown::CrossFrame, .source = AttentionSource::Patch, .patch = 7});
        QVERIFY(across.spatial.empty());
        QVERIFY(across.crossFrame->fromPatch);
        QCOMPARE(across.crossFrame->patch, 7);
        // A patch that nobody asks from changes nothing.
        QVERIFY(requestFor({.patch = 3}) == requestFor({.patch = 5}));
    }

    void aViewIsFittedToItsModel() {
        const View wild{
            .shown = Shown::Frozen, .source = AttentionSource::AggregationQuery, .block = 11, .head = 9, .patch = 500};
        const View view = fitted(wild, config());
        QVERIFY(view.source == AttentionSource::ClassToken);
        QCOMPARE(view.block, engine::lastBlock);
        QCOMPARE(view.head, engine::meanOfHeads);
        QCOMPARE(view.patch, 15);
        QVERIFY(checkRequest(requestFor(view), config()));
        const View fine{.source = AttentionSource::AggregationQuery, .block = 2, .head = 1};
        QVERIFY(fitted(fine, config()) == fine);
    }

    void layersComeInTheOrderOfThePaper() {
        const auto both = layersOf({.shown = Shown::SideBySide}, bothPaths());
        QCOMPARE(both.size(), std::size_t{2});
        QVERIFY(both[0].kind == LayerKind::Frozen);
        QCOMPARE(both[0].values[0], 0.4F);
        QCOMPARE(both[1].prefixShare, 0.15F);
        const auto difference = layersOf({.shown = Shown::Difference}, bothPaths());
        QCOMPARE(difference.size(), std::size_t{1});
        QVERIFY(difference[0].isSigned());
        QVERIFY(std::abs(difference[0].values[0] + 0.3F) < 1e-6F);
        QVERIFY(std::abs(difference[0].values[3] - 0.2F) < 1e-6F);
        const auto across = layersOf({.shown = Shown::CrossFrame}, acrossFrames());
        QCOMPARE(across.size(), std::size_t{5});
        QCOMPARE(across[0].offset, -2);
        QVERIFY(layersOf({.shown = Shown::CrossFrame}, bothPaths()).empty());
        QVERIFY(layersOf({}, acrossFrames()).empty());
    }

    /// Copies at the clip's ends do not count a second time.
    void theOverlayIsTheMeanOverRealFrames() {
        const Layer overlay = crossFrameOverlay(layersOf({.shown = Shown::CrossFrame}, acrossFrames()));
        QVERIFY(std::abs(overlay.values[0] - 0.1F) < 1e-6F); // (0 + 0.1 + 0.2) / 3
        QVERIFY(std::abs(overlay.values[3] - 0.3F) < 1e-6F);
    }

    void scalesMeanWhatTheySay() {
        ClipScales scales;
        std::vector<float> values(100);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(i + 1) / 1000.0F;
        }
        scales.add({layerOf(values), layerOf(values, LayerKind::Difference)});
        const Layer low = layerOf(std::vector<float>(100, 0.002F));
        const Scale clip = scales.scaleOf(low, Normalisation::Clip);
        QVERIFY(std::abs(clip.high - 0.098F) < 0.004F);
        QVERIFY(clip.low < 0.004F);
        const Scale absolute = scales.scaleOf(low, Normalisation::Absolute);
        QCOMPARE(absolute.low, 0.0F);
        QCOMPARE(absolute.high, 0.08F);
        const Scale frame = scales.scaleOf(layerOf({0.1F, 0.4F, 0.2F, 0.3F}), Normalisation::Frame);
        QCOMPARE(frame.low, 0.1F);
        QCOMPARE(frame.high, 0.4F);
        // Signed layers keep zero in the middle, whatever the rule.
        const Layer signedLayer = layerOf({0.1F, -0.4F, 0.2F, 0.3F}, LayerKind::Difference);
        for (const auto rule : {Normalisation::Clip, Normalisation::Absolute, Normalisation::Frame}) {
            const Scale scale = scales.scaleOf(signedLayer, rule);
            QVERIFY(scale.high > 0.0F);
            QCOMPARE(scale.low, -scale.high);
        }
        QCOMPARE(scales.scaleOf(layerOf({0.F, 0.F, 0.F, 0.F}, LayerKind::CrossFrame), Normalisation::Absolute).high,
                 0.5F);
        QVERIFY(colourMapOf(signedLayer, Colours::Jet) == vision::ColourMap::Diverging);
    }

    void zeroIsTransparentInASignedPicture() {
        const Layer layer = layerOf({-0.4F, 0.0F, 0.0F, 0.4F}, LayerKind::CrossFrame);
        const vision::RgbaPicture picture = drawLayer(layer, {-0.5F, 0.5F}, Colours::Inferno, 32);
        const auto pixel = [&](int x, int y) { return picture.rgba.data() + (y * picture.width + x) * 4; };
        QVERIFY(pixel(16, 16)[3] > 100); // below zero: blue
        QVERIFY(pixel(16, 16)[2] > pixel(16, 16)[0]);
        QVERIFY(pixel(48, 48)[0] > pixel(48, 48)[2]); // above: orange
        QVERIFY(pixel(48, 16)[3] < 40);
    }

    void contourLinesRunBetweenLowAndHigh() {
        std::vector<float> slope(64);
        for (std::size_t i = 0; i < slope.size(); ++i) {
            slope[i] = static_cast<float>(i % 8) / 7.0F;
        }
        const vision::RgbaPicture picture = drawLayer(layerOf(slope), {0.0F, 1.0F}, Colours::Contours, 16);
        int lines = 0;
        bool inside = false;
        for (int x = 0; x < picture.width; ++x) {
            const bool line = picture.rgba[static_cast<std::size_t>((64 * picture.width + x) * 4)] > 128;
            lines += line && !inside ? 1 : 0;
            inside = line;
        }
        QCOMPARE(lines, 5);
    }

    void csvHoldsEveryValue() {
        const std::string csv = valuesCsv(
            {{12, fromSeconds(0.48), layersOf({.shown = Shown::SideBySide}, bothPaths())}}, {{"model", "a\nb"}});
        const QStringList lines = QString::fromStdString(csv).split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 1 + 1 + 2 * (4 + 2));
        QCOMPARE(lines[0], QStringLiteral("# model: a b"));
        QCOMPARE(lines[2], QStringLiteral("12,0.48,frozen,0,0,0,0.400000006"));
        QCOMPARE(lines[6], QStringLiteral("12,0.48,frozen class token,0,,,0.100000001"));
    }

    void tensorsHoldEveryValue() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("values.safetensors").toStdString();
        const auto layers = layersOf({.shown = Shown::CrossFrame}, acrossFrames());
        QVERIFY(saveValues(path, {{3, fromSeconds(0.1), layers}, {5, fromSeconds(0.2), layers}}, {{"model", "m"}}));
        const auto reader = tensorfile::SafetensorsReader::open(path).value();
        QCOMPARE(reader.find("cross-frame")->shape, (tensorfile::Shape{2, 5, 2, 2}));
        QCOMPARE(reader.readIntegers("frames").value(), (std::vector<std::int64_t>{3, 5}));
        QCOMPARE(reader.readIntegers("cross-frame.inside").value()[0], std::int64_t{0});
        QCOMPARE(reader.readFloats("cross-frame").value()[3], 0.3F);
        QCOMPARE(reader.metadata().at("model"), std::string("m"));
        QVERIFY(!saveValues("/nowhere/at/all.safetensors", {}, {}));
    }

    /// A square hand in one quarter of the picture, a face that it half covers.
    void scoresCountAreaAndMaximum() {
        constexpr int size = 40;
        std::vector<std::uint8_t> hands(size * size);
        std::vector<std::uint8_t> face(size * size);
        for (int y = 0; y < size / 2; ++y) {
            for (int x = 0; x < size; ++x) {
                const auto place = static_cast<std::size_t>(y * size + x);
                hands[place] = x < size / 2 ? 1 : 0;
                face[place] = x >= size / 4 && x < size * 3 / 4 ? 1 : 0;
            }
        }
        const RegionMasks masks{size, hands, face};
        const vision::Region everything{0.0, 0.0, 1.0, 1.0};
        const RegionScore score = scoreLayer(layerOf({0.5F, 0.1F, 0.1F, 0.1F}), masks, everything);
        QVERIFY(std::abs(score.hands - 0.5 / 0.8) < 1e-6);
        QVERIFY(std::abs(score.face - 0.05 / 0.8) < 1e-6);
        QVERIFY(std::abs(score.area - 0.375) < 1e-6);
        QVERIFY(score.pointing);
        const RegionScore elsewhere = scoreLayer(layerOf({0.1F, 0.1F, 0.1F, 0.5F}), masks, everything);
        QVERIFY(!elsewhere.pointing && !elsewhere.pointingPatch);
        QVERIFY(elsewhere.hands < 0.2);
        // Only the upper left quarter is seen: it is all hand.
        const RegionScore cropped = scoreLayer(layerOf({0.1F, 0.1F, 0.1F, 0.5F}), masks, {0.0, 0.0, 0.5, 0.5});
        QVERIFY(std::abs(cropped.hands - 1.0) < 1e-6);
        QVERIFY(cropped.pointing);
    }
};

QTEST_GUILESS_MAIN(TestAttentionView)
#include "tst_attention_view.moc"
