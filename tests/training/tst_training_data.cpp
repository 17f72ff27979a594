#include "augment.h"
#include "stage.h"
#include "training/prefetcher.h"
#include "training/replay.h"

#include <QtTest>
#include <atomic>
#include <set>

using namespace livegloss;
using namespace livegloss::training;

class TestTrainingData : public QObject {
    Q_OBJECT

private slots:
    void resampledLengths() {
        qInfo("seed 5");
        std::mt19937_64 random(5);
        for (int frames = 1; frames < 300; frames += 7) {
            const std::vector<int> chosen = resampleFrames(random, frames, 32, 230);
            const int count = static_cast<int>(chosen.size());
            QVERIFY(count >= 32 && count <= 233);
            QCOMPARE((count - 4) % 4, 0);
            QVERIFY(std::is_sorted(chosen.begin(), chosen.end()));
            QVERIFY(chosen.front() >= 0 && chosen.back() < frames);
            if (count <= frames) {
                QCOMPARE(static_cast<int>(std::set<int>(chosen.begin(), chosen.end()).size()), count);
            }
        }
        // Longer clips are drawn with replacement, as by the released code: about a third of the frames is left out.
        std::size_t distinct = 0;
        for (int draw = 0; draw < 200; ++draw) {
            const std::vector<int> chosen = resampleFrames(random, 100, 116, 116);
            QCOMPARE(chosen.size(), std::size_t{116});
            distinct += std::set<int>(chosen.begin(), chosen.end()).size();
        }
        const double share = static_cast<double>(distinct) / (200.0 * 100.0);
        QVERIFY2(std::abs(share - (1.0 - std::exp(-1.16))) < 0.02, qPrintable(QString::number(share)));
    }

    void paddingRepeatsTheEnds() {
        const std::vector<int> padded = padFrames({3, 4, 5, 6, 7}, {.stride = 4, .receptiveField = 16, .leftPad = 6});
        QCOMPARE(static_cast<int>(padded.size()), 6 + 8 + 6);
        QVERIFY(std::all_of(padded.begin(), padded.begin() + 7, [](int frame) { return frame == 3; }));
        QVERIFY(std::all_of(padded.begin() + 10, padded.end(), [](int frame) { return frame == 7; }));
    }

    /// Heads that pool first would have none for a few frames with the released padding alone.
    void everyClipHasAStepInEveryHead() {
        for (int convType = 0; convType <= 9; ++convType) {
            const model::TemporalLayout layout = model::temporalLayout(convType);
            for (int frames = 1; frames < 40; ++frames) {
                const int padded =
                    static_cast<int>(padFrames(std::vector<int>(static_cast<std::size_t>(frames), 5), layout).size());
                const int released = (frames + layout.stride - 1) / layout.stride * layout.stride + 2 * layout.leftPad;
                QVERIFY2(model::temporalSteps(convType, padded) >= 1,
                         qPrintable(QString("type %1, %2 frames").arg(convType).arg(frames)));
                QVERIFY(padded == released || model::temporalSteps(convType, released) == 0);
            }
        }
    }

    void picturesAreCroppedAndFlipped() {
        const int size = 5;
        std::vector<std::uint8_t> rgb;
        for (int pixel = 0; pixel < size * size; ++pixel) {
            rgb.insert(rgb.end(), {static_cast<std::uint8_t>(pixel), static_cast<std::uint8_t>(100 + pixel), 255});
        }
        PictureChange change = plainChange(size, 3);
        std::vector<float> out(27);
        applyChange(change, rgb.data(), size, 3, out.data());
        QCOMPARE(out[0], 6.0F / 127.5F - 1.0F);
        QCOMPARE(out[9 + 5], 113.0F / 127.5F - 1.0F);
        QCOMPARE(out[18], 1.0F);
        change.flip = true;
        applyChange(change, rgb.data(), size, 3, out.data());
        QCOMPARE(out[0], 8.0F / 127.5F - 1.0F);
    }

    void clipsKeepOnlyDistinctFrames() {
        TrainingClip clip;
        clip.size = 4;
        clip.frames = 3;
        clip.rgb.resize(3 * 48);
        clip.labels = {2, 1};
        for (std::size_t index = 0; index < clip.rgb.size(); ++index) {
            clip.rgb[index] = static_cast<std::uint8_t>(index / 48 * 50);
        }
        const PreparedClip prepared = prepareClip(clip, {0, 0, 0, 2, 2}, plainChange(4, 4), 4);
        QCOMPARE(prepared.images.size(0), 2);
        QVERIFY((prepared.imageOfFrame == std::vector<std::int64_t>{0, 0, 0, 1, 1}));
        QVERIFY(torch::allclose(prepared.images[1], torch::full({3, 4, 4}, 100.0 / 127.5 - 1.0)));
    }

    void replayDependsOnTheStepAlone() {
        const ReplayPlan plan{99, 4, 2.5, 40};
        std::map<std::int64_t, int> uses;
        for (std::int64_t step = 0; step < 2000; ++step) {
            const auto drawn = plan.draw(step);
            QVERIFY(drawn == plan.draw(step));
            QCOMPARE(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), std::size_t{4});
            for (const std::int64_t number : drawn) {
                QVERIFY(number >= plan.oldest(step) && number < plan.newest(step));
                ++uses[number];
            }
        }
        const double average = 8000.0 / static_cast<double>(plan.newest(1999));
        QVERIFY(std::abs(average - 2.5) < 0.1);
    }

    void samplesAreMadeOnce() {
        std::atomic<int> made = 0;
        SampleCache<int> cache([&](std::int64_t number) {
            ++made;
            return static_cast<int>(number) * 10;
        });
        std::vector<std::jthread> threads;
        std::atomic<bool> right = true;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int number = 0; number < 50; ++number) {
                    right = right && *cache.get(number) == number * 10;
                }
            });
        }
        threads.clear();
        QVERIFY(right);
        QCOMPARE(made.load(), 50);
        cache.dropBefore(25);
        QCOMPARE(*cache.get(24), 240);
        QCOMPARE(made.load(), 51);
    }

    void batchesComeInOrder() {
        Prefetcher<std::int64_t> prefetcher(3, 60, 5, 3, [](std::int64_t step) { return step * step; });
        for (std::int64_t step = 3; step < 60; ++step) {
            QCOMPARE(prefetcher.take(), step * step);
        }
        Prefetcher<int> failing(0, 10, 2, 2, [](std::int64_t step) -> int {
            if (step == 4) {
                throw std::runtime_error("broken sample");
            }
            return 1;
        });
        QVERIFY_EXCEPTION_THROWN(
            for (int step = 0; step < 10; ++step) { failing.take(); }, std::runtime_error);
    }

    /// Dev is measured as published work does: A A stays or becomes A, and PHOENIX' clean-up counts.
    void devCountsWhatScoringSays() {
        const std::vector<std::string> glosses{"REGEN", "loc-REGEN", "__EMOTION__"};
        Matrix sure(7, 4); // REGEN, blank, REGEN, loc-REGEN, __EMOTION__, blank, blank
        std::fill(sure.values.begin(), sure.values.end(), std::log(0.01F));
        for (const auto& [step, label] : std::map<int, int>{{0, 1}, {1, 0}, {2, 1}, {3, 2}, {4, 3}, {5, 0}, {6, 0}}) {
            sure.at(step, label) = std::log(0.97F);
        }
        using evaluation::Words;
        QCOMPARE(devWords(sure, glosses, {}), (Words{"REGEN", "REGEN", "loc-REGEN", "__EMOTION__"}));
        QCOMPARE(devWords(sure, glosses, {.mergeRepeats = true, .phoenixCleanup = false}),
                 (Words{"REGEN", "loc-REGEN", "__EMOTION__"}));
        QCOMPARE(devWords(sure, glosses, {.mergeRepeats = true, .phoenixCleanup = true}), (Words{"REGEN", "REGEN"}));
    }

    /// Two paths to "A" are together likelier than the one best path, which says nothing.
    void devUsesBeamSearch() {
        Matrix split(2, 2);
        for (int step = 0; step < 2; ++step) {
            split.at(step, 0) = std::log(0.6F);
            split.at(step, 1) = std::log(0.4F);
        }
        QCOMPARE(devWords(split, {"A"}, {}), evaluation::Words{"A"});
    }
};

QTEST_GUILESS_MAIN(TestTrainingData)
#include "tst_training_data.moc"
