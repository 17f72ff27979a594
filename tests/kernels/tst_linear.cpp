#include "kernels/linear.h"
#include "random_model.h"

#include <QDir>
#include <QtTest>
#include <thread>

using namespace livegloss;
using namespace livegloss::kernels;

Q_DECLARE_METATYPE(livegloss::kernels::Backend)

namespace {

std::vector<Bfloat16> narrowed(const std::vector<float>& values) {
    std::vector<Bfloat16> result(values.size());
    std::ranges::transform(values, result.begin(), toBfloat16);
    return result;
}
std::vector<float> widened(const std::vector<Bfloat16>& values) {
    std::vector<float> result(values.size());
    std::ranges::transform(values, result.begin(), [](Bfloat16 value) { return toFloat(value); });
    return result;
}

/// A layer with its random weights and input.
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
          destination(random.uniform(static_cast<std::size_t>(rowCount * layer.outputs))) {}

    std::vector<float> run(Backend backend, bool withBias = true) const {
        const auto layer =
            makeLinear(spec, weights, withBias ? std::span<const float>(bias) : std::span<const float>(), backend);
        Workspace space;
        const std::vector<Bfloat16> narrow = narrowed(source);
        const void* const from = spec.source == Element::Bf16 ? static_cast<const void*>(narrow.data()) : source.data();
        if (spec.destination == Element::Bf16) {
            std::vector<Bfloat16> result = narrowed(destination);
            layer->run(from, rows, stride, result.data(), space);
            return widened(result);
        }
        std::vector<float> result = destination;
        layer->run(from, rows, stride, result.data(), space);
        return result;
    }
};

} // namespace

class TestLinear : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }

    /// The plain layer against sums in double precision: what everything else is compared with.
    void portableIsRight() {
        LinearSpec spec;
        spec.inputs = 37;
        spec.outputs = 21;
        const Case layer(*random_, spec, 5, 3);
        const std::vector<float> actual = layer.run(Backend::Portable);
        for (int row = 0; row < layer.rows; ++row) {
            for (int output = 0; output < spec.outputs; ++output) {
                double sum = static_cast<double>(layer.bias[static_cast<std::size_t>(output)]);
                for (int input = 0; input < spec.inputs; ++input) {
                    sum += static_cast<double>(layer.source[static_cast<std::size_t>(row * layer.stride + input)]) *
                           static_cast<double>(layer.weights[static_cast<std::size_t>(input * spec.outputs + output)]);
                }
                const auto place = static_cast<std::size_t>(row * spec.outputs + output);
                QVERIFY(std::abs(sum - static_cast<double>(actual[place])) < 1e-5);
            }
        }
    }

    void equalsThePortableLayer_data() {
        QTest::addColumn<Backend>("backend");
        QTest::addColumn<bool>("bf16");
        for (const Backend backend : {Backend::Avx2, Backend::OneDnn, Backend::Amx}) {
            for (const bool bf16 : {false, true}) {
                QTest::addRow("%s %s", backendName(backend).data(), bf16 ? "bf16" : "f32") << backend << bf16;
            }
        }
    }
    /// Random shapes with tails in every direction, every activation, with and without accumulation.
    void equalsThePortableLayer() {
        QFETCH(Backend, backend);
        QFETCH(bool, bf16);
        const Element element = bf16 ? Element::Bf16 : Element::F32;
        if (!backendAvailable(backend, element, usableInstructionSet())) {
            QSKIP("this build or processor has no such layer");
        }
        constexpr int rounds = 60;
        for (int round = 0; round < rounds; ++round) {
            LinearSpec spec;
            spec.inputs = 1 + random_->below(round % 6 == 0 ? 1700 : 90);
            spec.outputs = 1 + random_->below(round % 5 == 0 ? 600 : 70);
            spec.activation = static_cast<Activation>(round % 4);
            spec.accumulate = spec.activation == Activation::None && random_->below(2) == 1;
            spec.source = element;
            spec.destination = !spec.accumulate && random_->below(2) == 1 ? element : Element::F32;
            spec.expectedRows = 1 + random_->below(40);
            Case layer(*random_, spec, 1 + random_->below(80), random_->below(3) * 5);
            if (backend == Backend::Amx) {
                layer.weights = widened(narrowed(layer.weights));
            }
            const bool withBias = random_->below(3) > 0;
            const double error = test::relativeL2(layer.run(backend, withBias), layer.run(Backend::Portable, withBias));
            // A sum next to the middle between two Bf16 values may round either way: one step is 2^-8.
            const bool rough = backend == Backend::Amx && spec.activation == Activation::Silu;
            const double allowed = spec.destination == Element::F32 ? 2e-6 : rough ? 6e-3 : 1e-3;
            QVERIFY2(error < allowed, qPrintable(QString("%1 rows, %2 -> %3, activation %4, accumulate %5: %6")
                                                     .arg(layer.rows)
                                                     .arg(spec.inputs)
                                                     .arg(spec.outputs)
                                                     .arg(static_cast<int>(spec.activation))
                                                     .arg(spec.accumulate)
                                                     .arg(error)));
        }
    }

    /// Through the own way into the tiles, which sums in parts where it may, and without.
    void deepLayersOfTiles() {
        if (!backendAvailable(Backend::Amx, Element::Bf16, usableInstructionSet())) {
            QSKIP("this processor has no AMX");
        }
        for (const bool accumulate : {false, true}) {
            for (const int inputs : {767, 768, 1537, 3072}) {
                LinearSpec spec;
                spec.inputs = inputs;
                spec.outputs = 300;
                spec.accumulate = accumulate;
                spec.source = Element::Bf16;
                const Case layer(*random_, spec, 49, 0);
                QVERIFY(test::relativeL2(layer.run(Backend::Amx), layer.run(Backend::Portable)) < 2e-6);
            }
        }
    }

    /// What a stream's windows and batches of different sizes rely on.
    void aRowDoesNotDependOnItsNeighbours_data() {
        QTest::addColumn<Backend>("backend");
        QTest::addColumn<bool>("bf16");
        QTest::addColumn<int>("inputs");
        QTest::addColumn<bool>("accumulate");
        QTest::newRow("avx2") << Backend::Avx2 << false << 300 << false;
        QTest::newRow("amx, all rows copied") << Backend::Amx << true << 300 << false;
        QTest::newRow("amx, last rows copied") << Backend::Amx << true << 320 << false;
        QTest::newRow("amx, in parts") << Backend::Amx << true << 1600 << true;
        QTest::newRow("amx, few rows") << Backend::Amx << false << 300 << false;
    }
    void aRowDoesNotDependOnItsNeighbours() {
        QFETCH(Backend, backend);
        QFETCH(bool, bf16);
        QFETCH(int, inputs);
        QFETCH(bool, accumulate);
        if (!backendAvailable(backend, bf16 ? Element::Bf16 : Element::F32, usableInstructionSet())) {
            QSKIP("this build or processor has no such layer");
        }
        LinearSpec spec;
        spec.source = bf16 ? Element::Bf16 : Element::F32;
        spec.inputs = inputs;
        spec.outputs = 600;
        spec.accumulate = accumulate;
        spec.activation = accumulate ? Activation::None : Activation::Silu;
        Case layer(*random_, spec, 43, 0);
        const std::vector<float> together = layer.run(backend);
        for (const int first : {0, 7, 42}) {
            Case alone = layer;
            alone.rows = 1;
            alone.source.erase(alone.source.begin(), alone.source.begin() + first * spec.inputs);
            alone.destination.erase(alone.destination.begin(), alone.destination.begin() + first * spec.outputs);
            const std::vector<float> one = alone.run(backend);
            QVERIFY(std::equal(one.begin(), one.begin() + spec.outputs, together.begin() + first * spec.outputs));
        }
    }

    /// Workers run side by side already: a layer that started threads of its own would only crowd them out.
    void staysOnTheCallingThread() {
        LinearSpec spec;
        spec.inputs = 256;
        spec.outputs = 512;
        spec.expectedRows = 200;
        const Case layer(*random_, spec, 200, 0);
        const auto threads = [] { return QDir("/proc/self/task").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(); };
        if (threads() == 0) {
            QSKIP("this system does not list its threads");
        }
        for (const Backend backend : {Backend::Avx2, Backend::OneDnn, Backend::Amx}) {
            if (backendAvailable(backend, Element::F32, usableInstructionSet())) {
                qsizetype started = -1;
                std::thread([&] {
                    const qsizetype before = threads();
                    layer.run(backend);
                    started = threads() - before;
                }).join();
                QCOMPARE(started, 0);
            }
        }
    }

    void refusesWhatDoesNotFit() {
        LinearSpec spec;
        spec.inputs = 4;
        spec.outputs = 3;
        const std::vector<float> weights(12, 1.0F);
        const std::vector<float> bias(3, 1.0F);
        for (const Backend backend : {Backend::Portable, Backend::Avx2, Backend::OneDnn, Backend::Amx}) {
            if (!backendAvailable(backend, Element::F32, usableInstructionSet())) {
                continue;
            }
            QVERIFY(makeLinear(spec, weights, bias, backend) != nullptr);
            QVERIFY_EXCEPTION_THROWN(makeLinear(spec, {weights.data(), 11}, bias, backend), std::invalid_argument);
            QVERIFY_EXCEPTION_THROWN(makeLinear(spec, weights, {bias.data(), 2}, backend), std::invalid_argument);
            LinearSpec wrong = spec;
            wrong.accumulate = true;
            wrong.activation = Activation::Silu;
            QVERIFY_EXCEPTION_THROWN(makeLinear(wrong, weights, bias, backend), std::invalid_argument);
        }
    }

    /// A person's and a test's switch for lesser processors.
    void theEnvironmentLimitsTheProcessor() {
        const QByteArray given = qgetenv("LIVEGLOSS_MAX_ISA");
        const auto restored = qScopeGuard(
            [&] { given.isEmpty() ? qunsetenv("LIVEGLOSS_MAX_ISA") : qputenv("LIVEGLOSS_MAX_ISA", given); });
        qunsetenv("LIVEGLOSS_MAX_ISA");
        const InstructionSet most = usableInstructionSet();
        qputenv("LIVEGLOSS_MAX_ISA", "portable");
        QCOMPARE(usableInstructionSet(), InstructionSet::Portable);
        QCOMPARE(bestBackend(Element::F32, usableInstructionSet()), Backend::Portable);
        QVERIFY(!backendAvailable(Backend::Avx2, Element::F32, usableInstructionSet()));
        QVERIFY(!backendAvailable(Backend::OneDnn, Element::F32, usableInstructionSet()));
        qputenv("LIVEGLOSS_MAX_ISA", "amx");
        QCOMPARE(usableInstructionSet(), most);
    }

    void roundingToBfloat16() {
        QCOMPARE(toFloat(toBfloat16(1.0F)), 1.0F);
        QCOMPARE(toBfloat16(1.0F + 0x1p-8F), toBfloat16(1.0F));                // half: to even
        QCOMPARE(toFloat(toBfloat16(1.0F + 3 * 0x1p-8F)), 1.0F + 4 * 0x1p-8F); // half: to even
        QCOMPARE(toFloat(toBfloat16(-1.0F - 0x1.8p-7F)), -1.0F - 0x1p-6F);
        QVERIFY(std::isinf(toFloat(toBfloat16(INFINITY))));
    }

private:
    std::unique_ptr<test::RandomModel> random_;
};

QTEST_GUILESS_MAIN(TestLinear)
#include "tst_linear.moc"
