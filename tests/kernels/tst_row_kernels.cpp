#include "kernels/row_kernels.h"
#include "random_model.h"

#include <QtTest>
#include <cmath>
#include <numeric>

using namespace livegloss;
using namespace livegloss::kernels;

namespace {

std::size_t size(int a, int b = 1, int c = 1) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
}

struct AttentionResult {
    std::vector<float> mixed, classShares, weights;
};

AttentionResult attend(const RowKernels& kernels, AttentionCall call, const std::vector<float>& rows) {
    AttentionResult result;
    const int width = call.heads * headWidth;
    const std::size_t keys = size(call.tokens + call.prefix);
    result.mixed.resize(size(call.tokens, width));
    result.classShares.assign(keys, 0.0F);
    result.weights.resize(size(call.heads, call.tokens) * keys);
    std::vector<Bfloat16> narrowRows(rows.size());
    std::vector<Bfloat16> narrowMixed(result.mixed.size());
    std::ranges::transform(rows, narrowRows.begin(), toBfloat16);
    const bool bf16 = call.element == Element::Bf16;
    call.queryKeyValue = bf16 ? static_cast<const void*>(narrowRows.data()) : rows.data();
    call.mixed = bf16 ? static_cast<void*>(narrowMixed.data()) : result.mixed.data();
    call.classShares = result.classShares.data();
    call.weights = result.weights.data();
    Workspace space;
    kernels.attention(call, space);
    if (bf16) {
        std::ranges::transform(narrowMixed, result.mixed.begin(), [](Bfloat16 value) { return toFloat(value); });
    }
    return result;
}

} // namespace

/// The kernels of this processor against plain C++, and plain C++ against what defines it.
class TestRowKernels : public QObject {
    Q_OBJECT

public:
    explicit TestRowKernels(InstructionSet set) : set_(set) {}

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }
    void init() {
        if (set_ < InstructionSet::Avx2) {
            QSKIP("this processor has no kernels of its own here");
        }
    }

    void layerNorm() {
        for (int round = 0; round < 30; ++round) {
            const int rows = 1 + random_->below(9);
            const int width = 1 + random_->below(200);
            std::vector<float> values = random_->uniform(size(rows, width));
            for (float& value : values) {
                value = 3.0F * value + 5.0F; // far from zero: a variance from sums of squares would show
            }
            std::vector<float> expected(values.size());
            std::vector<float> actual(values.size());
            portable_.layerNorm(values.data(), rows, width, expected.data());
            own().layerNorm(values.data(), rows, width, actual.data());
            QVERIFY(test::relativeError(actual, expected) < (width > 4 ? 1e-5 : 1e-3));
            if (width > 8) {
                const double mean = std::accumulate(expected.begin(), expected.begin() + width, 0.0) / width;
                const double square =
                    std::inner_product(expected.begin(), expected.begin() + width, expected.begin(), 0.0);
                QVERIFY(std::abs(mean) < 1e-5);
                QVERIFY(std::abs(square / width - 1.0) < 1e-3);
            }
        }
    }

    void roundsToBfloat16() {
        const std::vector<float> values = random_->uniform(1003);
        std::vector<Bfloat16> expected(values.size());
        std::vector<Bfloat16> actual(values.size());
        portable_.toBfloat16(values.data(), values.size(), expected.data());
        own().toBfloat16(values.data(), values.size(), actual.data());
        QCOMPARE(actual, expected);
    }

    void normAndNarrowCopiesTogether() {
        for (const int width : {1, 15, 16, 37, 768}) {
            constexpr int rows = 5;
            const std::vector<float> values = random_->uniform(size(rows, width));
            std::vector<float> expected(values.size());
            std::vector<float> actual(values.size());
            std::vector<Bfloat16> narrowNorm(values.size());
            std::vector<Bfloat16> narrowRows(values.size());
            own().layerNorm(values.data(), rows, width, expected.data());
            own().layerNormNarrow(values.data(), rows, width, actual.data(), narrowNorm.data(), narrowRows.data());
            QCOMPARE(actual, expected);
            for (std::size_t i = 0; i < values.size(); ++i) {
                QCOMPARE(narrowNorm[i], toBfloat16(expected[i]));
                QCOMPARE(narrowRows[i], toBfloat16(values[i]));
            }
        }
    }

    void attention_data() {
        QTest::addColumn<bool>("bf16");
        QTest::newRow("f32") << false;
        QTest::newRow("bf16") << true;
    }
    void attention() {
        QFETCH(bool, bf16);
        for (int round = 0; round < 12; ++round) {
            AttentionCall call;
            call.element = bf16 ? Element::Bf16 : Element::F32;
            call.tokens = 1 + random_->below(60);
            call.heads = 1 + random_->below(3);
            call.prefix = round % 4 == 0 ? 0 : 1 + random_->below(20);
            const int width = call.heads * headWidth;
            const std::vector<float> rows = random_->uniform(size(call.tokens, 3 * width));
            std::vector<float> keys = random_->uniform(size(width, call.prefix));
            std::vector<float> values = random_->uniform(size(width, call.prefix));
            if (bf16) {
                const auto rounded = [](float value) { return toFloat(toBfloat16(value)); };
                std::ranges::transform(keys, keys.begin(), rounded);
                std::ranges::transform(values, values.begin(), rounded);
            }
            call.prefixKeys = keys.data();
            call.prefixValues = values.data();
            const AttentionResult expected = attend(portable_, call, rows);
            const AttentionResult actual = attend(own(), call, rows);
            // Tiles take the shares in Bf16 as well.
            QVERIFY(test::relativeL2(actual.mixed, expected.mixed) < (bf16 ? 4e-3 : 2e-6));
            QVERIFY(test::relativeL2(actual.weights, expected.weights) < 2e-6);
            QVERIFY(test::relativeL2(actual.classShares, expected.classShares) < 2e-6);
            const double all = std::accumulate(actual.classShares.begin(), actual.classShares.end(), 0.0);
            QVERIFY2(std::abs(all - 1.0) < 1e-5, "a row of attention sums to one");
        }
    }

    /// Scores far apart: the softmax neither overflows nor loses the rest.
    void attentionOfLargeScores_data() { attention_data(); }
    void attentionOfLargeScores() {
        QFETCH(bool, bf16);
        AttentionCall call;
        call.element = bf16 ? Element::Bf16 : Element::F32;
        call.tokens = 23;
        call.heads = 1;
        std::vector<float> rows = random_->uniform(size(call.tokens, 3 * headWidth));
        for (float& value : rows) {
            value *= 12.0F;
        }
        const AttentionResult expected = attend(portable_, call, rows);
        const AttentionResult actual = attend(own(), call, rows);
        QVERIFY(std::ranges::all_of(actual.mixed, [](float value) { return std::isfinite(value); }));
        QVERIFY(test::relativeL2(actual.mixed, expected.mixed) < (bf16 ? 4e-3 : 1e-4));
    }

    void gather() {
        for (int round = 0; round < 12; ++round) {
            GatherCall call;
            call.tokens = 1 + random_->below(60);
            call.heads = 1 + random_->below(20);
            call.width = headWidth * (1 + random_->below(4));
            call.headStride = size(call.width) + size(random_->below(2), 16);
            const std::vector<float> rows = random_->uniform(size(call.tokens, call.width));
            const std::vector<float> direction = random_->uniform(size(call.heads) * call.headStride);
            std::vector<float> expected(direction.size(), 0.0F);
            std::vector<float> actual(direction.size(), 0.0F);
            call.rows = rows.data();
            call.direction = direction.data();
            Workspace space;
            std::vector<float> expectedShares(size(call.heads, call.tokens));
            std::vector<float> shares(expectedShares.size());
            call.average = expected.data();
            call.shares = expectedShares.data();
            portable_.gather(call, space);
            call.average = actual.data();
            call.shares = shares.data();
            own().gather(call, space);
            QVERIFY(test::relativeL2(actual, expected) < 2e-6);
            QVERIFY(test::relativeL2(shares, expectedShares) < 2e-6);
            const double all = std::accumulate(expectedShares.begin(), expectedShares.end(), 0.0);
            QVERIFY(std::abs(all - call.heads) < 1e-4);
        }
    }

    void lstmStep() {
        for (const int hidden : {1, 7, 8, 37, 512}) {
            std::vector<float> gates = random_->uniform(size(4, hidden));
            for (float& gate : gates) {
                gate *= 8.0F;
            }
            std::vector<float> expectedCell = random_->uniform(size(hidden));
            std::vector<float> cell = expectedCell;
            std::vector<float> expected(cell.size());
            std::vector<float> actual(cell.size());
            portable_.lstmStep(gates.data(), hidden, expectedCell.data(), expected.data());
            own().lstmStep(gates.data(), hidden, cell.data(), actual.data());
            // Both lie within a few units of 0 and may be next to it, where a relative error says nothing.
            for (std::size_t i = 0; i < cell.size(); ++i) {
                QVERIFY2(std::abs(cell[i] - expectedCell[i]) < 1e-6F, qPrintable(QString::number(expectedCell[i])));
                QVERIFY2(std::abs(actual[i] - expected[i]) < 1e-6F, qPrintable(QString::number(expected[i])));
            }
        }
    }

private:
    const RowKernels& own() const { return rowKernels(set_); }

    const InstructionSet set_;
    const RowKernels& portable_ = rowKernels(InstructionSet::Portable);
    std::unique_ptr<test::RandomModel> random_;
};

/// Once for each set of kernels that this processor can run.
int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    const InstructionSet best = usableInstructionSet();
    int failures = 0;
    for (const InstructionSet set : {InstructionSet::Avx2, InstructionSet::Avx512, InstructionSet::Amx}) {
        if (set <= best || set == InstructionSet::Avx2) {
            TestRowKernels test(std::min(set, best));
            failures += QTest::qExec(&test, argc, argv);
        }
    }
    return failures;
}
#include "tst_row_kernels.moc"
