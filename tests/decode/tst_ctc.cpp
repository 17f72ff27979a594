#include "decode/ctc.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <map>
#include <random>

using namespace livegloss;
using namespace livegloss::decode;

namespace {

using Labels = std::vector<int>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Matrix fromProbabilities(const std::vector<std::vector<double>>& rows) {
    Matrix matrix(static_cast<int>(rows.size()), static_cast<int>(rows.front().size()));
    for (int row = 0; row < matrix.rows; ++row) {
        for (int column = 0; column < matrix.columns; ++column) {
            matrix.at(row, column) =
                static_cast<float>(std::log(rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]));
        }
    }
    return matrix;
}

/// Random rows that sum to 1; `sharpness` 0 is uniform, large is nearly one-hot.
Matrix randomTable(std::mt19937& random, int steps, int classes, double sharpness) {
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> rows(static_cast<std::size_t>(steps));
    for (auto& row : rows) {
        double sum = 0.0;
        for (int column = 0; column < classes; ++column) {
            row.push_back(std::exp(sharpness * normal(random)));
            sum += row.back();
        }
        for (double& value : row) {
            value /= sum;
        }
    }
    return fromProbabilities(rows);
}

Labels collapse(const std::vector<int>& path) {
    Labels labels;
    int previous = 0;
    for (const int label : path) {
        if (label != 0 && label != previous) {
            labels.push_back(label);
        }
        previous = label;
    }
    return labels;
}

/// Every path of the table, one after the other.
struct BruteForce {
    std::map<Labels, double> probability;
    std::map<Labels, double> bestPathProbability;
    std::map<Labels, std::vector<int>> bestPath;

    explicit BruteForce(const Matrix& table) {
        std::vector<int> path(static_cast<std::size_t>(table.rows), 0);
        while (true) {
            double product = 1.0;
            for (int step = 0; step < table.rows; ++step) {
                product *= std::exp(static_cast<double>(table.at(step, path[static_cast<std::size_t>(step)])));
            }
            const Labels labels = collapse(path);
            probability[labels] += product;
            if (product > bestPathProbability[labels]) {
                bestPathProbability[labels] = product;
                bestPath[labels] = path;
            }
            std::size_t digit = 0;
            while (digit < path.size() && ++path[digit] == table.columns) {
                path[digit++] = 0;
            }
            if (digit == path.size()) {
                break;
            }
        }
    }
};

Labels labelsOf(const std::vector<DecodedGloss>& glosses) {
    Labels labels;
    for (const DecodedGloss& gloss : glosses) {
        labels.push_back(gloss.label);
    }
    return labels;
}

DecodeOptions beam(int width) {
    DecodeOptions options;
    options.beamWidth = width;
    return options;
}

std::mt19937 seeded() {
    const unsigned seed = std::random_device{}();
    qInfo("seed %u", seed);
    return std::mt19937(seed);
}

} // namespace

class TestCtc : public QObject {
    Q_OBJECT

private slots:
    void wideBeamFindsTheLikeliestSequenceOfAll() {
        std::mt19937 random = seeded();
        for (int round = 0; round < 150; ++round) {
            const int classes = 2 + round % 3;
            const int steps = 1 + round % 7;
            const Matrix table = randomTable(random, steps, classes, 0.3 + 0.2 * (round % 10));
            const BruteForce truth(table);
            double best = 0.0;
            for (const auto& [labels, probability] : truth.probability) {
                best = std::max(best, probability);
            }
            const Labels found = labelsOf(decode::decode(table, beam(5000)));
            QVERIFY(truth.probability.contains(found));
            QVERIFY2(std::abs(truth.probability.at(found) - best) < 1e-6 * best, qPrintable(QString::number(round)));
        }
    }

    void beamCountsAllPathsWhereGreedyFollowsOne() {
        // The likeliest single path is all blank (0.6^3 = 0.216), yet all paths of "1" together have 0.784.
        const Matrix table = fromProbabilities({{0.6, 0.4}, {0.6, 0.4}, {0.6, 0.4}});
        DecodeOptions greedy;
        greedy.method = Method::Greedy;
        QVERIFY(decode::decode(table, greedy).empty());
        QCOMPARE(labelsOf(decode::decode(table, {})), Labels{1});
    }

    void greedyIsTheCollapsedArgmax() {
        std::mt19937 random = seeded();
        DecodeOptions greedy;
        greedy.method = Method::Greedy;
        for (int round = 0; round < 200; ++round) {
            const Matrix table = randomTable(random, 1 + round % 40, 1 + round % 9, 2.0);
            std::vector<int> path;
            for (int step = 0; step < table.rows; ++step) {
                const float* row = table.row(step);
                path.push_back(static_cast<int>(std::max_element(row, row + table.columns) - row));
            }
            QCOMPARE(labelsOf(decode::decode(table, greedy)), collapse(path));
        }
    }

    void runsFollowTheBestPathOfTheSequence() {
        std::mt19937 random = seeded();
        for (int round = 0; round < 100; ++round) {
            const Matrix table = randomTable(random, 2 + round % 6, 3, 1.5);
            const auto glosses = decode::decode(table, beam(1000));
            if (glosses.empty()) {
                continue;
            }
            std::vector<int> path(static_cast<std::size_t>(table.rows), 0);
            for (const DecodedGloss& gloss : glosses) {
                QVERIFY(gloss.firstStep <= gloss.peakStep && gloss.peakStep <= gloss.lastStep);
                for (int step = gloss.firstStep; step <= gloss.lastStep; ++step) {
                    path[static_cast<std::size_t>(step)] = gloss.label;
                    QVERIFY(table.at(step, gloss.label) <= table.at(gloss.peakStep, gloss.label));
                }
            }
            QCOMPARE(path, BruteForce(table).bestPath.at(labelsOf(glosses)));
        }
    }

    void confidenceIsTheShareOfTheLabelAmongItsRivals() {
        std::mt19937 random = seeded();
        int checked = 0;
        for (int round = 0; round < 300; ++round) {
            const Matrix table = randomTable(random, 1 + round % 4, 4, 1.5); // short enough to lie within reach
            const auto glosses = decode::decode(table, beam(1000));
            if (glosses.size() != 1) {
                continue;
            }
            BruteForce truth(table);
            double rivals = truth.probability[{}];
            for (int label = 1; label < table.columns; ++label) {
                rivals += truth.probability[{label}];
            }
            QVERIFY(std::abs(glosses[0].confidence - truth.probability[{glosses[0].label}] / rivals) < 1e-5);
            ++checked;
        }
        QVERIFY(checked > 50);
    }

    void confidenceHoldsTheNeighbours() {
        std::mt19937 random = seeded();
        int checked = 0;
        for (int round = 0; round < 400; ++round) {
            // Neighbours are certain at both ends, so that every path has them.
            Matrix table = randomTable(random, 5, 4, 1.5);
            for (int label = 0; label < 4; ++label) {
                table.at(0, label) = label == 1 ? 0.0F : -kInfinity;
                table.at(4, label) = label == 2 ? 0.0F : -kInfinity;
            }
            const auto glosses = decode::decode(table, beam(1000));
            if (glosses.size() != 3) {
                continue;
            }
            BruteForce truth(table);
            double rivals = truth.probability[{1, 2}];
            for (int label = 1; label < 4; ++label) {
                rivals += truth.probability[{1, label, 2}];
            }
            const double expected = truth.probability[{1, glosses[1].label, 2}] / rivals;
            QVERIFY(std::abs(glosses[1].confidence - expected) < 1e-5);
            ++checked;
        }
        QVERIFY(checked > 30);
    }

    void confidenceTellsClearFromUnsure() {
        const Matrix clear =
            fromProbabilities({{0.97, 0.01, 0.01, 0.01}, {0.03, 0.95, 0.01, 0.01}, {0.97, 0.01, 0.01, 0.01}});
        QVERIFY(decode::decode(clear, {}).at(0).confidence > 0.9F);
        // The moment is uncertain, the label is not.
        const Matrix spread =
            fromProbabilities({{0.5, 0.48, 0.01, 0.01}, {0.5, 0.48, 0.01, 0.01}, {0.5, 0.48, 0.01, 0.01}});
        QVERIFY(decode::decode(spread, {}).at(0).confidence > 0.8F);
        // A sign is there, but it might be any of three.
        const Matrix wavering =
            fromProbabilities({{0.9, 0.04, 0.03, 0.03}, {0.05, 0.35, 0.3, 0.3}, {0.9, 0.04, 0.03, 0.03}});
        const auto unsure = decode::decode(wavering, {});
        QCOMPARE(unsure.size(), 1U);
        QVERIFY(unsure[0].confidence < 0.45F);
        QCOMPARE(unsure[0].alternatives.size(), 2U);
        QVERIFY(unsure[0].alternatives[0].probability > 0.2F);
    }

    /// What a second classifier does not see is worth less, wherever near the gloss it could have seen it.
    void secondClassifierWeighsTheConfidence() {
        const Matrix sequence = fromProbabilities({{0.9, 0.1}, {0.9, 0.1}, {0.1, 0.9}, {0.9, 0.1}, {0.9, 0.1}});
        const float alone = decode::decode(sequence, {}).at(0).confidence;
        const auto weighed = [&](std::initializer_list<double> seen) {
            std::vector<std::vector<double>> rows;
            for (const double probability : seen) {
                rows.push_back({1.0 - probability, probability});
            }
            return decode::decode(sequence, fromProbabilities(rows), {}).at(0).confidence;
        };
        QVERIFY(std::abs(weighed({0.01, 0.01, 0.64, 0.01, 0.01}) - std::sqrt(alone * 0.64F)) < 1e-5F);
        QVERIFY(std::abs(weighed({0.01, 0.01, 0.01, 0.64, 0.01}) - std::sqrt(alone * 0.64F)) < 1e-5F);
        QVERIFY(std::abs(weighed({0.64, 0.01, 0.01, 0.01, 0.64}) - std::sqrt(alone * 0.01F)) < 1e-5F);
        QCOMPARE(decode::decode(sequence, Matrix(3, 2), {}).at(0).confidence, alone); // of another size
        Matrix broken = sequence;
        std::fill(broken.values.begin(), broken.values.end(), std::numeric_limits<float>::quiet_NaN());
        QCOMPARE(decode::decode(sequence, broken, {}).at(0).confidence, 0.0F);
    }

    void confidenceDoesNotFadeWithTheLengthOfARest() {
        std::vector<std::vector<double>> rows(200, {0.97, 0.01, 0.01, 0.01});
        rows[100] = {0.04, 0.94, 0.01, 0.01};
        const auto glosses = decode::decode(fromProbabilities(rows), {});
        const auto found =
            std::find_if(glosses.begin(), glosses.end(), [](const auto& g) { return g.peakStep == 100; });
        QVERIFY(found != glosses.end());
        QVERIFY(found->confidence > 0.85F);
    }

    void alternativesAreSharesWithoutTheBlank() {
        const Matrix table = fromProbabilities({{0.2, 0.5, 0.1, 0.2}});
        const auto glosses = decode::decode(table, {});
        QCOMPARE(glosses.size(), 1U);
        QCOMPARE(glosses[0].alternatives.size(), 2U);
        QCOMPARE(glosses[0].alternatives[0].label, 3);
        QVERIFY(std::abs(glosses[0].alternatives[0].probability - 0.25F) < 1e-6F);
        QVERIFY(std::abs(glosses[0].alternatives[1].probability - 0.125F) < 1e-6F);
        DecodeOptions none;
        none.alternatives = 0;
        QVERIFY(decode::decode(table, none).at(0).alternatives.empty());
    }

    void repeatedSignsSurviveUnlessMerged() {
        const Matrix table = fromProbabilities({{0.1, 0.9}, {0.9, 0.1}, {0.05, 0.95}, {0.95, 0.05}});
        const auto kept = decode::decode(table, {});
        QCOMPARE(labelsOf(kept), (Labels{1, 1}));
        QCOMPARE(kept[0].lastStep, 0);
        QCOMPARE(kept[1].firstStep, 2);
        DecodeOptions merging;
        merging.mergeRepeats = true;
        const auto merged = decode::decode(table, merging);
        QCOMPARE(labelsOf(merged), Labels{1});
        QCOMPARE(merged[0].firstStep, 0);
        QCOMPARE(merged[0].lastStep, 2);
        QCOMPARE(merged[0].peakStep, 2);
    }

    void tiesAreBrokenTheSameWayEveryTime() {
        const Matrix uniform = fromProbabilities(std::vector<std::vector<double>>(6, std::vector<double>(5, 0.2)));
        const auto first = decode::decode(uniform, {});
        for (int round = 0; round < 5; ++round) {
            const auto again = decode::decode(uniform, {});
            QCOMPARE(labelsOf(again), labelsOf(first));
        }
        // Labels 1 and 2 are exactly equal: the lower one wins.
        QCOMPARE(labelsOf(decode::decode(fromProbabilities({{0.2, 0.4, 0.4}}), {})), Labels{1});
    }

    void degenerateInputsAreHandled() {
        QVERIFY(decode::decode(Matrix(), {}).empty());
        QVERIFY(decode::decode(Matrix(0, 5), {}).empty());
        QVERIFY(decode::decode(Matrix(5, 0), {}).empty());
        QVERIFY(decode::decode(Matrix(5, 1), {}).empty());
        Matrix lying(2, 2);
        lying.rows = 1000;
        QVERIFY(decode::decode(lying, {}).empty());
        Matrix negative;
        negative.rows = -3;
        negative.columns = -2;
        QVERIFY(decode::decode(negative, {}).empty());
        for (const float value : {kNaN, -kInfinity, kInfinity}) {
            Matrix nothing(4, 3);
            std::fill(nothing.values.begin(), nothing.values.end(), value);
            QVERIFY(decode::decode(nothing, {}).empty());
        }
    }

    void impossibleValuesAreNeverChosen() {
        Matrix table = fromProbabilities({{0.1, 0.9, 0.1}, {0.3, 0.6, 0.9}});
        table.at(0, 1) = kNaN;
        table.at(1, 2) = -kInfinity;
        table.at(0, 2) = kInfinity;
        for (const Method method : {Method::Greedy, Method::PrefixBeam}) {
            DecodeOptions options;
            options.method = method;
            const auto glosses = decode::decode(table, options);
            QCOMPARE(labelsOf(glosses), Labels{1});
            QCOMPARE(glosses[0].peakStep, 1);
            QVERIFY(std::abs(glosses[0].confidence - 2.0F / 3.0F) < 1e-5F);
        }
    }

    void garbageStaysInBounds() {
        std::mt19937 random = seeded();
        std::uniform_real_distribution<float> wild(-3e38F, 3e38F);
        std::uniform_int_distribution<int> kind(0, 9);
        for (int round = 0; round < 200; ++round) {
            Matrix table(round % 30, 1 + round % 7);
            for (float& value : table.values) {
                const int which = kind(random);
                value = which == 0 ? kNaN : which == 1 ? -kInfinity : which == 2 ? kInfinity : wild(random);
            }
            DecodeOptions options = beam(round % 4 - 1);
            options.method = round % 2 == 0 ? Method::Greedy : Method::PrefixBeam;
            int previousEnd = -1;
            for (const DecodedGloss& gloss : decode::decode(table, options)) {
                QVERIFY(gloss.label > 0 && gloss.label < table.columns);
                QVERIFY(gloss.firstStep > previousEnd && gloss.lastStep < table.rows);
                QVERIFY(gloss.confidence >= 0.0F && gloss.confidence <= 1.0F);
                previousEnd = gloss.lastStep;
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestCtc)
#include "tst_ctc.moc"
