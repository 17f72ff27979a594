#include "cli_runner.h"
#include "training/run_folder.h"

#include <QDir>
#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

using nlohmann::json;

namespace {

/// The signer is not drawn any smaller.
constexpr const char* signersModel =
    R"("model": {"width": 64, "layers": 1, "patch": 32, "resolution": 96, "resize": 108, "embed_dim": 24, "hidden": 24,
                 "conv_type": 1, "fps": 12.5})";
constexpr const char* tinyModel =
    R"("model": {"width": 64, "layers": 1, "patch": 16, "resolution": 64, "resize": 72, "embed_dim": 24, "hidden": 24,
                 "conv_type": 1, "fps": 12.5})";

QByteArray contentsOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

/// Training as a person does it: drawn clips as files, a recipe, a model.
class TestCliTraining : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        for (const auto& [split, clips] : {std::pair{"train", "4"}, std::pair{"dev", "2"}}) {
            const Outcome drawn =
                runCli({"synth", "--out", path("data"), "--split", split, "--clips", clips, "--size", "96"});
            QVERIFY2(drawn.code == 0, qPrintable(drawn.err));
        }
        writeFile(path("recipe.json"), QByteArray(R"({"name": "files", )") + tinyModel +
                                           R"(, "modules": {"prefixes": false, "direction": "past"},
                                               "adapt": {"epochs": 2, "min_frames": 20, "rate": {"rate": 1e-3}}})");
    }

    void dataSetsBecomeModels() {
        const QStringList command{
            "train", "--data", path("data"), "--recipe", path("recipe.json"), "--output", path("model.safetensors")};
        const Outcome fresh = runCli(command + QStringList{"--resume"});
        QCOMPARE(fresh.code, 3);
        QVERIFY2(fresh.err.contains("there is no checkpoint"), qPrintable(fresh.err));
        // The model goes where a link leads to, and touches no other file.
        QVERIFY(QDir().mkpath(path("models")));
        QVERIFY(QFile::link(path("models/best.safetensors"), path("model.safetensors")));
        writeFile(path("model.safetensors.part"), "somebody's");
        // What a cut-off clip has left is used, and that is told once.
        const QDir clips(path("data/train"));
        const QString cut = clips.filePath(clips.entryList({"*.mp4"}).first());
        const QByteArray whole = contentsOf(cut);
        writeFile(cut, whole.first(whole.size() * 95 / 100));
        const Outcome trained = runCli(command);
        writeFile(cut, whole);
        QVERIFY2(trained.code == 0, qPrintable(trained.err));
        QVERIFY2(trained.err.count(cut + " is damaged or cut off") == 1, qPrintable(trained.err));
        QCOMPARE(contentsOf(path("models/best.safetensors")),
                 contentsOf(path("model.safetensors.training/model.safetensors")));
        QCOMPARE(QDir(path("models")).entryList(QDir::Files).size(), 1);
        QCOMPARE(contentsOf(path("model.safetensors.part")), QByteArray("somebody's"));
        const QString work = path("model.safetensors.training/");
        int steps = 0;
        int measurements = 0;
        for (const QByteArray& line : contentsOf(work + "log.jsonl").split('\n')) {
            const json entry = json::parse(line.toStdString(), nullptr, false);
            steps += entry.is_object() && entry["stage"] == "adapt" && entry.contains("wait_seconds") ? 1 : 0;
            measurements += entry.is_object() && entry["stage"] == "adapt-dev" ? 1 : 0;
        }
        QVERIFY(steps >= 1);
        QCOMPARE(measurements, 2); // after each epoch
        QVERIFY(contentsOf(work + "curves.svg").endsWith("</svg>\n"));
        const QImage curves(work + "curves.png");
        QCOMPARE(curves.size(), QSize(2000, 880));
        const json facts = parsed(runCli({"inspect", path("model.safetensors"), "--json"}).out);
        QCOMPARE(facts["modules"].get<std::string>(), std::string("adapters aggregation cross-frame"));
        QCOMPARE(facts["cross_frame_direction"].get<std::string>(), std::string("past"));
        const Outcome tested = runCli({"evaluate", "--model", path("model.safetensors"), "--data", path("data"),
                                       "--split", "dev", "--online", "--json"});
        QVERIFY2(tested.code == 0, qPrintable(tested.err));
        QVERIFY(parsed(tested.out).contains("wer_percent"));

        const Outcome again = runCli(command + QStringList{"--resume"});
        QVERIFY2(again.code == 0 && again.err.contains("resumes at step 4 of 4"), qPrintable(again.err));

        // A run that is refused leaves the record of the one before as it is.
        const QByteArray record = contentsOf(work + "run.json");
        writeFile(path("wider.json"), contentsOf(path("recipe.json")).replace("\"hidden\": 24", "\"hidden\": 32"));
        const QStringList wider{"train", "--data", path("data"), "--recipe", path("wider.json"), "--work", work};
        const Outcome refused = runCli(wider);
        QVERIFY2(refused.code == 3 && refused.err.contains("has shape"), qPrintable(refused.err));
        QCOMPARE(contentsOf(work + "run.json"), record);
        // Without a record, the checkpoint goes on only with the recipe that lies beside it.
        QVERIFY(QFile::remove(work + "run.json"));
        const Outcome unknown = runCli(command);
        QVERIFY2(unknown.code == 2 && unknown.err.contains("nothing says with which recipe"), qPrintable(unknown.err));
        QVERIFY(QFile::copy(path("recipe.json"), work + "recipe.json"));
        QVERIFY2(runCli(wider).err.contains("another recipe than this one"), "other recipes are refused");
        QCOMPARE(runCli(command).code, 0);
        QVERIFY(QFile::exists(work + "run.json"));
    }

    void withoutDevThePartTestIsMeasuredAndThatIsSaid() {
        QVERIFY(QDir().mkpath(path("nodev")));
        QDir().mkpath(path("nodev/clips"));
        QByteArray table("path\tglosses\tsplit\n");
        for (const auto& [from, to] : {std::pair{"train", "train"}, std::pair{"dev", "test"}}) {
            QFile list(path(QString("data/%1.stm").arg(from)));
            QVERIFY(list.open(QIODevice::ReadOnly));
            for (const QByteArray& line : list.readAll().split('\n')) {
                const QList<QByteArray> words = line.simplified().split(' ');
                if (words.size() > 5) {
                    const QString clip = QString("clips/%1-%2.mp4").arg(to, words[0]);
                    QVERIFY(QFile::copy(path(QString("data/%1/%2.mp4").arg(from, words[0])), path("nodev/" + clip)));
                    table +=
                        clip.toUtf8() + '\t' + words.mid(words[5].startsWith('<') ? 6 : 5).join(' ') + '\t' + to + '\n';
                }
            }
        }
        writeFile(path("nodev/dataset.tsv"), table);
        const Outcome run =
            runCli({"train", "--data", path("nodev"), "--recipe", path("recipe.json"), "--work", path("nodev-run")});
        QVERIFY2(run.code == 0, qPrintable(run.err));
        const QString told = run.err + run.out;
        QVERIFY2(told.contains("has no part dev: its part test chooses the best model"), qPrintable(told));
        QVERIFY2(told.contains("clips of test"), qPrintable(told));
    }

    void programsCanFollowARun() {
        const QStringList command{"train",  "--data",      path("data"), "--recipe", path("recipe.json"),
                                  "--work", path("watch"), "--events"};
        const Outcome run = runCli(command);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        const std::vector<json> events = eventsOf(run.out);
        QVERIFY(count(events, "message") >= 2 && count(events, "progress") >= 1);
        QCOMPARE(count(events, "measured"), 2);
        const json* last = nullptr;
        for (const json& event : events) {
            last = event["event"] == "progress" ? &event : last;
        }
        QCOMPARE((*last)["step"].get<int>(), 4);
        QCOMPARE((*last)["steps"].get<int>(), 4);
        QVERIFY((*last)["losses"].contains("sequence_ctc") && (*last)["stage"] == "adapt");
        QCOMPARE(events.back()["event"].get<std::string>(), std::string("end"));
        QVERIFY(events.back()["finished"].get<bool>() && events.back()["best_wer_percent"].is_number());
        const json record = parsed(QString::fromUtf8(contentsOf(path("watch/run.json"))));
        QCOMPARE(record["data"].get<std::string>(), path("data").toStdString());
        QVERIFY(record["finished"].get<bool>());

        const Outcome refused = runCli({"train", "--recipe", path("none.json"), "--work", path("w"), "--events"});
        QCOMPARE(refused.code, 3);
        const std::vector<json> told = eventsOf(refused.out);
        QCOMPARE(told.size(), 1U);
        QVERIFY(told[0]["code"] == "not_found" &&
                told[0]["message"].get<std::string>().find("none.json") != std::string::npos);
    }

    void missingFirstModelsAreNamed() {
        for (const char* key : {"start", "backbone"}) {
            writeFile(path("further.json"), QByteArray("{\"name\": \"on\", \"") + key + "\": \"first.safetensors\"}");
            const Outcome refused =
                runCli({"train", "--data", path("data"), "--recipe", path("further.json"), "--work", path("further")});
            QCOMPARE(refused.code, 3);
            QVERIFY2(refused.err.contains(QString("recipe's \"%1\" is %2").arg(key, path("first.safetensors"))),
                     qPrintable(refused.err));
            QVERIFY(!QFile::exists(path("further")));
        }
    }

    /// As when the window that started it was killed.
    void runsEndWithTheirInputAndOnlyOneTrainsInAFolder() {
        writeFile(path("long.json"), QByteArray(R"({"name": "files", )") + tinyModel +
                                         R"(, "adapt": {"steps": 1000000, "dev_every": 1000000, "min_frames": 20}})");
        const QStringList command{"train",  "--data",     path("data"), "--recipe",         path("long.json"),
                                  "--work", path("long"), "--events",   "--stop-with-input"};
        QProcess first;
        first.start(QStringLiteral(LIVEGLOSS_CLI), command);
        QTRY_VERIFY_WITH_TIMEOUT(contentsOf(path("long/log.jsonl")).contains("\"step\":10,"), 60000);
        const Outcome second = runCli(command);
        QCOMPARE(second.code, 2);
        QVERIFY2(second.err.contains(QStringLiteral("another process (%1) trains").arg(first.processId())),
                 qPrintable(second.err));
        QVERIFY(QFile::remove(path("long/adapt.safetensors")));
        first.closeWriteChannel();
        QVERIFY(first.waitForFinished(60000));
        QCOMPARE(first.exitCode(), 130);
        QVERIFY(QFile::exists(path("long/adapt.safetensors")));
        QVERIFY(!parsed(QString::fromUtf8(contentsOf(path("long/run.json"))))["finished"].get<bool>());
        const std::vector<json> events = eventsOf(QString::fromUtf8(first.readAllStandardOutput()));
        QCOMPARE(events.back()["code"].get<std::string>(), std::string("cancelled"));
    }

    void badRecipesAndDataAreNamed() {
        QByteArray typo = contentsOf(path("recipe.json"));
        writeFile(path("typo.json"), typo.replace("epochs", "epoch"));
        const Outcome refused =
            runCli({"train", "--data", path("data"), "--recipe", path("typo.json"), "--work", path("w")});
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("\"adapt.epoch\" is not a known key; did you mean \"epochs\"?"),
                 qPrintable(refused.err));

        const QDir clips(path("data/train"));
        const QString name = clips.entryList({"*.mp4"}, QDir::Files).first();
        QVERIFY(QDir().mkpath(path("damaged/train")) && QDir().mkpath(path("damaged/dev")));
        for (const char* list : {"train.stm", "dev.stm"}) {
            QVERIFY(QFile::copy(path("data/") + list, path("damaged/") + list));
        }
        for (const QString& part : {QStringLiteral("train/"), QStringLiteral("dev/")}) {
            for (const QString& file : QDir(path("data/") + part).entryList({"*.mp4"}, QDir::Files)) {
                QVERIFY(QFile::copy(path("data/") + part + file, path("damaged/") + part + file));
            }
        }
        QVERIFY(QFile::remove(path("damaged/train/") + name));
        writeFile(path("damaged/train/") + name, "no video");
        const Outcome damaged =
            runCli({"train", "--data", path("damaged"), "--recipe", path("recipe.json"), "--work", path("d")});
        QCOMPARE(damaged.code, 3);
        QVERIFY2(damaged.err.contains("train.stm, line") && damaged.err.contains(name), qPrintable(damaged.err));
        QVERIFY2(runCli({"train", "--recipe", path("recipe.json")}).err.contains("--output"), "a place is needed");
    }

    void reproductionGoesOnCellByCell() {
        writePlan();
        const QStringList command = reproduce({"--seeds", "2", "--test-clips", "1", "--steps", "2"});
        const Outcome first = runCli(command);
        QVERIFY2(first.code == 0, qPrintable(first.err));
        QVERIFY2(first.out.contains("| freezing | 1 of 2 | 2 |"), qPrintable(first.out));
        QVERIFY2(first.out.contains("| AdaptSign | 0 of 2 | - | not run yet | not run yet | not run yet | not run yet "
                                    "| 18.5 | - | - |"),
                 qPrintable(first.out));
        QVERIFY2(first.out.contains("by beam search, on 1 sentences"), qPrintable(first.out));
        QVERIFY2(first.out.contains("| Adapters | 7.94 | 7.94 | 0.1 |"), qPrintable(first.out));
        QCOMPARE(contentsOf(path("paper/tables.md")), first.out.toUtf8());
        QVERIFY(first.out.contains("Step s: the median of the steps that a cell's runs logged"));
        const QByteArray result = contentsOf(path("paper/plain-seed2/result.json"));
        QVERIFY(result.contains("test_wer_percent"));
        const Outcome second = runCli(command);
        QCOMPARE(second.out, first.out); // nothing is trained twice
        QCOMPARE(contentsOf(path("paper/plain-seed2/result.json")), result);
        QVERIFY(runCli(reproduce({"--list"})).out.contains("not run yet"));
        const Outcome unknown =
            runCli({"reproduce", "--plan", path("plan.json"), "--output", path("p"), "--cell", "x"});
        QCOMPARE(unknown.code, 2);
    }

    void onlyOneProcessTrainsACell() {
        QDir().mkpath(path("locked/plain-seed1"));
        const auto lock = livegloss::training::RunLock::take(path("locked/plain-seed1").toStdString());
        QVERIFY(lock.has_value());
        const Outcome passed = runCli({"reproduce", "--plan", path("plan.json"), "--output", path("locked"), "--cell",
                                       "plain", "--seeds", "1", "--steps", "2"});
        QVERIFY2(passed.code == 0, qPrintable(passed.err));
        const QString holder =
            QStringLiteral("process %1 is at it; passed over").arg(QCoreApplication::applicationPid());
        QVERIFY2(passed.err.contains(holder), qPrintable(passed.err));
        QCOMPARE(QDir(path("locked/plain-seed1")).entryList(QDir::Files), QStringList{"run.lock"});
    }

    /// Without any run: the cells are measured side by side, and the tables say so.
    void stepsAreTimedInTurn() {
        const QStringList command{"reproduce", "--plan", path("plan.json"), "--output", path("times"), "--seeds", "2"};
        const Outcome timed = runCli(command + QStringList{"--step-times", "3"});
        QVERIFY2(timed.code == 0, qPrintable(timed.err));
        const json times = parsed(QString::fromUtf8(contentsOf(path("times/step_times.json"))));
        QCOMPARE(times["rounds"].get<int>(), 3);
        QVERIFY(times["median_step_seconds"].size() == 2 && !times["machine"].get<std::string>().empty());
        const double plain = times["median_step_seconds"]["plain"].get<double>();
        const double whole = times["median_step_seconds"]["whole"].get<double>();
        QVERIFY2(plain > 0.0 && whole > 0.0 && whole != plain, qPrintable(QString("%1 and %2").arg(plain).arg(whole)));
        QVERIFY2(timed.out.contains("the median of 3 steps without waiting for data, one of each cell in turn"),
                 qPrintable(timed.out));
        QVERIFY2(
            timed.out.contains(QStringLiteral("| freezing | 0 of 2 | - | not run yet | not run yet | not run yet | "
                                              "%1 | 28.6 | 29.7 | 0.28 |")
                                   .arg(plain, 0, 'f', 2)),
            qPrintable(timed.out));
        QCOMPARE(QDir(path("times")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
                 (QStringList{"step_times.json", "tables.md"}));
        // Of one cell only: the other row shows what its runs logged, and says so.
        QVERIFY(QFile::copy(path("times/step_times.json"), path("paper/step_times.json")));
        json some = times;
        some["median_step_seconds"].erase("plain");
        writeFile(path("paper/step_times.json"), QByteArray::fromStdString(some.dump()));
        const Outcome table = runCli(reproduce({"--seeds", "2", "--test-clips", "1", "--steps", "2"}));
        QVERIFY2(QRegularExpression(R"(\| freezing \|[^\n]*\| [\d.]+ \(log\) \| 28\.6)").match(table.out).hasMatch(),
                 qPrintable(table.out));
        QVERIFY(QFile::remove(path("paper/step_times.json")));
    }

    /// As the command before leaves it when it is stopped during the test: trained, but without a result.
    void cellsThatWereStoppedDuringTheTestKeepTheirStepTime() {
        const QString file = path("paper/plain-seed2/result.json");
        const json before = json::parse(contentsOf(file).toStdString());
        QVERIFY(before["step_seconds"].get<double>() > 0.0);
        QVERIFY(before["dev_wer_percent_before_adaptation"].is_number());
        QVERIFY(QFile::remove(file));
        const Outcome again = runCli(reproduce({"--seeds", "2", "--test-clips", "1", "--steps", "2"}));
        QVERIFY2(again.code == 0, qPrintable(again.err));
        json after = json::parse(contentsOf(file).toStdString());
        QVERIFY(after["minutes"].get<double>() >= 0.0);
        after["minutes"] = before["minutes"];
        QVERIFY2(after == before, after.dump().c_str());
        // What is not known is in no mean.
        after["step_seconds"] = nullptr;
        writeFile(file, QByteArray::fromStdString(after.dump()));
        const Outcome table = runCli(reproduce({"--seeds", "2", "--test-clips", "1", "--steps", "2"}));
        QVERIFY2(QRegularExpression(R"(\| freezing \| 1 of 2 \| 2 \| [\d.]+ \| [\d.]+ \| [\d.]+ \| - \| 28\.6)")
                     .match(table.out)
                     .hasMatch(),
                 qPrintable(table.out));
        writeFile(file, QByteArray::fromStdString(before.dump()));
    }

    void tryOutsAreNoResults() {
        const Outcome listed = runCli(reproduce({"--list"}));
        QVERIFY2(listed.out.contains("run otherwise: 2 steps, 1 test clips"), qPrintable(listed.out));
        const QString file = path("paper/plain-seed2/result.json");
        const json before = json::parse(contentsOf(file).toStdString());
        // Another test: the trained model is only tested again.
        const Outcome tested = runCli(reproduce({"--seeds", "2", "--test-clips", "2", "--steps", "2"}));
        QVERIFY2(tested.code == 0 && tested.err.contains("its test was on 1 clips"), qPrintable(tested.err));
        const json retested = json::parse(contentsOf(file).toStdString());
        QCOMPARE(retested["test_clips"].get<int>(), 2);
        QVERIFY(retested["recipe_sha256"] == before["recipe_sha256"] &&
                retested["step_seconds"] == before["step_seconds"]);
        // Another number of steps: trained anew, and the table of one run has nothing of the other's.
        const Outcome other = runCli(reproduce({"--seeds", "1,2", "--test-clips", "2", "--steps", "3"}));
        QVERIFY2(other.code == 0 && other.err.contains("it is now called plain-seed2.earlier-1"),
                 qPrintable(other.err));
        QVERIFY2(other.out.contains("| freezing | 2 of 2 | 3 |"), qPrintable(other.out));
        QCOMPARE(json::parse(contentsOf(file).toStdString())["steps"].get<int>(), 3);
        QVERIFY(json::parse(contentsOf(path("paper/plain-seed2.earlier-1/result.json")).toStdString()) == retested);
    }

private:
    void writePlan() const {
        writeFile(path("plan.json"), QByteArray(R"({"seeds": [1, 2], "test": {"clips": 3, "seed": 7}, "base": {)") +
                                         signersModel +
                                         R"(, "head": {"clips": 2, "steps": 1, "batch": 2},
                          "adapt": {"steps": 30, "keep_clips": 2, "min_frames": 20, "dev_clips": 1}},
            "cells": {"plain": {"method": "freezing"}, "whole": {}},
            "tables": [{"title": "Methods", "rows": [
              {"name": "freezing", "cell": "plain", "paper": {"dev": 28.6, "test": 29.7, "step_seconds": 0.28}},
              {"name": "AdaptSign", "cell": "whole", "paper": {"dev": 18.5}}]}]})");
    }
    QStringList reproduce(const QStringList& options) const {
        return QStringList{"reproduce", "--plan", path("plan.json"), "--output", path("paper"), "--cell", "plain"} +
               options;
    }
    static std::vector<json> eventsOf(const QString& out) {
        std::vector<json> events;
        for (const QString& line : out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            events.push_back(parsed(line));
        }
        return events;
    }
    static int count(const std::vector<json>& events, const char* kind) {
        return static_cast<int>(
            std::count_if(events.begin(), events.end(), [&](const json& event) { return event["event"] == kind; }));
    }
    QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestCliTraining)
#include "tst_cli_training.moc"
