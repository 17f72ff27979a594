#include "cli_clip.h"
#include "cli_runner.h"
#include "random_model.h"
#include "text_files.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>

using namespace livegloss;
using livegloss::test::contentsOf;
using nlohmann::json;

class TestCliEvaluate : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString model_;

    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private slots:
    void initTestCase() {
        model_ = at("model.safetensors");
        test::RandomModel model(7);
        model.config.vocabulary = {"", "HOUSE", "TREE", "RAIN", "SUN", "WIND"};
        QVERIFY(model.save(model_.toStdString()).has_value());
    }

    void evaluateScoresFilesAndDrawings() {
        const Outcome made =
            runCli({"synth", "--out", at("data"), "--split", "test", "--clips", "2", "--seed", "3", "--size", "96"});
        QCOMPARE(made.code, 0);
        const Outcome files =
            runCli({"evaluate", "--model", model_, "--data", at("data"), "--split", "test", "--online", "--json"});
        QCOMPARE(files.code, 0);
        const json result = parsed(files.out);
        for (const json* score : {&result, &result.at("online")}) {
            const int words = score->at("reference_words");
            QVERIFY(words >= 4);
            const int errors = score->at("substitutions").get<int>() + score->at("deletions").get<int>() +
                               score->at("insertions").get<int>();
            QVERIFY(qAbs(score->at("wer_percent").get<double>() - 100.0 * errors / words) < 0.001);
        }
        QCOMPARE(result.at("utterances").get<int>(), 2);
        QVERIFY(result.at("online").at("delays").at("signs").get<int>() >= 4);
        const Outcome drawn =
            runCli({"evaluate", "--model", model_, "--synth", "2", "--seed", "3", "--json", "--limit", "1"});
        QCOMPARE(drawn.code, 0);
        QCOMPARE(parsed(drawn.out).at("utterances").get<int>(), 1);
        QVERIFY(parsed(drawn.out).at("reference_words").get<int>() < result.at("reference_words").get<int>());
    }

    /// The clean-up of published work on PHOENIX, by request or because the data set asks for it, is that of score.
    void evaluateCleansAsScoreDoes() {
        test::RandomModel random(5);
        random.config.vocabulary = {"", "loc-HOUSE", "__EMOTION__", "HOUSE", "SUN-PLUSPLUS", "WIND"};
        QVERIFY(random.save(at("cleaned.safetensors").toStdString()));
        const auto errors = [&](const char* cleanup) {
            const json counted =
                parsed(runCli({"evaluate", "--model", at("cleaned.safetensors"), "--data", at("data"), "--split",
                               "test", "--json", "--output", at("cleaned.ctm"), "--cleanup", cleanup})
                           .out);
            const json scored =
                parsed(runCli({"score", "--reference", at("data/test.stm"), "--hypothesis", at("cleaned.ctm"), "--json",
                               "--cleanup", counted.at("cleanup").get<std::string>().c_str()})
                           .out);
            return std::array<json, 3>{counted.at("hypothesis_words"), scored.at("errors"),
                                       counted.at("substitutions").get<int>() + counted.at("deletions").get<int>() +
                                           counted.at("insertions").get<int>()};
        };
        const auto plain = errors("auto");
        QCOMPARE(plain, errors("none"));
        const auto clean = errors("phoenix");
        QVERIFY(plain[1] == plain[2] && clean[1] == clean[2]);
        QVERIFY(clean[0] < plain[0]); // __EMOTION__ is nothing
        // A copy says whose data it is.
        const QStringList build{"dataset", "build", at("data"), "--output", at("copy"), "--resize", "--size", "64"};
        QCOMPARE(runCli(build).code, 0);
        writeFile(at("copy/scoring-protocol.txt"), "phoenix\n");
        const QStringList evaluate{"evaluate", "--model", at("cleaned.safetensors"), "--data", at("copy"), "--json"};
        QCOMPARE(parsed(runCli(evaluate).out).at("cleanup").get<std::string>(), std::string("phoenix"));
    }

    void evaluateIsStoppedWithinAClip() {
        QProcess process;
        process.start(LIVEGLOSS_CLI, {"evaluate", "--synth", "200", "--threads", "2"});
        QVERIFY(process.waitForStarted());
        QTest::qWait(3000);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardError().contains("evaluation was stopped"));
    }

    /// Clips are recognised side by side: figures and the order of what is written stay.
    void evaluateIsTheSameWithMoreThreads() {
        json first;
        QByteArray firstWords;
        for (const char* threads : {"1", "3"}) {
            const QString words = at("words.ctm");
            const Outcome outcome = runCli({"evaluate", "--model", model_, "--synth", "3", "--seed", "4", "--online",
                                            "--json", "--threads", threads, "--output", words});
            QCOMPARE(outcome.code, 0);
            json result = parsed(outcome.out);
            QCOMPARE(result.at("utterances").get<int>(), 3);
            result.erase("seconds");
            if (first.is_null()) {
                first = result;
                firstWords = contentsOf(words);
                QVERIFY(!firstWords.isEmpty());
            } else {
                QCOMPARE(QByteArray::fromStdString(result.dump()), QByteArray::fromStdString(first.dump()));
                QCOMPARE(contentsOf(words), firstWords);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestCliEvaluate)
#include "tst_cli_evaluate.moc"
