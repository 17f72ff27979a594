#include "guarded_memory.h"
#include "kernels/int8_linear.h"
#include "kernels/linear.h"
#include "kernels/row_kernels.h"
#include "random_model.h"

#include <QtTest>
#include <array>

using namespace livegloss;
using namespace livegloss::kernels;

namespace {

std::size_t size(int a, int b = 1) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

std::vector<Bfloat16> narrowed(const std::vector<float>& values) {
    std::vector<Bfloat16> result(values.size());
    std::ranges::transform(values, result.begin(), toBfloat16);
    return result;
}

/// Runs `layer` on memory that ends where its last row does.
template <class Source, class Destination>
void runGuarded(const Linear& layer, int rows, const std::vector<Source>& source,
                const std::vector<Destination>& destination) {
    test::GuardedMemory<Source> from(source);
    test::GuardedMemory<Destination> to(destination);
    Workspace space;
    layer.run(from.data(), rows, 0, to.data(), space);
}

} // namespace

/// Kernels read and write nothing past the ends of what they are given; one that does ends this process.
class TestBounds : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }

    void linear_data() {
        QTest::addColumn<int>("backend");
        QTest::addColumn<bool>("bf16");
        QTest::newRow("avx2") << static_cast<int>(Backend::Avx2) << false;
        QTest::newRow("avx2, bf16") << static_cast<int>(Backend::Avx2) << true;
        QTest::newRow("amx, bf16") << static_cast<int>(Backend::Amx) << true;
        QTest::newRow("amx, narrow weights") << static_cast<int>(Backend::Amx) << false;
    }
    void linear() {
        QFETCH(int, backend);
        QFETCH(bool, bf16);
        const Element element = bf16 ? Element::Bf16 : Element::F32;
        if (!backendAvailable(static_cast<Backend>(backend), element, usableInstructionSet())) {
            QSKIP("this build or processor has no such layer");
        }
        for (int round = 0; round < 200; ++round) {
            const int rows = sizeNear(round);
            LinearSpec spec;
            spec.inputs = sizeNear(round + 1);
            spec.outputs = sizeNear(round + 2);
            spec.source = spec.destination = element;
            const auto layer =
                makeLinear(spec, random_->uniform(size(spec.inputs, spec.outputs)), {}, static_cast<Backend>(backend));
            const std::vector<float> source = random_->uniform(size(rows, spec.inputs));
            const std::vector<float> destination(size(rows, spec.outputs));
            if (bf16) {
                runGuarded(*layer, rows, narrowed(source), narrowed(destination));
            } else {
                runGuarded(*layer, rows, source, destination);
            }
        }
    }

    void int8() {
        for (const Backend backend : {Backend::Avx2, Backend::Avx512, Backend::OneDnn, Backend::Amx}) {
            if (!int8Available(backend, usableInstructionSet())) {
                continue;
            }
            for (int round = 0; round < 100; ++round) {
                const int rows = sizeNear(round);
                LinearSpec spec;
                spec.inputs = sizeNear(round + 1);
                spec.outputs = sizeNear(round + 2);
                spec.activation = static_cast<Activation>(round % 4);
                spec.accumulate = spec.activation == Activation::None && round % 8 == 0;
                const auto layer = makeInt8Linear(spec, random_->uniform(size(spec.inputs, spec.outputs)),
                                                  random_->uniform(size(spec.outputs)), {},
                                                  int8Levels(usableInstructionSet()), backend);
                runGuarded(*layer, rows, random_->uniform(size(rows, spec.inputs)),
                           std::vector<float>(size(rows, spec.outputs)));
            }
        }
    }

    void attention_data() {
        QTest::addColumn<InstructionSet>("set");
        QTest::addColumn<bool>("bf16");
        for (const InstructionSet set : ownSets()) {
            for (const bool bf16 : {false, true}) {
                QTest::addRow("%s, %s", instructionSetName(set).data(), bf16 ? "bf16" : "f32") << set << bf16;
            }
        }
    }
    void attention() {
        QFETCH(InstructionSet, set);
        QFETCH(bool, bf16);
        for (int round = 0; round < 60; ++round) {
            AttentionCall call;
            call.element = bf16 ? Element::Bf16 : Element::F32;
            call.tokens = sizeNear(round);
            call.heads = 1 + random_->below(3);
            call.prefix = random_->below(12);
            const int width = call.heads * headWidth;
            const std::vector<float> rows = random_->uniform(size(call.tokens, 3 * width));
            const std::vector<float> mixed(size(call.tokens, width));
            test::GuardedMemory<float> keys(random_->uniform(size(width, call.prefix)));
            test::GuardedMemory<float> values(random_->uniform(size(width, call.prefix)));
            test::GuardedMemory<float> shares(std::vector<float>(size(call.tokens + call.prefix)));
            test::GuardedMemory<float> weights(
                std::vector<float>(size(call.heads * call.tokens, call.tokens + call.prefix)));
            test::GuardedMemory<float> from(rows);
            test::GuardedMemory<float> to(mixed);
            test::GuardedMemory<Bfloat16> narrowFrom(narrowed(rows));
            test::GuardedMemory<Bfloat16> narrowTo(narrowed(mixed));
            call.queryKeyValue = bf16 ? static_cast<void*>(narrowFrom.data()) : from.data();
            call.mixed = bf16 ? static_cast<void*>(narrowTo.data()) : to.data();
            call.prefixKeys = keys.data();
            call.prefixValues = values.data();
            call.classShares = shares.data();
            call.weights = weights.data();
            Workspace space;
            rowKernels(set).attention(call, space);
        }
    }

    void rows_data() { setsAsData(); }
    void rows() {
        QFETCH(InstructionSet, set);
        const RowKernels& kernels = rowKernels(set);
        for (int round = 0; round < 60; ++round) {
            const int count = 1 + random_->below(4);
            const int width = sizeNear(round);
            const std::vector<float> values = random_->uniform(size(count, width));
            test::GuardedMemory<float> from(values);
            test::GuardedMemory<float> to(values);
            test::GuardedMemory<Bfloat16> narrowNorm(narrowed(values));
            test::GuardedMemory<Bfloat16> narrowRows(narrowed(values));
            kernels.layerNorm(from.data(), count, width, to.data());
            kernels.layerNormNarrow(from.data(), count, width, to.data(), narrowNorm.data(), narrowRows.data());
            kernels.toBfloat16(from.data(), values.size(), narrowRows.data());
            QCOMPARE(narrowRows.values(), narrowed(values));
        }
    }

    void gather_data() { setsAsData(); }
    void gather() {
        QFETCH(InstructionSet, set);
        for (int round = 0; round < 30; ++round) {
            GatherCall call;
            call.tokens = sizeNear(round);
            call.heads = 1 + random_->below(20);
            call.width = headWidth * (1 + random_->below(3));
            call.headStride = size(call.width);
            test::GuardedMemory<float> rows(random_->uniform(size(call.tokens, call.width)));
            test::GuardedMemory<float> direction(random_->uniform(size(call.heads, call.width)));
            test::GuardedMemory<float> average(std::vector<float>(size(call.heads, call.width)));
            test::GuardedMemory<float> shares(std::vector<float>(size(call.heads, call.tokens)));
            call.rows = rows.data();
            call.direction = direction.data();
            call.average = average.data();
            call.shares = shares.data();
            Workspace space;
            rowKernels(set).gather(call, space);
        }
    }

private:
    /// Those that this processor has row kernels of its own for.
    static std::vector<InstructionSet> ownSets() {
        std::vector<InstructionSet> sets{InstructionSet::Avx2, InstructionSet::Avx512, InstructionSet::Amx};
        std::erase_if(sets, [](InstructionSet set) { return set > usableInstructionSet(); });
        return sets.empty() ? std::vector{InstructionSet::Portable} : sets;
    }
    static void setsAsData() {
        QTest::addColumn<InstructionSet>("set");
        for (const InstructionSet set : ownSets()) {
            QTest::newRow(instructionSetName(set).data()) << set;
        }
    }

    /// Often a multiple of a vector, a tile or a block, or one beside it.
    int sizeNear(int round) {
        constexpr std::array<int, 7> around{8, 16, 32, 48, 64, 96, 128};
        const int base = around[static_cast<std::size_t>(random_->below(7))];
        return round % 3 == 0 ? base : std::max(1, base - 2 + random_->below(5));
    }

    std::unique_ptr<test::RandomModel> random_;
};

QTEST_GUILESS_MAIN(TestBounds)
#include "tst_bounds.moc"
