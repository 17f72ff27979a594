#include "kernels/int8_linear.h"
#include "random_model.h"

#include <QtTest>

using namespace livegloss;
using namespace livegloss::kernels;

namespace {

constexpr SourceRange range{-0.4F, 1.0F};

/// A layer with its random weights and input, most of which lies within `range`.
struct Case {
    LinearSpec spec;
    int rows = 1;
    int stride = 0;
    std::vector<float> weights, bias, source, destination;

    Case(test::RandomModel& random, LinearSpec layer, int rowCount, int extraStride)
        : spec(layer),
          rows(rowCount),
          stride(layer.inputs + extraStride),
          weights(random.uniform(static_cast<std::size_t>(layer.inputs * layer.outputs))),
          bias(random.uniform(static_cast<std::size_t>(layer.outputs))),
          source(random.uniform(static_cast<std::size_t>(rowCount * stride))),
          destination(random.uniform(static_cast<std::size_t>(rowCount * layer.outputs))) {
        for (float& value : source) {
            value = value * 0.75F + 0.3F;
        }
    }

    std::vector<float> run(const Linear& layer) const {
        Workspace space;
        std::vector<float> result = destination;
        layer.run(source.data(), rows, stride, result.data(), space);
        return result;
    }
    std::vector<float> run(Backend backend, int levels) const {
        return run(*makeInt8Linear(spec, weights, bias, range, levels, backend));
    }
};

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
            const double unit = (static_cast<double>(range.high) - static_cast<double>(range.low)) / levels;
            const double zero = std::nearbyint(-static_cast<double>(range.low) / unit);
            for (int row = 0; row < layer.rows; ++row) {
                for (int output = 0; output < spec.outputs; ++output) {
                    double largest = 0.0;
                    const auto weight = [&](int input) {
                        return static_cast<double>(
                            layer.weights[static_cast<std::size_t>(input * spec.outputs + output)]);
                    };
                    for (int input = 0; input < spec.inputs; ++input) {
                        largest = std::max(largest, std::abs(weight(input)));
                    }
                    double sum = static_cast<double>(layer.bias[static_cast<std::size_t>(output)]);
                    for (int input = 0; input < spec.inputs; ++input) {
                        const auto value =
                            static_cast<double>(layer.source[static_cast<std::size_t>(row * layer.stride + input)]);
                        const double place = std::clamp(std::nearbyint(value / unit) + zero, 0.0, levels * 1.0) - zero;
                        sum += place * unit * std::nearbyint(weight(input) / largest * 127.0) * largest / 127.0;
                    }
                    const auto place = static_cast<std::size_t>(row * spec.outputs + output);
                    // A value in the middle between two steps may fall to either in float and in double.
                    QVERIFY(std::abs(sum - static_cast<double>(actual[place])) < 2.0 * unit);
                }
            }
        }
    }

    /// Random shapes with tails in every direction, every activation, with and without accumulation.
    void oneDnnEqualsThePortableLayer() {
        const InstructionSet set = usableInstructionSet();
        if (!int8Available(Backend::OneDnn, set)) {
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
            const int levels = int8Levels(set);
            const double error =
                test::relativeL2(layer.run(Backend::OneDnn, levels), layer.run(Backend::Portable, levels));
            QVERIFY2(error < 2e-6, qPrintable(QString("%1 rows, %2 -> %3, activation %4, accumulate %5: %6")
                                                  .arg(layer.rows)
                                                  .arg(spec.inputs)
                                                  .arg(spec.outputs)
                                                  .arg(static_cast<int>(spec.activation))
                                                  .arg(spec.accumulate)
                                                  .arg(error)));
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
        std::ranges::fill(layer.source, 5.0F); // cut off at the upper end of the range
        const std::vector<float> expected = layer.run(Backend::Portable, int8Levels(set));
        // Zero lies on a step, so that the upper end is at most half a step away from what was asked for.
        const double right = 512.0 * 0.9 + static_cast<double>(layer.bias[0]);
        QVERIFY(std::abs(static_cast<double>(expected[0]) - right) < right / int8Levels(set));
        if (int8Available(Backend::OneDnn, set)) {
            QVERIFY(test::relativeL2(layer.run(Backend::OneDnn, int8Levels(set)), expected) < 2e-6);
        }
    }

    /// Close to the f32 layer, and closer with more steps; zero gives the bias alone.
    void staysCloseToF32() {
        LinearSpec spec;
        spec.inputs = 256;
        spec.outputs = 64;
        Case layer(*random_, spec, 20, 0);
        for (float& value : layer.source) {
            value = std::clamp(value, range.low, range.high);
        }
        const std::vector<float> exact = layer.run(*makeLinear(spec, layer.weights, layer.bias, Backend::Portable));
        const double coarse = test::relativeL2(layer.run(Backend::Portable, 127), exact);
        const double fine = test::relativeL2(layer.run(Backend::Portable, 255), exact);
        qInfo("relative error %.2e with 127 steps, %.2e with 255", coarse, fine);
        QVERIFY(coarse < 2e-2 && fine < 1e-2 && fine < coarse);
        std::ranges::fill(layer.source, 0.0F);
        const std::vector<float> nothing = layer.run(Backend::Portable, 127);
        QVERIFY(std::equal(layer.bias.begin(), layer.bias.end(), nothing.begin()));
    }

    void refusesWhatDoesNotFit() {
        LinearSpec spec;
        spec.inputs = 4;
        spec.outputs = 3;
        const std::vector<float> weights(12, 1.0F);
        const std::vector<float> bias(3, 1.0F);
        QVERIFY(makeInt8Linear(spec, weights, bias, range, 127, Backend::Portable) != nullptr);
        const auto refused = [&](const LinearSpec& layer, std::size_t weightCount, SourceRange values, int levels) {
            try {
                makeInt8Linear(layer, {weights.data(), weightCount}, bias, values, levels, Backend::Portable);
                return false;
            } catch (const std::invalid_argument&) {
                return true;
            }
        };
        QVERIFY(refused(spec, 11, range, 127));
        QVERIFY(refused(spec, 12, {1.0F, -1.0F}, 127));
        QVERIFY(refused(spec, 12, {0.0F, INFINITY}, 127));
        QVERIFY(refused(spec, 12, range, 0));
        QVERIFY(refused(spec, 12, range, 256));
        LinearSpec narrow = spec;
        narrow.source = Element::Bf16;
        QVERIFY(refused(narrow, 12, range, 127));
        QVERIFY_EXCEPTION_THROWN(makeInt8Linear(spec, weights, bias, range, 127, Backend::Avx2), std::invalid_argument);
    }

private:
    std::unique_ptr<test::RandomModel> random_;
};

QTEST_GUILESS_MAIN(TestInt8Linear)
#include "tst_int8_linear.moc"
