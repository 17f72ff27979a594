#include "text_files.h"
#include "ui/setup.h"
#include "ui/style/language.h"
#include "ui/text_format.h"
#include "ui/training/data_check.h"
#include "ui/training/recipe_edit.h"
#include "ui/training/run_recipe.h"
#include "ui/training/training_chart.h"
#include "ui/training/training_texts.h"

#include <QFile>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::test::contentsOf;
using livegloss::test::writeText;
using training::RunFolder;

/// What the training page knows and decides, without its widgets.
class TestTrainingLogic : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        language_.use(QStringLiteral("en"));
    }

    void reportsAreRead() {
        const QJsonObject splits{{QStringLiteral("dev"), QJsonObject{{QStringLiteral("clips"), 3}}},
                                 {QStringLiteral("extra"), QJsonObject{{QStringLiteral("clips"), 1}}},
                                 {QStringLiteral("train"), QJsonObject{{QStringLiteral("clips"), 5},
                                                                       {QStringLiteral("signers"), 2},
                                                                       {QStringLiteral("glosses"), 40},
                                                                       {QStringLiteral("frames"), 900}}}};
        const auto finding = [](const char* problem, const char* message) {
            return QJsonObject{{QStringLiteral("problem"), QLatin1String(problem)},
                               {QStringLiteral("clip"), QStringLiteral("a")},
                               {QStringLiteral("split"), QStringLiteral("dev")},
                               {QStringLiteral("listed_in"), QStringLiteral("dev.csv, line 2")},
                               {QStringLiteral("message"), QLatin1String(message)}};
        };
        const CheckReport report = readCheckReport(
            {{QStringLiteral("layout"), QStringLiteral("csl")},
             {QStringLiteral("vocabulary"), 12},
             {QStringLiteral("splits"), splits},
             {QStringLiteral("notes"), QJsonArray{QStringLiteral("a clip is left out")}},
             {QStringLiteral("problems"), QJsonArray{finding("too_short", "short"), finding("media_missing", "a\tb"),
                                                     finding("too_short", "short too")}}});
        QCOMPARE(report.notes, QStringList{QStringLiteral("a clip is left out")});
        QCOMPARE(report.parts.size(), 3U);
        QVERIFY(report.parts[0].name == QLatin1String("train") && report.parts[0].frames == 900);
        QCOMPARE(report.parts[2].name, QStringLiteral("extra"));
        QCOMPARE(report.kinds(), (QStringList{QStringLiteral("too_short"), QStringLiteral("media_missing")}));
        const QStringList lines = report.text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 4);
        QCOMPARE(lines[2], QStringLiteral("media_missing\ta\tdev\tdev.csv, line 2\ta b"));
    }

    void curvesFollowTheLog() {
        QByteArray log;
        for (int step = 0; step < 5000; ++step) {
            log +=
                QStringLiteral("{\"stage\":\"adapt\",\"step\":%1,\"epoch\":%2,\"sequence_ctc\":%3,\"conv_ctc\":2.0}\n")
                    .arg(step)
                    .arg(step / 1000.0)
                    .arg(step < 50 ? 400.0 : 3.0)
                    .toUtf8();
        }
        for (const auto& [step, wer] : {std::pair{1000, 80.0}, {2000, 40.0}, {3000, 60.0}, {4000, 40.0}}) {
            log += QStringLiteral("{\"stage\":\"adapt-dev\",\"step\":%1,\"wer_percent\":%2}\n")
                       .arg(step)
                       .arg(wer)
                       .toUtf8();
        }
        writeText(path("log.jsonl"), log);
        training::RunHistory history(path("log.jsonl").toStdString());
        history.update();
        const TimeChart chart = TrainingCharts::chart(history, QStringLiteral("adapt"), true);
        QVERIFY(chart.counts && chart.curves.size() == 3 && chart.lanes.size() == 2);
        QVERIFY(chart.times.size() <= 604 && chart.times.size() >= 500);
        QCOMPARE(TrainingCharts::extent(chart).to, fromSeconds(4999.0));
        QVERIFY2(chart.lanes[0].high >= 3.0 && chart.lanes[0].high <= 10.0, "the first losses set the axis");
        const ChartCurve& wer = chart.curves.last();
        const auto at = chartIndexAt(chart, fromSeconds(2500.0));
        QCOMPARE(chartValueAt(wer, *at).value(), 0.4F);
        QVERIFY(!chartValueAt(wer, *chartIndexAt(chart, fromSeconds(500.0))).has_value());
        QCOMPARE(chartValue(chart.lanes[1], 0.4F), QStringLiteral("40.0 %"));
        const std::vector<Measurement> measured = measurementsOf(history);
        QCOMPARE(measured.size(), 4U);
        QVERIFY(measured[1].best && !measured[3].best); // of equally good ones the first is kept
        QCOMPARE(measured[1].epoch.value(), 2.0);
        QVERIFY(TrainingCharts::chart(history, QStringLiteral("head"), true).curves.isEmpty());
        QCOMPARE(TrainingCharts::stages(history), QStringList{QStringLiteral("adapt")});
    }

    /// A recipe that a person wrote beside the run is never written over.
    void runsKeepTheirRecipeBesideAPersonsOwn() {
        QTemporaryDir folder;
        const QString own = folder.filePath(QStringLiteral("mine.json"));
        RecipeEdit shown = RecipeEdit::read(models("quick-recipe.json")).value();
        QVERIFY(shown.save(own));
        RunFolder found;
        found.record = training::RunRecord();
        found.record->recipe = own.toStdString();
        const RunRecipe recipe;
        shown = RecipeEdit::read(own).value();
        QCOMPARE(recipe.file(found, folder.path(), &shown), own); // as it is, it serves
        RecipeValues longer = shown.values();
        longer.steps += 100;
        shown.apply(longer);
        QCOMPARE(recipe.file(found, folder.path(), &shown), folder.filePath(QStringLiteral("recipe.json")));
        found.record->recipe = folder.filePath(QStringLiteral("recipe-2.json")).toStdString();
        QCOMPARE(recipe.file(found, folder.path(), &shown), folder.filePath(QStringLiteral("recipe-2.json")));
    }

    void runsAreSpokenOf() {
        TrainingRun run;
        RunFolder folder;
        const auto view = [&](bool ready = true) { return describeRun(run, folder, QStringLiteral("/r"), ready, 120); };
        QCOMPARE(view().startText, QStringLiteral("Start Training"));
        QVERIFY(view(false).startText.isEmpty());
        folder.state = RunFolder::State::Occupied;
        QVERIFY(view().startText.isEmpty() && view().detail.contains(QLatin1String("/r")));
        folder.state = RunFolder::State::Unfinished;
        QCOMPARE(view().startText, QStringLiteral("Start Again"));
        folder.checkpoint = true;
        QCOMPARE(view().startText, QStringLiteral("Resume"));
        QVERIFY(view().title.contains(QLatin1String("120")));
        QVERIFY(view().detail.contains(QLatin1String("recipe.json"))); // nothing is noted about it
        folder.record = training::RunRecord();
        QVERIFY(!view().detail.contains(QLatin1String("recipe.json")));
        folder.state = RunFolder::State::Finished;
        QVERIFY(!view().detail.contains(QLatin1String("best model")));
        folder.model = true;
        QVERIFY(view().detail.contains(QLatin1String("best model")));
        folder.record->stage = "pretrain";
        QVERIFY(view().detail.contains(QLatin1String("adaptation"))); // there is more to come
        QCOMPARE(view().startText, QStringLiteral("Resume"));
        folder.trainedBy = 4711;
        QVERIFY(view().startText.isEmpty() && view().detail.contains(QLatin1String("4711")));
    }

    void timesAndSpeedsAreReadable() {
        QCOMPARE(formatTimeLeft(31.2), QStringLiteral("32 s left"));
        QCOMPARE(formatTimeLeft(601.0), QStringLiteral("11 min left"));
        QCOMPARE(formatTimeLeft(3.0 * 3600.0 + 59.0), QStringLiteral("3 h 1 min left"));
        QCOMPARE(formatTimeLeft(3.0 * 86400.0), QStringLiteral("3 days left"));
        QCOMPARE(formatTimeLeft(1e12), QStringLiteral("more than 100 days left"));
        QCOMPARE(TrainingTexts::speed(2.0), QStringLiteral("2.0 steps/s"));
        QCOMPARE(TrainingTexts::speed(0.5), QStringLiteral("2.0 s/step"));
    }

    void commandsCanBeTyped() {
        RunPlan plan{QStringLiteral("/usr/bin/livegloss-cli"),
                     QStringLiteral("/a b/r.json"),
                     {},
                     QStringLiteral("/it's"),
                     4,
                     1,
                     true};
        QCOMPARE(shellCommand(plan.program, runArguments(plan)),
                 QStringLiteral("/usr/bin/livegloss-cli train --recipe '/a b/r.json' --work '/it'\\''s' --threads 4 "
                                "--loaders 1 --resume"));
        plan.data = QStringLiteral("/d");
        QVERIFY(runArguments(plan).contains(QStringLiteral("--data")));
        QVERIFY(!runArguments(plan).contains(QStringLiteral("--stage")));
        plan.stage = QStringLiteral("adapt");
        QVERIFY(runArguments(plan).join(QLatin1Char(' ')).contains(QStringLiteral("--stage adapt")));
    }

    void processesEndInEveryWay_data() {
        QTest::addColumn<QByteArray>("script");
        QTest::addColumn<int>("end");
        QTest::addColumn<int>("failing");
        QTest::addColumn<QString>("text");
        using Outcome = CommandOutcome;
        const auto row = [](const char* name, const char* script, Outcome::End end, Outcome::Failing failing,
                            const char* text) {
            QTest::newRow(name) << QByteArray(script) << int(end) << int(failing) << QString::fromLatin1(text);
        };
        row("done", "exit 0", Outcome::End::Done, Outcome::Failing::Told, "");
        row("cancelled", "exit 130", Outcome::End::Cancelled, Outcome::Failing::Told, "");
        row("told", R"(echo '{"event":"error","code":"not_found","message":"no a.csv","hint":"Look."}'; exit 3)",
            Outcome::End::Failed, Outcome::Failing::Told, "no a.csv. Look.");
        row("untold", "echo 'terrible' >&2; exit 1", Outcome::End::Failed, Outcome::Failing::Told, "terrible");
        row("killed", "kill -9 $$", Outcome::End::Failed, Outcome::Failing::Killed, "memory");
        row("crashed", "kill -11 $$", Outcome::End::Failed, Outcome::Failing::Crashed, "unexpectedly");
        row("missing", "", Outcome::End::Failed, Outcome::Failing::Missing, "not where it should be");
    }
    void processesEndInEveryWay() {
        QFETCH(QByteArray, script);
        QFETCH(QString, text);
        CommandProcess process;
        CommandOutcome outcome;
        bool ended = false;
        connect(&process, &CommandProcess::ended, this, [&](const CommandOutcome& how) {
            outcome = how;
            ended = true;
        });
        process.start(script.isEmpty() ? path("nothing") : program(script), {});
        QTRY_VERIFY_WITH_TIMEOUT(ended, 20000);
        QVERIFY(!process.running());
        QTEST(int(outcome.end), "end");
        if (outcome.end == CommandOutcome::End::Failed) {
            QTEST(int(outcome.failing), "failing");
            QVERIFY2(TrainingTexts::failure(outcome).contains(text), qPrintable(TrainingTexts::failure(outcome)));
        }
    }

    void eventsArriveWhole() {
        CommandProcess process;
        QStringList kinds;
        connect(&process, &CommandProcess::event, this,
                [&](const QJsonObject& event) { kinds.append(event[QLatin1String("event")].toString()); });
        QSignalSpy ended(&process, &CommandProcess::ended);
        process.start(program("printf '{\"event\":\"a\"}\\nno json\\n{\"event\":'; sleep 0.1; printf '\"b\"}\\n'"), {});
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 20000);
        QCOMPARE(kinds, (QStringList{QStringLiteral("a"), QStringLiteral("b")}));
    }

    void aCommandThatIsLeftStopsByItself() {
        const QString mark = path("stopped");
        {
            CommandProcess process;
            QSignalSpy events(&process, &CommandProcess::event);
            process.start(program("trap 'echo int >> \"$1\"' INT\necho '{\"event\":\"a\"}'\nread line\n"
                                  "for wait in 1 2 3 4 5; do sleep 0.1; done\necho end >> \"$1\""),
                          {mark});
            QTRY_VERIFY_WITH_TIMEOUT(!events.isEmpty(), 20000);
        }
        // By its input: Ctrl+C in the terminal has interrupted it already.
        QTRY_VERIFY_WITH_TIMEOUT(contentsOf(mark).endsWith("end\n"), 20000);
        QCOMPARE(contentsOf(mark), QByteArray("end\n"));
    }

    /// livegloss-cli takes a second interrupt as the wish to end without a checkpoint.
    void aCommandIsInterruptedOnce() {
        const QString marks = path("marks");
        {
            CommandProcess process;
            QSignalSpy events(&process, &CommandProcess::event);
            process.start(
                program("trap 'echo int >> \"$1\"' INT\necho '{\"event\":\"a\"}'\nwhile read line; do :; done\n"
                        "for wait in 1 2 3 4 5 6 7 8; do sleep 0.1; done\necho end >> \"$1\""),
                {marks});
            QTRY_VERIFY_WITH_TIMEOUT(!events.isEmpty(), 20000);
            process.stop();
            QTRY_COMPARE_WITH_TIMEOUT(contentsOf(marks), QByteArray("int\n"), 20000);
            process.stop();
        } // as when the window is closed a second time
        QTRY_VERIFY_WITH_TIMEOUT(contentsOf(marks).endsWith("end\n"), 20000);
        QCOMPARE(contentsOf(marks), QByteArray("int\nend\n"));
    }

private:
    QString path(const char* name) const { return folder_.filePath(QLatin1String(name)); }
    static QString models(const char* name) {
        return QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/") + QLatin1String(name);
    }
    QString program(const QByteArray& script) {
        const QString file = folder_.filePath(QStringLiteral("program-%1").arg(++programs_));
        writeText(file, "#!/bin/sh\n" + script + "\n");
        QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return file;
    }

    Language language_;
    QTemporaryDir folder_;
    int programs_ = 0;
};

QTEST_MAIN(TestTrainingLogic)
#include "tst_training_logic.moc"
