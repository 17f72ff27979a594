#include "decode/stabiliser.h"
#include "simulated_signing.h"

#include <QTest>
#include <functional>
#include <limits>
#include <map>
#include <set>

using namespace livegloss;
using namespace livegloss::decode;
using livegloss::decode::testing::SimulatedSign;
using livegloss::decode::testing::SimulatedSigning;
using livegloss::decode::testing::SimulationOptions;

namespace {

constexpr std::int64_t kWindowSteps = 13;
constexpr std::int64_t kStride = 2;

using Labels = std::vector<int>;

template <class Glosses>
Labels labelsOf(const Glosses& glosses) {
    Labels labels;
    for (const auto& gloss : glosses) {
        labels.push_back(gloss.label);
    }
    return labels;
}

QString text(const Labels& labels) {
    QString result;
    for (const int label : labels) {
        result += QString::number(label) + ' ';
    }
    return result;
}

/// One row per step: a label that the network is sure of (0 is blank), or a negative label for one it is unsure of.
Matrix scripted(const std::vector<int>& path, int classes = 6) {
    Matrix table(static_cast<int>(path.size()), classes);
    for (int row = 0; row < table.rows; ++row) {
        const int label = path[static_cast<std::size_t>(row)];
        const float share = label < 0 ? 0.4F : 0.96F;
        for (int column = 0; column < classes; ++column) {
            const float rest = label < 0 && column == 0 ? 0.35F : (1.0F - share) / static_cast<float>(classes);
            table.at(row, column) = std::log(column == std::abs(label) ? share : rest);
        }
    }
    return table;
}

/// Checks after every window what has to hold for any input whatever, and keeps what was committed.
struct Watcher {
    std::vector<StreamGloss> committed;
    std::set<std::int64_t> committedIds;
    std::map<std::int64_t, int> labelOfId;
    float minConfidence = 0.5F;
    int revisions = 0;
    int unsure = 0;
    QString complaint;

    void require(bool condition, const char* what) {
        if (!condition && complaint.isEmpty()) {
            complaint = what;
        }
    }
    void see(const StabiliserUpdate& update) {
        for (const StreamGloss& gloss : update.committed) {
            check(gloss, committed.empty() ? std::numeric_limits<std::int64_t>::min() : committed.back().lastStep);
            require(committedIds.insert(gloss.id).second, "an id was committed twice");
            committed.push_back(gloss);
        }
        std::int64_t previous =
            committed.empty() ? std::numeric_limits<std::int64_t>::min() : committed.back().lastStep;
        for (const StreamGloss& gloss : update.provisional) {
            check(gloss, previous);
            require(!committedIds.contains(gloss.id), "a provisional gloss has a committed one's id");
            previous = gloss.lastStep;
        }
        require(!update.notSure || (update.provisional.empty() && update.committed.empty()), "not sure beside glosses");
        require(update.revisions >= 0, "negative revisions");
        revisions += update.revisions;
        unsure += update.notSure ? 1 : 0;
    }

private:
    void check(const StreamGloss& gloss, std::int64_t previousEnd) {
        require(gloss.firstStep > previousEnd, "glosses overlap or are out of order");
        require(gloss.firstStep <= gloss.peakStep && gloss.peakStep <= gloss.lastStep, "peak outside its run");
        require(gloss.confidence >= hesitantConfidence(minConfidence) && gloss.confidence <= 1.0F,
                "confidence out of range");
        require(gloss.label > 0, "blank as a gloss");
        require(labelOfId.try_emplace(gloss.id, gloss.label).first->second == gloss.label, "an id changed its label");
    }
};

using OnUpdate = std::function<void(const StabiliserUpdate&, std::int64_t windowEnd)>;

/// Runs a whole clip through in overlapping windows, short ones at its start as in a live stream.
Watcher runClip(SimulatedSigning& signing, const StabiliserOptions& options, const OnUpdate& onUpdate = {}) {
    Stabiliser stabiliser(options);
    Watcher watcher;
    watcher.minConfidence = options.minConfidence;
    std::int64_t end = 1;
    for (; end < signing.steps(); end += kStride) {
        const std::int64_t first = std::max<std::int64_t>(0, end - kWindowSteps);
        const StabiliserUpdate update = stabiliser.update(first, signing.window(first, end));
        watcher.see(update);
        if (onUpdate) {
            onUpdate(update, end);
        }
    }
    const std::int64_t first = std::max<std::int64_t>(0, signing.steps() - kWindowSteps);
    const StabiliserUpdate update = stabiliser.finish(first, signing.window(first, signing.steps()));
    watcher.see(update);
    watcher.require(update.provisional.empty(), "finish left a provisional tail");
    if (onUpdate) {
        onUpdate(update, signing.steps());
    }
    return watcher;
}

std::uint32_t printedSeed() {
    const std::uint32_t seed = std::random_device{}();
    qInfo("seed %u", seed);
    return seed;
}

/// Feeds every prefix-window of a scripted path that a stream of it would give.
Watcher runScript(const std::vector<int>& path, const StabiliserOptions& options) {
    Stabiliser stabiliser(options);
    Watcher watcher;
    const auto steps = static_cast<std::int64_t>(path.size());
    const auto part = [&](std::int64_t end) {
        const std::int64_t first = std::max<std::int64_t>(0, end - kWindowSteps);
        return std::pair(first, scripted({path.begin() + first, path.begin() + end}));
    };
    for (std::int64_t end = kStride; end < steps; end += kStride) {
        const auto [first, table] = part(end);
        watcher.see(stabiliser.update(first, table));
    }
    const auto [first, table] = part(steps);
    watcher.see(stabiliser.finish(first, table));
    return watcher;
}

} // namespace

class TestStabiliser : public QObject {
    Q_OBJECT

private slots:
    void clearSigningComesOutAsItIs_data() {
        QTest::addColumn<int>("level");
        for (int level = 1; level <= 4; ++level) {
            QTest::addRow("level %d", level) << level;
        }
    }
    void clearSigningComesOutAsItIs() {
        QFETCH(int, level);
        const std::uint32_t seed = printedSeed();
        for (std::uint32_t clip = 0; clip < 40; ++clip) {
            SimulatedSigning signing(seed + clip, {});
            const Watcher watcher = runClip(signing, stabiliserPreset(level));
            QVERIFY2(watcher.complaint.isEmpty(), qPrintable(watcher.complaint));
            QVERIFY2(labelsOf(watcher.committed) == labelsOf(signing.signs()),
                     qPrintable(QStringLiteral("clip %1: true %2, committed %3")
                                    .arg(seed + clip)
                                    .arg(text(labelsOf(signing.signs())), text(labelsOf(watcher.committed)))));
        }
    }

    void fastestLevelIsRightWithoutEdgeEffects() {
        const std::uint32_t seed = printedSeed();
        for (std::uint32_t clip = 0; clip < 50; ++clip) {
            SimulatedSigning signing(seed + clip, {.edges = false});
            const Watcher watcher = runClip(signing, stabiliserPreset(0));
            QVERIFY2(watcher.complaint.isEmpty(), qPrintable(watcher.complaint));
            QCOMPARE(labelsOf(watcher.committed), labelsOf(signing.signs()));
        }
    }

    void anythingKeepsTheInvariants() {
        const std::uint32_t seed = printedSeed();
        for (std::uint32_t clip = 0; clip < 75; ++clip) {
            SimulationOptions options;
            options.noise = 0.1 * (clip % 11);
            options.signs = 20;
            options.classes = 2 + static_cast<int>(clip % 15);
            SimulatedSigning signing(seed + clip, options);
            StabiliserOptions stabiliser = stabiliserPreset(static_cast<int>(clip % 5));
            stabiliser.minConfidence = 0.25F * static_cast<float>(clip % 4);
            const Watcher watcher = runClip(signing, stabiliser);
            QVERIFY2(watcher.complaint.isEmpty(),
                     qPrintable(QString("clip %1: ").arg(seed + clip) + watcher.complaint));
        }
    }

    void garbageKeepsTheInvariants() {
        const std::uint32_t seed = printedSeed();
        std::mt19937 random(seed);
        const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
        for (int round = 0; round < 60; ++round) {
            Stabiliser stabiliser(stabiliserPreset(pick(7) - 1));
            Watcher watcher;
            std::int64_t first = pick(5) - 2;
            for (int window = 0; window < 60; ++window) {
                first += pick(20) == 0 ? pick(200) - 100 : pick(4);
                Matrix table(pick(16), pick(6));
                for (float& value : table.values) {
                    const int kind = pick(30);
                    value = kind == 0   ? std::numeric_limits<float>::quiet_NaN()
                            : kind == 1 ? std::numeric_limits<float>::infinity()
                            : kind == 2 ? -std::numeric_limits<float>::infinity()
                                        : static_cast<float>(pick(1000)) * 0.02F - 15.0F;
                }
                if (pick(20) == 0) {
                    table.rows += 3; // more rows than values
                }
                watcher.see(pick(25) == 0 ? stabiliser.finish(first, table) : stabiliser.update(first, table));
            }
            QVERIFY2(watcher.complaint.isEmpty(), qPrintable(watcher.complaint));
        }
    }

    void moderateNoiseCostsLittle() {
        // The live result stays close to the truth, although half of the half-seen signs are told wrongly.
        const std::uint32_t seed = printedSeed();
        int wrong = 0;
        int signs = 0;
        int revisions = 0;
        for (std::uint32_t clip = 0; clip < 100; ++clip) {
            SimulatedSigning signing(seed + clip, {.noise = 0.15});
            const Watcher watcher = runClip(signing, stabiliserPreset(2));
            const Labels truth = labelsOf(signing.signs());
            const Labels found = labelsOf(watcher.committed);
            signs += static_cast<int>(truth.size());
            wrong += found == truth ? 0 : 1;
            revisions += watcher.revisions;
        }
        qInfo("%d of 100 clips with an error, %d signs, %d revisions", wrong, signs, revisions);
        QVERIFY(wrong < 50);
        QVERIFY(revisions > 0);
    }

    void delaysStayWithinTheTargets() {
        const std::uint32_t seed = printedSeed();
        std::vector<double> provisional;
        std::vector<double> committed;
        for (std::uint32_t clip = 0; clip < 100; ++clip) {
            SimulatedSigning signing(seed + clip, {});
            // Step k sees frames 4k-6 .. 4k+9 of the clip, and a feature is final two frames later.
            const auto arrival = [](std::int64_t end) {
                return (4.0 * static_cast<double>(end - 1) + 9 + 2 + 1) / 25.0;
            };
            const auto signEnd = [](const SimulatedSign& sign) {
                return (4.0 * static_cast<double>(sign.lastStep) + 3.5) / 25.0;
            };
            std::map<std::int64_t, double> firstShown;
            std::size_t next = 0;
            runClip(signing, stabiliserPreset(2), [&](const StabiliserUpdate& update, std::int64_t end) {
                if (end == signing.steps()) {
                    return; // the end of the clip decides at once
                }
                for (const auto* list : {&update.provisional, &update.committed}) {
                    for (const StreamGloss& gloss : *list) {
                        firstShown.try_emplace(gloss.id, arrival(end));
                    }
                }
                for (const StreamGloss& gloss : update.committed) {
                    const double trueEnd = signEnd(signing.signs().at(next++));
                    provisional.push_back(firstShown.at(gloss.id) - trueEnd);
                    committed.push_back(arrival(end) - trueEnd);
                }
            });
        }
        const auto median = [](std::vector<double>& values) {
            std::sort(values.begin(), values.end());
            return values.at(values.size() / 2);
        };
        qInfo("median delay after a sign's end: provisional %.2f s, committed %.2f s", median(provisional),
              median(committed));
        QVERIFY(median(provisional) <= 0.6);
        QVERIFY(median(committed) <= 1.1);
    }

    void repeatedAndAlternatingSignsSurvive() {
        const StabiliserOptions options = stabiliserPreset(2);
        const Watcher twice = runScript({0, 1, 0, 0, 1, 0, 0, 0, 0, 0}, options);
        QCOMPARE(labelsOf(twice.committed), (Labels{1, 1}));
        const Watcher close = runScript({0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0}, options);
        QCOMPARE(labelsOf(close.committed), (Labels{1, 1}));
        const Watcher alternating =
            runScript({0, 1, 0, 2, 2, 0, 1, 0, 3, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, options);
        QCOMPARE(labelsOf(alternating.committed), (Labels{1, 2, 1, 3, 1, 1}));
        for (const Watcher* watcher : {&twice, &close, &alternating}) {
            QVERIFY2(watcher->complaint.isEmpty(), qPrintable(watcher->complaint));
            QCOMPARE(watcher->revisions, 0);
        }
    }

    void commitWaitsForAgreementAndTail() {
        StabiliserOptions options;
        options.agreement = 2;
        options.unstableTailSteps = 2;
        Stabiliser stabiliser(options);
        StabiliserUpdate update = stabiliser.update(0, scripted({0, 0, 0, 1}));
        QCOMPARE(labelsOf(update.provisional), Labels{1}); // shown at once
        QVERIFY(update.committed.empty());
        const std::int64_t id = update.provisional[0].id;
        update = stabiliser.update(0, scripted({0, 0, 0, 1, 0}));
        QVERIFY(update.committed.empty()); // agreed, but within the tail
        update = stabiliser.update(0, scripted({0, 0, 0, 1, 0, 0}));
        QCOMPARE(labelsOf(update.committed), Labels{1});
        QCOMPARE(update.committed[0].id, id);
        QCOMPARE(update.committed[0].peakStep, 3);
        update = stabiliser.update(0, scripted({0, 0, 0, 1, 0, 0, 0, 0}));
        QVERIFY(update.committed.empty() && update.provisional.empty());
    }

    void committedGlossesIgnoreLaterOpinions() {
        Stabiliser stabiliser(stabiliserPreset(0));
        StabiliserUpdate update = stabiliser.update(0, scripted({0, 0, 1, 0, 0}));
        QCOMPARE(labelsOf(update.committed), Labels{1});
        for (const std::vector<int>& path : std::vector<std::vector<int>>{{0, 0, 2, 0, 0, 0},
                                                                          {0, 0, 0, 1, 0, 0},
                                                                          {0, 0, 0, 1, 1, 0},
                                                                          {0, 1, 0, 0, 0, 0},
                                                                          {0, 2, 1, 0, 0, 0},
                                                                          {0, 0, 0, 2, 0, 0}}) {
            update = stabiliser.update(0, scripted(path));
            QVERIFY(update.committed.empty() && update.provisional.empty());
        }
        update = stabiliser.update(0, scripted({0, 0, 1, 0, 0, 0, 2, 0, 0}));
        QCOMPARE(labelsOf(update.committed), Labels{2});
    }

    void changedTailsCountAsRevisions() {
        Stabiliser stabiliser(stabiliserPreset(2));
        StabiliserUpdate update = stabiliser.update(0, scripted({0, 0, 0, 0, 1}));
        QCOMPARE(update.revisions, 0);
        const std::int64_t id = update.provisional.at(0).id;
        update = stabiliser.update(0, scripted({0, 0, 0, 0, 2, 0}));
        QCOMPARE(update.revisions, 1);
        QCOMPARE(labelsOf(update.provisional), Labels{2});
        QVERIFY(update.provisional[0].id != id);
        update = stabiliser.update(0, scripted({0, 0, 0, 0, 0, 0, 0}));
        QCOMPARE(update.revisions, 1);
        QVERIFY(update.provisional.empty());
    }

    void unsureSigningIsSaidNotShown() {
        Stabiliser stabiliser(stabiliserPreset(2));
        StabiliserUpdate update = stabiliser.update(0, scripted({0, 0, 0, 0, 0, 0}));
        QVERIFY(!update.notSure); // a rest is no signing
        update = stabiliser.update(0, scripted({0, 0, 0, 0, 0, 0, 0, -1}));
        QVERIFY(!update.notSure); // a sign that is just coming in may yet get clear
        update = stabiliser.update(0, scripted({0, 0, 0, 0, 0, 0, 0, -1, -2, -3, -1, -2, 0}));
        QVERIFY(update.notSure);
        QVERIFY(update.provisional.empty() && update.committed.empty());
        const StabiliserUpdate end = stabiliser.finish(0, scripted({0, 0, 0, 0, 0, 0, 0, -1, -2, -3, -1, -2, 0}));
        QVERIFY(end.committed.empty());
        QVERIFY(!end.notSure);
    }

    /// Signs of which 0.4 is sure count where one of 0.96 shows that the model knows this signing, before or after.
    void hesitationIsTakenBesideASureSign() {
        StabiliserOptions options = stabiliserPreset(2);
        options.minConfidence = 0.45F;
        const auto committed = [&](std::vector<int> path) {
            path.resize(40, 0);
            const Watcher watcher = runScript(path, options);
            return watcher.complaint.isEmpty() ? labelsOf(watcher.committed) : Labels{-1};
        };
        QCOMPARE(committed({0, 0, 0, -1, 0, 0, 0, -2}), Labels{});
        QCOMPARE(committed({0, 0, 0, -1, 0, 0, 0, 0, 2}), (Labels{1, 2}));
        QCOMPARE(committed({0, 0, 0, 1, 0, 0, 0, 0, -2}), (Labels{1, 2}));
        options.minConfidence = 0.95F; // 0.96 is not sure enough by far
        QCOMPARE(committed({0, 0, 0, -1, 0, 0, 0, 0, 2}), Labels{2});
        options.minConfidence = 0.9F;
        QCOMPARE(committed({0, 0, 0, -1, 0, 0, 0, 0, 2}), (Labels{1, 2}));
    }

    /// A sure sign that only one window saw, at its unstable end, vouches for nothing.
    void aPassingSureSignVouchesForNothing() {
        StabiliserOptions options = stabiliserPreset(2);
        options.minConfidence = 0.45F;
        Stabiliser stabiliser(options);
        Watcher watcher;
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, -1, 0, 0, 0, 0})));
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, -1, 0, 0, 0, 0, 0})));
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, -1, 0, 0, 0, 0, 0, 2})));
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0})));
        watcher.see(stabiliser.finish(0, scripted({0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
        QCOMPARE(labelsOf(watcher.committed), Labels{});
    }

    void whatIsCommittedLeavesNoDoubt() {
        StabiliserOptions options = stabiliserPreset(0);
        options.minConfidence = 0.95F; // nothing is so sure that hesitation beside it counts
        Stabiliser stabiliser(options);
        QCOMPARE(labelsOf(stabiliser.update(0, scripted({0, 0, 1, 0, 0})).committed), Labels{1});
        QVERIFY(!stabiliser.update(0, scripted({0, 0, 1, 0, 0, 0})).notSure);       // still in sight
        QVERIFY(!stabiliser.update(0, scripted({0, 0, 1, -1, 0, 0, 0})).notSure);   // longer than thought
        QVERIFY(!stabiliser.update(0, scripted({0, 0, 1, 0, -2, 0, 0})).notSure);   // the way out of the sign
        QVERIFY(stabiliser.update(0, scripted({0, 0, 1, 0, 0, 0, -2, 0})).notSure); // something of its own
    }

    void signingOverManyLabelsIsUnsureToo() {
        // Blank is the likeliest single class everywhere, and still something is being signed.
        Matrix table(13, 20);
        for (int row = 0; row < table.rows; ++row) {
            for (int label = 0; label < table.columns; ++label) {
                table.at(row, label) = std::log(label == 0 ? 0.24F : 0.04F);
            }
        }
        Stabiliser stabiliser(stabiliserPreset(2));
        const StabiliserUpdate update = stabiliser.update(0, table);
        QVERIFY(update.committed.empty() && update.provisional.empty());
        QVERIFY(update.notSure);
    }

    void slowAgreementIsDecidedAtTheLeftEdge() {
        // More agreement is asked for than a gloss can get before the window has passed over it.
        StabiliserOptions options;
        options.agreement = 100;
        options.minConfidence = 0.95F; // the third sign counts once it is sure
        std::vector<int> path(40, 0);
        path[10] = 1;
        path[13] = 2;
        path[20] = -3;
        path[22] = 3;
        const Watcher watcher = runScript(path, options);
        QVERIFY2(watcher.complaint.isEmpty(), qPrintable(watcher.complaint));
        QCOMPARE(labelsOf(watcher.committed), (Labels{1, 2, 3}));
        QCOMPARE(watcher.revisions, 0);
    }

    void windowsThatDoNotOverlapLoseNothing() {
        Stabiliser stabiliser(stabiliserPreset(2));
        Watcher watcher;
        watcher.see(stabiliser.update(0, scripted({0, 1, 0, 0, 2, 0})));
        watcher.see(stabiliser.update(6, scripted({0, 0, 3, 0, 0, 0})));
        watcher.see(stabiliser.finish(12, scripted({0, 0, 0, 4, 0, 0})));
        QCOMPARE(labelsOf(watcher.committed), (Labels{1, 2, 3, 4}));
    }

    void cutBeginningsAreNotNewGlosses() {
        Stabiliser stabiliser(stabiliserPreset(2));
        Watcher watcher;
        watcher.see(stabiliser.update(0, scripted({0, 0, 1, 0, 0, 0, 0, 0})));
        watcher.see(stabiliser.update(0, scripted({0, 0, 1, 0, 0, 0, 0, 0, 0})));
        QCOMPARE(labelsOf(watcher.committed), Labels{1});
        // The rest of that sign, without its beginning, looks like others.
        watcher.see(stabiliser.update(5, scripted({2, 0, 0, 0, 0, 0})));
        watcher.see(stabiliser.update(6, scripted({2, 0, 0, 0, 0, 0})));
        watcher.see(stabiliser.finish(6, scripted({2, 0, 0, 0, 0, 0, 3, 0})));
        QCOMPARE(labelsOf(watcher.committed), (Labels{1, 3}));
    }

    void aCutSignIsNotTakenForAnother() {
        StabiliserOptions options;
        options.agreement = 100;
        Stabiliser stabiliser(options);
        Watcher watcher;
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0})));
        // Seen without its beginning, the sign at step 6 looks like another at step 7.
        const StabiliserUpdate update = stabiliser.update(2, scripted({0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
        watcher.see(update);
        QCOMPARE(labelsOf(watcher.committed), Labels{1});
        QVERIFY(update.provisional.empty());
    }

    void aFlickeringGlossDoesNotBlockForEver() {
        Stabiliser stabiliser(stabiliserPreset(2));
        Watcher watcher;
        std::vector<int> path{0, 0, 1, 0, 0, 2, 0, 0, 0};
        for (int window = 0; window < 6; ++window) {
            path[2] = 1 + 2 * (window % 2); // 1, 3, 1, ...
            path.push_back(0);
            watcher.see(stabiliser.update(0, scripted(path)));
        }
        QCOMPARE(watcher.committed.size(), 2U);
        QCOMPARE(watcher.committed[1].label, 2);
        QVERIFY2(watcher.complaint.isEmpty(), qPrintable(watcher.complaint));
    }

    void finishDecidesTheTailAndResetForgets() {
        Stabiliser stabiliser(stabiliserPreset(4));
        Watcher watcher;
        watcher.see(stabiliser.update(0, scripted({0, 0, 0, 1})));
        QVERIFY(watcher.committed.empty());
        watcher.see(stabiliser.finish(0, Matrix())); // no further window: what is there counts
        QCOMPARE(labelsOf(watcher.committed), Labels{1});
        QVERIFY(stabiliser.finish(0, Matrix()).committed.empty());
        const std::int64_t id = watcher.committed[0].id;
        stabiliser.reset();
        const StabiliserUpdate again = stabiliser.finish(0, scripted({0, 0, 0, 1}));
        QCOMPARE(labelsOf(again.committed), Labels{1});
        QVERIFY(again.committed[0].id != id);
    }

    void presetsGoFromFastToStable() {
        for (int level = 1; level <= 4; ++level) {
            const StabiliserOptions faster = stabiliserPreset(level - 1);
            const StabiliserOptions slower = stabiliserPreset(level);
            QVERIFY(slower.agreement >= faster.agreement && slower.unstableTailSteps >= faster.unstableTailSteps);
            QVERIFY(slower.agreement > faster.agreement || slower.unstableTailSteps > faster.unstableTailSteps);
        }
        QCOMPARE(stabiliserPreset(-3).agreement, stabiliserPreset(0).agreement);
        QCOMPARE(stabiliserPreset(99).agreement, stabiliserPreset(4).agreement);
    }
};

QTEST_APPLESS_MAIN(TestStabiliser)
#include "tst_stabiliser.moc"
