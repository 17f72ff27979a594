#include "vision/heat_map.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace livegloss::vision;

namespace {

constexpr unsigned seed = 7;

int alphaAt(const RgbaPicture& picture, int x, int y) {
    return picture.rgba[static_cast<std::size_t>((y * picture.width + x) * 4 + 3)];
}

bool isTransparent(const RgbaPicture& picture) {
    for (std::size_t i = 3; i < picture.rgba.size(); i += 4) {
        if (picture.rgba[i] != 0) {
            return false;
        }
    }
    return true;
}

double lightness(const Rgb& colour) {
    return 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
}

} // namespace

class TestHeatMap : public QObject {
    Q_OBJECT

private slots:
    void coloursGrowLighter_data();
    void coloursGrowLighter();
    void knownColours();
    void percentilesOfKnownWeights();
    void rangeIsSteady();
    void rangeForgetsSlowly();
    void wholeClipsAreNotForgotten();
    void oddWeightsDoNoHarm();
    void peakIsWhereThePatchIs();
    void opacityRisesWithTheValue();
    void smoothBetweenPatches();
    void noResponseIsTransparent();
};

void TestHeatMap::coloursGrowLighter_data() {
    QTest::addColumn<int>("map");
    QTest::newRow("inferno") << static_cast<int>(ColourMap::Inferno);
    QTest::newRow("cividis") << static_cast<int>(ColourMap::Cividis);
    QTest::newRow("viridis") << static_cast<int>(ColourMap::Viridis);
    QTest::newRow("grey") << static_cast<int>(ColourMap::Grey);
}

void TestHeatMap::coloursGrowLighter() {
    QFETCH(int, map);
    double last = -1.0;
    for (int i = 0; i <= 32; ++i) {
        const double now = lightness(colourAt(static_cast<ColourMap>(map), static_cast<float>(i) / 32.0F));
        QVERIFY2(now > last, qPrintable(QString("step %1").arg(i)));
        last = now;
    }
}

void TestHeatMap::knownColours() {
    const Rgb infernoEnd = colourAt(ColourMap::Inferno, 1.0F);
    QCOMPARE(int{infernoEnd.red}, 252);
    QCOMPARE(int{infernoEnd.green}, 255);
    QCOMPARE(int{infernoEnd.blue}, 164);
    const Rgb viridisStart = colourAt(ColourMap::Viridis, 0.0F);
    QCOMPARE(int{viridisStart.red}, 68);
    QCOMPARE(int{viridisStart.green}, 1);
    QCOMPARE(int{viridisStart.blue}, 84);
    const Rgb cividisStart = colourAt(ColourMap::Cividis, -3.0F);
    QVERIFY(cividisStart.blue > cividisStart.red);
    const Rgb grey = colourAt(ColourMap::Grey, 0.5F);
    QCOMPARE(int{grey.red}, 128);
    QCOMPARE(int{grey.green}, 128);
    QCOMPARE(int{colourAt(ColourMap::Grey, std::nanf("")).red}, 0);
    QCOMPARE(int{colourAt(ColourMap::Grey, 99.0F).red}, 255);
}

void TestHeatMap::percentilesOfKnownWeights() {
    ClipRange range;
    QCOMPARE(range.low(), 0.0F);
    QCOMPARE(range.high(), 0.0F);
    std::vector<float> weights;
    for (int i = 1; i <= 1000; ++i) {
        weights.push_back(static_cast<float>(i) / 1000.0F);
    }
    range.add(weights);
    QVERIFY2(std::abs(range.low() - 0.02F) < 0.001F, qPrintable(QString::number(range.low())));
    QVERIFY2(std::abs(range.high() - 0.98F) < 0.03F, qPrintable(QString::number(range.high())));
    range.reset();
    QCOMPARE(range.high(), 0.0F);
}

// One wild frame among many must not make the whole overlay jump.
void TestHeatMap::rangeIsSteady() {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> usual(0.001F, 0.05F);
    ClipRange range;
    std::vector<float> weights(144);
    float previous = 0.0F;
    for (int frame = 0; frame < 200; ++frame) {
        std::generate(weights.begin(), weights.end(), [&] { return usual(random); });
        if (frame == 100) {
            std::fill(weights.begin(), weights.end(), 0.9F);
        }
        range.add(weights);
        if (frame > 50) {
            QVERIFY2(std::abs(range.high() - previous) < 0.05F * previous, qPrintable(QString("frame %1").arg(frame)));
        }
        previous = range.high();
    }
    QVERIFY(range.high() > 0.045F && range.high() < 0.055F);
    QVERIFY(range.low() > 0.001F && range.low() < 0.003F);
}

void TestHeatMap::rangeForgetsSlowly() {
    ClipRange range;
    const std::vector<float> bright(1000, 0.5F);
    const std::vector<float> dim(1000, 0.01F);
    for (int i = 0; i < 2000; ++i) {
        range.add(bright);
    }
    QVERIFY(range.high() > 0.4F);
    for (int i = 0; i < 100; ++i) {
        range.add(dim);
    }
    QVERIFY(range.high() > 0.4F);
    for (int i = 0; i < 9000; ++i) {
        range.add(dim);
    }
    QVERIFY2(range.high() < 0.02F, qPrintable(QString::number(range.high())));
}

// What fills the first tenth of a clip stays in its range to the end, however long it is.
void TestHeatMap::wholeClipsAreNotForgotten() {
    ClipRange range(RangeMemory::Whole);
    const std::vector<float> bright(1000, 0.5F);
    const std::vector<float> dim(1000, 0.01F);
    for (int i = 0; i < 1000; ++i) {
        range.add(bright);
    }
    for (int i = 0; i < 9000; ++i) {
        range.add(dim);
    }
    QVERIFY2(range.high() > 0.4F, qPrintable(QString::number(range.high())));
    QVERIFY2(range.low() < 0.02F, qPrintable(QString::number(range.low())));
}

void TestHeatMap::oddWeightsDoNoHarm() {
    ClipRange range;
    const float infinity = std::numeric_limits<float>::infinity();
    range.add(std::vector<float>{std::nanf(""), -1.0F, 0.0F, 1e-30F, infinity, -infinity, 1e30F});
    QVERIFY(std::isfinite(range.low()));
    QVERIFY(std::isfinite(range.high()));
    QVERIFY(range.low() <= range.high());
    const std::vector<float> broken{0.1F, std::nanf(""), infinity, 0.2F};
    QVERIFY(isTransparent(heatMap(broken, 2, 2, 0.0F, 1.0F, ColourMap::Inferno, 4)));
}

void TestHeatMap::peakIsWhereThePatchIs() {
    std::vector<float> weights(12 * 10, 0.1F);
    weights[3 * 10 + 7] = 0.9F;
    const RgbaPicture picture = heatMap(weights, 12, 10, 0.1F, 0.9F, ColourMap::Inferno, 8);
    QCOMPARE(picture.width, 80);
    QCOMPARE(picture.height, 96);
    QCOMPARE(picture.rgba.size(), std::size_t{80 * 96 * 4});
    int best = -1;
    int bestX = 0;
    int bestY = 0;
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) {
            if (alphaAt(picture, x, y) > best) {
                best = alphaAt(picture, x, y);
                bestX = x;
                bestY = y;
            }
        }
    }
    QCOMPARE(bestX / 8, 7);
    QCOMPARE(bestY / 8, 3);
    QVERIFY(best > 240);
    QCOMPARE(alphaAt(picture, 4, 90), 0);
}

void TestHeatMap::opacityRisesWithTheValue() {
    std::vector<float> weights;
    for (int i = 0; i < 11; ++i) {
        weights.push_back(static_cast<float>(i) / 10.0F);
    }
    const RgbaPicture picture = heatMap(weights, 1, 11, 0.0F, 1.0F, ColourMap::Viridis, 1);
    for (int x = 1; x < 11; ++x) {
        QVERIFY(alphaAt(picture, x, 0) > alphaAt(picture, x - 1, 0));
    }
    QCOMPARE(alphaAt(picture, 0, 0), 0);
    QVERIFY2(alphaAt(picture, 2, 0) < 255 / 8, "low attention stays see-through");
    QCOMPARE(alphaAt(picture, 10, 0), 255);
}

void TestHeatMap::smoothBetweenPatches() {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> any(0.0F, 1.0F);
    std::vector<float> weights(36);
    std::generate(weights.begin(), weights.end(), [&] { return any(random); });
    const RgbaPicture picture = heatMap(weights, 6, 6, 0.0F, 1.0F, ColourMap::Grey, 32);
    int largestStep = 0;
    for (int y = 1; y < picture.height; ++y) {
        for (int x = 1; x < picture.width; ++x) {
            largestStep = std::max({largestStep, std::abs(alphaAt(picture, x, y) - alphaAt(picture, x - 1, y)),
                                    std::abs(alphaAt(picture, x, y) - alphaAt(picture, x, y - 1))});
        }
    }
    QVERIFY2(largestStep <= 24, qPrintable(QString("step of %1, seed %2").arg(largestStep).arg(seed)));
}

void TestHeatMap::noResponseIsTransparent() {
    const std::vector<float> zero(144, 0.0F);
    QVERIFY(isTransparent(heatMap(zero, 12, 12, 0.0F, 0.5F, ColourMap::Inferno, 4)));
    const std::vector<float> equal(144, 1.0F / 144.0F);
    QVERIFY(isTransparent(heatMap(equal, 12, 12, 0.0F, 0.006F, ColourMap::Inferno, 4)));
    std::vector<float> some(144, 0.0F);
    some[5] = 1.0F;
    QVERIFY(!isTransparent(heatMap(some, 12, 12, 0.0F, 1.0F, ColourMap::Inferno, 4)));
    // No range yet, or a range of nothing.
    QVERIFY(isTransparent(heatMap(some, 12, 12, 0.0F, 0.0F, ColourMap::Inferno, 4)));
    QVERIFY(isTransparent(heatMap(some, 12, 12, 0.5F, std::nanf(""), ColourMap::Inferno, 4)));
}

QTEST_GUILESS_MAIN(TestHeatMap)
#include "tst_heat_map.moc"
