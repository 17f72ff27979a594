#include "kernels/int8_linear.h"
#include "random_model.h"

#include <QtTest>
#include <numeric>

using namespace livegloss;
using namespace livegloss::kernels;

namespace {

/// A layer with its random weights, channel scales and input. Channels differ in size by up to 4 octaves.
struct Case {
    LinearSpec spec;
    int rows = 1;
    int stride = 0;
    std::vector<float> weights, bias, scales, source, destination;

    Case(test::RandomModel& random, LinearSpec layer, int rowCount, int extraStride)
        : spec(layer),
          rows(rowCount),
          stride(layer.inputs + extraStride),
          weights(random.uniform(static_cast<std::size_t>(layer.inputs * layer.outputs))),
          bias(random.uniform(static_cast<std::size_t>(layer.outputs))),
          source(random.uniform(static_cast<std::size_t>(rowCount * stride))),
          destination(random.uniform(static_cast<std::size_t>(rowCount * layer.outputs))) {
        for (int input = 0; input < layer.inputs; ++input) {
            scales.push_back(static_cast<float>(std::exp2(0.25 * (random.below(17) - 8))));
        }
        for (int row = 0; row < rowCount; ++row) {
            for (int input = 0; input < layer.inputs; ++input) {
                float& value = source[static_cast<std::size_t>(row * stride + input)];
                value = (value * 0.75F + 0.3F) * scales[static_cast<std::size_t>(input)];
            }
        }
    }

    std::vector<float> run(const Linear& layer) const {
        Workspace space;
        std::vector<float> result = destination;
        layer.run(source.data(), rows, stride, result.data(), space);
        return result;
    }
    std::vector<float> run(Backend backend, int levels) const {
        return run(*makeInt8Linear(spec, weights, bias, scales, levels, backend));
    }
};

/// What the source's row stands for after rounding, scaled.
std::vector<double> roundedRow(const Case& layer, int row, int levels) {
    std::vector<double> values;
    for (int input = 0; input < layer.spec.inputs; ++input) {
        values.push_back(static_cast<double>(layer.source[static_cast<std::size_t>(row * layer.stride + input)]) /
                         static_cast<double>(layer.scales[static_cast<std::size_t>(input)]));
    }
    const double low = std::min(0.0, std::ranges::min(values));
    const double high = std::max(0.0, std::ranges::max(values));
    const double step = (high - low) / levels;
    const double zero = std::nearbyint(-low / step);
    for (double& value : values) {
        value = (std::clamp(std::nearbyint(value / step) + zero, 0.0, levels * 1.0) - zero) * step;
    }
    return values;
}

/// One output's weights after rounding, scaled.
std::vector<double> roundedWeights(const Case& layer, int output) {
    std::vector<double> weights;
    for (int input = 0; input < layer.spec.inputs; ++input) {
        weights.push_back(
            static_cast<double>(layer.weights[static_cast<std::size_t>(input * layer.spec.outputs + output)]) *
            static_cast<double>(layer.scales[static_cast<std::size_t>(input)]));
    }
    const double largest =
        std::abs(*std::ranges::max_element(weights, {}, [](double value) { return std::abs(value); }));
    for (double& weight : weights) {
        weight = std::nearbyint(weight / largest * 127.0) * largest / 127.0;
    }
    return weights;
}

} // namespace

class TestInt8Linear : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }

    /// The plain layer against its definition in double precision.
    void portableIsRight() {
        LinearSpec spec;
        spec.inputs = 37;
        spec.outputs = 21;
        for (const int levels : {127, 255}) {
            const Case layer(*random_, spec, 5, 3);
            const std::vector<float> actual = layer.run(Backend::Portable, levels);
            for (int row = 0; row < layer.rows; ++row) {
                const std::vector<double> numbers = roundedRow(layer, row, levels);
                for (int output = 0; output < spec.outputs; ++output) {
                    const std::vector<double> weights = roundedWeights(layer, output);
                    const double sum =
                        std::inner_product(numbers.begin(), numbers.end(), weights.begin(),
                                           static_cast<double>(layer.bias[static_cast<std::size_t>(output)]));
                    const auto place = static_cast<std::size_t>(row * spec.outputs + output);
                    // A value in the middle between two steps may fall to either in float and in double.
                    QVERIFY(std::abs(sum - static_cast<double>(actual[place])) < 4.0 / levels);
                }
            }
        }
    }

    /// Random shapes with tails in every direction, every activation, with and without accumulation.
    void theOthersEqualThePortableLayer_data() {
        QTest::addColumn<int>("backend");
        QTest::addColumn<int>("levels");
        const int own = int8Levels(usableInstructionSet());
        QTest::newRow("onednn") << static_cast<int>(Backend::OneDnn) << own;
        QTest::newRow("avx512") << static_cast<int>(Backend::Avx512) << own;
        QTest::newRow("amx") << static_cast<int>(Backend::Amx) << own;
        QTest::newRow("avx2, 255 levels") << static_cast<int>(Backend::Avx2) << 255;
        QTest::newRow("avx2, 127 levels") << static_cast<int>(Backend::Avx2) << 127;
    }
    void theOthersEqualThePortableLayer() {
        QFETCH(int, backend);
        QFETCH(int, levels);
        const auto other = static_cast<Backend>(backend);
        if (!int8Available(other, usableInstructionSet())) {
            QSKIP("this build or processor has no such layer");
        }
        constexpr int rounds = 60;
        for (int round = 0; round < rounds; ++round) {
            LinearSpec spec;
            spec.inputs = 1 + random_->below(round % 3 == 0 ? 700 : 90);
            spec.outputs = 1 + random_->below(round % 5 == 0 ? 900 : 70);
            spec.activation = static_cast<Activation>(round % 4);
            spec.accumulate = spec.activation == Activation::None && random_->below(2) == 1;
            spec.expectedRows = 1 + random_->below(40);
            const Case layer(*random_, spec, 1 + random_->below(40), random_->below(3) * 5);
            const double error = test::relativeL2(layer.run(other, levels), layer.run(Backend::Portable, levels));
            QVERIFY2(error < 2e-6, qPrintable(QString("%1 rows, %2 -> %3, activation %4, accumulate %5: %6")
                                                  .arg(layer.rows)
                                                  .arg(spec.inputs)
                                                  .arg(spec.outputs)
                                                  .arg(static_cast<int>(spec.activation))
                                                  .arg(spec.accumulate)
                                                  .arg(error)));
        }
    }

    /// Layers of tiles hand Bf16 to one another.
    void tilesReadAndWriteBfloat16() {
        if (!int8Available(Backend::Amx, usableInstructionSet())) {
            QSKIP("this processor has no AMX");
        }
        const auto rounded = [](float value) { return toFloat(toBfloat16(value)); };
        for (const bool accumulate : {false, true}) {
            LinearSpec spec;
            spec.inputs = 130 + random_->below(300);
            spec.outputs = 20 + random_->below(60);
            spec.accumulate = accumulate;
            Case layer(*random_, spec, 1 + random_->below(70), 3);
            std::ranges::transform(layer.source, layer.source.begin(), rounded);
            const std::vector<float> expected = layer.run(Backend::Portable, 255);
            LinearSpec narrow = spec;
            narrow.source = Element::Bf16;
            narrow.destination = accumulate ? Element::F32 : Element::Bf16;
            const auto own = makeInt8Linear(narrow, layer.weights, layer.bias, layer.scales, 255, Backend::Amx);
            std::vector<Bfloat16> source(layer.source.size());
            std::ranges::transform(layer.source, source.begin(), toBfloat16);
            Workspace space;
            std::vector<float> actual = layer.destination;
            if (accumulate) {
                own->run(source.data(), layer.rows, layer.stride, actual.data(), space);
            } else {
                std::vector<Bfloat16> result(actual.size());
                own->run(source.data(), layer.rows, layer.stride, result.data(), space);
                std::ranges::transform(result, actual.begin(), [](Bfloat16 value) { return toFloat(value); });
            }
            QVERIFY(test::relativeL2(actual, expected) < (accumulate ? 2e-6 : 3e-3));
        }
    }

    /// The worst that a processor has to add: every product as large as it gets.
    void theLargestProductsStayExact() {
        const InstructionSet set = usableInstructionSet();
        LinearSpec spec;
        spec.inputs = 512;
        spec.outputs = 40;
        Case layer(*random_, spec, 9, 0);
        std::ranges::fill(layer.weights, 0.9F);
        std::ranges::fill(layer.source, 5.0F);
        std::ranges::fill(layer.scales, 1.0F);
        const double right = 512.0 * 0.9 * 5.0 + static_cast<double>(layer.bias[0]);
        for (const int levels : {127, 255}) {
            const std::vector<float> expected = layer.run(Backend::Portable, levels);
            QVERIFY(std::abs(static_cast<double>(expected[0]) - right) < 1e-5 * right);
            if (int8Available(Backend::OneDnn, set) && levels <= int8Levels(set)) {
                QVERIFY(test::relativeL2(layer.run(Backend::OneDnn, levels), expected) < 2e-6);
            }
            for (const Backend backend : {Backend::Avx2, Backend::Avx512, Backend::Amx}) {
                if (int8Available(backend, set)) {
                    QVERIFY(test::relativeL2(layer.run(backend, levels), expected) < 2e-6);
                }
            }
        }
    }

    /// Close to the f32 layer, closer with more steps and with scales for channels of different size; zero gives the
    /// bias alone.
    void staysCloseToF32() {
        LinearSpec spec;
        spec.inputs = 256;
        spec.outputs = 64;
        Case layer(*random_, spec, 20, 0);
        const std::vector<float> exact = layer.run(*makeLinear(spec, layer.weights, layer.bias, Backend::Portable));
        const double coarse = test::relativeL2(layer.run(Backend::Portable, 127), exact);
        const double fine = test::relativeL2(layer.run(Backend::Portable, 255), exact);
        const double unscaled = test::relativeL2(
            layer.run(*makeInt8Linear(spec, layer.weights, layer.bias, {}, 127, Backend::Portable)), exact);
        qInfo("relative error %.2e with 127 steps, %.2e with 255, %.2e without scales", coarse, fine, unscaled);
        QVERIFY(coarse < 2e-2 && fine < 1.5e-2 && fine < coarse && coarse < unscaled);
        std::ranges::fill(layer.source, 0.0F);
        for (const Backend backend : available()) {
            const std::vector<float> nothing = layer.run(backend, 127);
            QVERIFY(std::equal(layer.bias.begin(), layer.bias.end(), nothing.begin()));
        }
    }

    /// A large row leaves the steps of the others alone, and what is no number shows.
    void rowsAreAlone() {
        LinearSpec spec;
        spec.inputs = 64;
        spec.outputs = 24;
        constexpr int rows = 19; // tiles of every height
        for (const Backend backend : available()) {
            Case layer(*random_, spec, rows, 0);
            const std::vector<float> before = layer.run(backend, 127);
            for (std::size_t i = 0; i < 64; ++i) {
                layer.source[i] *= 1e6F;
                layer.source[128 + i] = INFINITY;
            }
            const std::vector<float> after = layer.run(backend, 127);
            QVERIFY(std::equal(before.begin() + 24, before.begin() + 48, after.begin() + 24));
            QVERIFY(std::equal(before.begin() + 72, before.end(), after.begin() + 72));
            QVERIFY(after[0] != before[0]);
            QVERIFY(!std::isfinite(after[48]));
            for (const std::size_t place : {std::size_t{0}, std::size_t{5}, std::size_t{63}}) {
                Case odd(*random_, spec, 2, 0);
                odd.source[64 + place] = NAN;
                const std::vector<float> result = odd.run(backend, 127);
                QVERIFY(
                    std::all_of(result.begin(), result.begin() + 24, [](float value) { return std::isfinite(value); }));
                QVERIFY(std::all_of(result.begin() + 24, result.end(), [](float value) { return std::isnan(value); }));
            }
        }
    }

    void refusesWhatDoesNotFit() {
        LinearSpec spec;
        spec.inputs = 4;
        spec.outputs = 3;
        const std::vector<float> weights(12, 1.0F);
        const std::vector<float> bias(3, 1.0F);
        const std::vector<float> ones(4, 1.0F);
        const auto refused = [&](const LinearSpec& layer, std::size_t weightCount, std::vector<float> scales,
                                 int levels) {
            try {
                makeInt8Linear(layer, {weights.data(), weightCount}, bias, scales, levels, Backend::Portable);
                return false;
            } catch (const std::invalid_argument&) {
                return true;
            }
        };
        QVERIFY(!refused(spec, 12, ones, 127));
        QVERIFY(!refused(spec, 12, {}, 255));
        QVERIFY(refused(spec, 11, ones, 127));
        QVERIFY(refused(spec, 12, {1.0F, 1.0F}, 127));
        QVERIFY(refused(spec, 12, {1.0F, 1.0F, 0.0F, 1.0F}, 127));
        QVERIFY(refused(spec, 12, {1.0F, INFINITY, 1.0F, 1.0F}, 127));
        QVERIFY(refused(spec, 12, {1.0F, -1.0F, 1.0F, 1.0F}, 127));
        QVERIFY(refused(spec, 12, ones, 0));
        QVERIFY(refused(spec, 12, ones, 256));
        LinearSpec narrow = spec;
        narrow.source = Element::Bf16;
        QVERIFY(refused(narrow, 12, ones, 127));
    }

private:
    static std::vector<Backend> available() {
        std::vector<Backend> backends{Backend::Portable, Backend::Avx2, Backend::Avx512, Backend::OneDnn, Backend::Amx};
        std::erase_if(backends, [](Backend backend) { return !int8Available(backend, usableInstructionSet()); });
        return backends;
    }

    std::unique_ptr<test::RandomModel> random_;
};

QTEST_GUILESS_MAIN(TestInt8Linear)
#include "tst_int8_linear.moc"
