#include "run_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

namespace {

/// Another data set: where it lies, or what its signs are called.
class OtherSource final : public SquareSource {
public:
    OtherSource(std::string identity, std::vector<std::string> glosses)
        : SquareSource(9), identity_(std::move(identity)), glosses_(std::move(glosses)) {}
    std::string identity() const override { return identity_; }
    const std::vector<std::string>& glosses() const override { return glosses_; }

private:
    std::string identity_;
    std::vector<std::string> glosses_;
};

/// What a run tells, line by line.
std::string toldBy(const Recipe& recipe, const SampleSource& source, const QString& folder, int polls) {
    TrainOptions options = optionsFor(folder);
    std::string told;
    options.report = [&](const std::string& line) { told += line + "\n"; };
    int polled = 0;
    options.stopRequested = [&] { return ++polled > polls; };
    const auto outcome = train(recipe, source, options);
    return outcome ? told : "failed: " + outcome.error().message;
}

/// Trains in runs that are stopped at the poll after the `polls`-th; returns how many that took.
int trainInPieces(const Recipe& recipe, const SampleSource& source, const QString& folder, int polls) {
    int runs = 0;
    for (bool done = false; !done && runs < 200; ++runs) {
        TrainOptions options = optionsFor(folder);
        options.threads = 1 + runs % 2;
        options.loaders = 1 + runs % 3;
        int polled = 0;
        options.stopRequested = [&] { return ++polled > polls; };
        const auto part = train(recipe, source, options);
        if (!part) {
            qFatal("%s", part.error().message.c_str());
        }
        done = part->finished;
        if (!done && !hasCheckpoint(folder.toStdString())) {
            qFatal("there is nothing to go on from");
        }
    }
    return runs;
}

} // namespace

/// How training runs begin, are stopped, go on and end.
class TestTrainingRuns : public QObject {
    Q_OBJECT

private slots:
    /// Epochs over a set with an end, averaged gradients and recomputed blocks: stopped at every step and resumed, with
    /// other numbers of threads, the losses are those of a run that was never stopped.
    void resumedEpochsEqualAnUninterruptedRun() {
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 8;
        json["adapt"]["accumulate"] = 2;
        json["adapt"]["cache_megabytes"] = 0;
        json["gradient_checkpointing"] = true;
        json["adapt"]["average_decay"] = 0.9;
        const SquareSource source(9);
        QTemporaryDir whole;
        const TrainOutcome outcome = finished(json, source, whole.path());
        QCOMPARE(outcome.steps, 16); // 9 clips are 2 steps of 2 x 2
        const auto expected = losses(whole.path());
        QVERIFY(expected.contains({"adapt", 15}));

        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QTemporaryDir pieces;
        const int runs = trainInPieces(recipe, source, pieces.path(), 1);
        QVERIFY(runs >= 16 && runs < 40);
        const auto actual = losses(pieces.path());
        for (const auto& [key, value] : expected) {
            QVERIFY(actual.contains(key));
            QVERIFY2(std::abs(actual.at(key) - value) <= 1e-6 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(actual.at(key)).arg(value)));
        }
        const auto first = modelIn(whole.path());
        const auto second = modelIn(pieces.path());
        QVERIFY(first.tensors().size() > 50);
        for (const auto& info : first.tensors()) {
            QVERIFY2(first.readFloats(info.name).value() == second.readFloats(info.name).value(), info.name.c_str());
        }
    }

    /// Stopped while features are computed and while the head is trained, nothing is done again that was done.
    void resumedHeadStageEqualsAnUninterruptedRun() {
        auto json = smallRecipe();
        json["head"] = {{"clips", 9}, {"steps", 61}, {"batch", 2}, {"rate", {{"rate", 3e-3}}}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        const SquareSource source(9);
        QTemporaryDir whole;
        finished(json, source, whole.path());
        QTemporaryDir pieces;
        const int runs = trainInPieces(recipe, source, pieces.path(), 4);
        QVERIFY2(runs >= 16 && runs < 40, qPrintable(QString::number(runs)));
        for (const char* stage : {"head", "adapt"}) {
            const auto expected = logged(whole.path(), stage, "gradient_norm");
            const auto actual = logged(pieces.path(), stage, "gradient_norm");
            QVERIFY(expected.size() >= 2);
            for (const auto& [step, value] : expected) {
                QVERIFY(actual.contains(step));
                QVERIFY2(std::abs(actual.at(step) - value) <= 1e-5 * value,
                         qPrintable(QString("%1 %2: %3, not %4").arg(stage).arg(step).arg(actual.at(step)).arg(value)));
            }
        }
        QVERIFY(!QFile::exists(pieces.filePath("head.safetensors")));
        QVERIFY(!QFile::exists(pieces.filePath("head-features.safetensors")));
    }

    /// Features are gone on from where recipe, data, glosses and encoder are those that they were made with.
    void keptFeaturesBelongToWhatTheyWereMadeFrom() {
        auto json = smallRecipe();
        QTemporaryDir backbones;
        for (const int seed : {1, 2}) {
            json["seed"] = seed;
            finished(json, SquareSource(4), backbones.path());
            QVERIFY(QFile::rename(backbones.filePath("model.safetensors"), backbones.filePath(QString::number(seed))));
            QVERIFY(QFile::remove(backbones.filePath("adapt.safetensors")));
        }
        const QString backbone = backbones.filePath("backbone.safetensors");
        QVERIFY(QFile::copy(backbones.filePath("1"), backbone));
        json["backbone"] = backbone.toStdString();
        json["head"] = {{"clips", 9}, {"steps", 3}, {"batch", 2}, {"rate", {{"rate", 3e-3}}}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        const std::vector<std::string> glosses{"LEFT", "MIDDLE", "RIGHT"};
        const OtherSource source("/data", glosses);
        QTemporaryDir folder;
        const auto told = [&](const Recipe& with, const SampleSource& data) {
            return toldBy(with, data, folder.path(), 1); // one block of features, then it stops
        };
        const auto anew = [](const char* what) {
            return std::string("head: the kept features are of ") + what + " and are made anew\n";
        };
        QCOMPARE(told(recipe, source), std::string());
        QCOMPARE(told(recipe, source), std::string());
        const OtherSource moved("/other", glosses);
        QCOMPARE(told(recipe, moved), anew("other data"));
        QCOMPARE(told(recipe, moved), std::string());
        const OtherSource renamed("/other", {"LINKS", "MITTE", "RECHTS"});
        QCOMPARE(told(recipe, renamed), anew("other glosses"));
        QVERIFY(QFile::remove(backbone) && QFile::copy(backbones.filePath("2"), backbone));
        QCOMPARE(told(recipe, renamed), anew("another backbone"));
        json["adapt"]["flips"] = 0.1;
        QCOMPARE(told(parseRecipe(json.dump(), "here").value(), renamed), anew("another recipe"));
        QFile damaged(folder.filePath("head-features.safetensors"));
        QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write("nothing") == 7);
        damaged.close();
        const std::string message = told(recipe, source);
        QVERIFY2(message.starts_with("head: the kept features are made anew: "), message.c_str());
    }

    /// A head that was trained on features of another backbone is not gone on with.
    void halfTrainedHeadsBelongToTheirBackbone() {
        auto json = smallRecipe();
        QTemporaryDir folder;
        finished(json, SquareSource(4), folder.path());
        const QString backbone = folder.filePath("backbone.safetensors");
        QVERIFY(QFile::rename(folder.filePath("model.safetensors"), backbone));
        json["backbone"] = backbone.toStdString();
        json["head"] = {{"clips", 4}, {"steps", 30}, {"batch", 2}, {"rate", {{"rate", 3e-3}}}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QTemporaryDir run;
        QVERIFY(toldBy(recipe, SquareSource(4), run.path(), 12).find("made anew") == std::string::npos);
        QVERIFY(QFile::exists(run.filePath("head.safetensors")));
        QVERIFY(toldBy(recipe, SquareSource(4), run.path(), 2).find("head resumes at step") != std::string::npos);
        json.erase("backbone");
        json["head"]["clips"] = 0;
        json["seed"] = 9;
        QTemporaryDir another;
        finished(json, SquareSource(4), another.path());
        QVERIFY(QFile::remove(backbone) && QFile::rename(another.filePath("model.safetensors"), backbone));
        const std::string told = toldBy(recipe, SquareSource(4), run.path(), 2);
        QVERIFY2(told.find("head.safetensors began with another encoder and is made anew") != std::string::npos,
                 told.c_str());
        QVERIFY(told.find("resumes") == std::string::npos);
    }

    void stoppedRunsTellTheirFigures() {
        QTemporaryDir folder;
        TrainOptions options = optionsFor(folder.path());
        int polled = 0;
        options.stopRequested = [&] { return ++polled > 6; };
        const auto outcome = train(parseRecipe(smallRecipe().dump(), "here").value(), ImpossibleClip(), options);
        QVERIFY(outcome && !outcome->finished);
        QCOMPARE(outcome->steps, 6); // 4 are an epoch
        QVERIFY(outcome->bestWer >= 0.0);
        QVERIFY(outcome->stepSeconds > 0.0);
        QCOMPARE(outcome->skipped, static_cast<std::int64_t>(logged(folder.path(), "adapt-skipped", "skipped").size()));
    }

    /// A run is told to have begun once it is certain that it does, and before anything is done.
    void runsBeginOnceTheyWereAccepted() {
        auto json = smallRecipe();
        json["head"] = {{"clips", 4}, {"steps", 3}, {"batch", 2}};
        const Recipe recipe = parseRecipe(json.dump(), "here").value();
        QTemporaryDir folder;
        TrainOptions options = optionsFor(folder.path());
        int begun = 0;
        bool before = true;
        options.begun = [&]() -> Result<void> {
            ++begun;
            before =
                before && !hasCheckpoint(folder.path().toStdString()) && !QFile::exists(folder.filePath("log.jsonl"));
            return {};
        };
        QVERIFY(train(recipe, SquareSource(4), options));
        QVERIFY(before);
        QCOMPARE(begun, 1);
        QVERIFY(train(recipe, SquareSource(4), options)); // a checkpoint to go on from
        QCOMPARE(begun, 2);
        const OtherSource renamed({}, {"LINKS", "MITTE", "RECHTS"});
        QVERIFY(!train(recipe, renamed, options));
        json["adapt"]["rate"]["drop_at_epochs"] = {1};
        json["adapt"]["steps"] = 9;
        json["pretrain"]["steps"] = 3; // what would fail after it is found before
        QTemporaryDir fresh;
        options.workFolder = fresh.path().toStdString();
        const auto endless = train(parseRecipe(json.dump(), "here").value(), SquareSource(), options);
        QVERIFY(!endless && endless.error().message.find("drop_at_epochs") != std::string::npos);
        QVERIFY(!QFile::exists(fresh.filePath("log.jsonl")) && !QFile::exists(fresh.filePath("pretrain.safetensors")));
        QCOMPARE(begun, 2);
        options.begun = [] { return failure(ErrorCode::WriteFailed, "the disk is full"); };
        const auto full = train(recipe, SquareSource(4), options);
        QVERIFY(!full && full.error().message == "the disk is full");
        QVERIFY(!QFile::exists(fresh.filePath("log.jsonl")));
    }

    void endsEarlyWhereNothingGetsBetter() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        json["adapt"]["epochs"] = 50;
        json["adapt"]["early_stop"] = 2;
        json["adapt"]["rate"] = {{"rate", 0.0}}; // only the batch norms' statistics move
        const TrainOutcome outcome = finished(json, SquareSource(9), folder.path());
        QVERIFY2(outcome.steps < 200, qPrintable(QString::number(outcome.steps)));
        QVERIFY(outcome.finished);
        QVERIFY(outcome.bestWer >= 0.0);
    }

    void endlessSuppliesNeedAnEndOrSteps() {
        QTemporaryDir folder;
        auto json = smallRecipe();
        const auto refused = train(parseRecipe(json.dump(), "here").value(), SquareSource(), optionsFor(folder.path()));
        QVERIFY(!refused);
        QVERIFY2(refused.error().hint.find("adapt.clips") != std::string::npos, refused.error().message.c_str());
        json["adapt"]["clips"] = 4;
        json["adapt"]["dev_clips"] = 2;
        QCOMPARE(finished(json, SquareSource(), folder.path()).steps, 4);
    }
};

QTEST_GUILESS_MAIN(TestTrainingRuns)
#include "tst_training_runs.moc"
