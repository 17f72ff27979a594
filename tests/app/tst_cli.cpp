#include "cli_clip.h"
#include "cli_runner.h"
#include "tensorfile/safetensors.h"
#include "text_files.h"
#include "tower_file.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace livegloss;
using livegloss::test::contentsOf;
using nlohmann::json;

class TestCli : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString clip_;
    QString model_;

    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private slots:
    void initTestCase() {
        clip_ = at("clip.mp4");
        model_ = at("model.safetensors");
        test::drawClip(clip_.toStdString());
        test::RandomModel model(7);
        model.config.vocabulary = {"", "HOUSE", "TREE", "RAIN", "SUN", "WIND"};
        QVERIFY(model.save(model_.toStdString()).has_value());
    }

    void version() {
        const Outcome outcome = runCli({"--version"});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.contains(QRegularExpression("^livegloss-cli \\d+\\.\\d+\\.\\d+\\s*$")));
    }

    void helpTeaches_data() {
        QTest::addColumn<QString>("command");
        for (const char* command : {"recognize", "live", "evaluate", "forward", "import", "inspect", "train", "synth",
                                    "devices", "reproduce"}) {
            QTest::newRow(command) << QString::fromLatin1(command);
        }
    }
    void helpTeaches() {
        QFETCH(QString, command);
        const Outcome outcome = runCli({command, "--help"});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.contains("Example"));
        QVERIFY(outcome.out.contains("livegloss-cli " + command));
        QVERIFY(runCli({"--help"}).out.contains(command));
    }

    void wrongUsageIsTwo_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"frobnicate"};
        QTest::newRow("unknown option") << QStringList{"recognize", "--frob"};
        QTest::newRow("no input") << QStringList{"recognize"};
        QTest::newRow("unknown format") << QStringList{"recognize", "x.mp4", "--format", "doc"};
        QTest::newRow("camera for recognize") << QStringList{"recognize", "camera:"};
        QTest::newRow("fast camera") << QStringList{"live", "camera:", "--pace", "fast"};
        QTest::newRow("evaluate without data") << QStringList{"evaluate"};
        QTest::newRow("a live setting without --online") << QStringList{"evaluate", "--synth", "1", "--window", "32"};
        QTest::newRow("one window for a sweep") << QStringList{"evaluate", "--synth", "1", "--sweep", "--window", "32"};
    }
    void wrongUsageIsTwo() {
        QFETCH(QStringList, arguments);
        const Outcome outcome = runCli(arguments);
        QCOMPARE(outcome.code, 2);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(!outcome.err.isEmpty());
    }

    void importedCheckpointRecognises() {
        const QString checkpoint = at("trained.pt");
        test::RandomModel random(11);
        random.withMetadata = false;
        QVERIFY(random.save(checkpoint.toStdString()).has_value());
        writeFile(at("glosses.txt"), "A\nB\nC\nD\nE\n");
        const QString output = at("imported.safetensors");
        const Outcome preview = runCli({"import", checkpoint, "--preview"});
        QCOMPARE(preview.code, 0);
        QVERIFY2(preview.out.contains("AdaptSign model"), qPrintable(preview.out));
        QCOMPARE(runCli({"import", checkpoint}).code, 2); // no output
        const Outcome written = runCli({"import", checkpoint, "--glosses", at("glosses.txt"), "--name", "Mine",
                                        "--licence", "CC0-1.0", "--fps", "12.5", "-o", output});
        QVERIFY2(written.code == 0, qPrintable(written.err));
        QCOMPARE(runCli({"recognize", clip_, "--model", output, "--json"}).code, 0);

        const json facts = parsed(runCli({"inspect", output, "--json"}).out);
        QVERIFY(facts["kind"] == "recogniser");
        QVERIFY(facts["name"] == "Mine");
        QVERIFY(facts["fps"] == 12.5);
        QVERIFY(facts["source"] == "trained.pt");
        QVERIFY(facts["vocabulary"] == json({"A", "B", "C", "D", "E"}));
        QFile file(output);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray sum = QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256).toHex();
        QCOMPARE(QString::fromStdString(facts["sha256"].get<std::string>()), QString::fromLatin1(sum));

        writeFile(at("glosses.txt"), "A\nB\n");
        QCOMPARE(runCli({"import", checkpoint, "-o", output}).code, 2); // there already
        QCOMPARE(runCli({"import", checkpoint, "--glosses", at("glosses.txt"), "--preview"}).code, 3);
        const Outcome refused = runCli({"import", checkpoint, "--glosses", at("glosses.txt"), "--force", "-o", output});
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("glosses.txt"), qPrintable(refused.err));
    }

    void backboneIsInspectedAsSuch() {
        QVERIFY(test::writeTower(at("tower.safetensors").toStdString()).has_value());
        const QString output = at("backbone.safetensors");
        const Outcome written =
            runCli({"import", at("tower.safetensors"), "--name", "Red \x1b[31mtower", "-o", output});
        QVERIFY2(written.code == 0, qPrintable(written.err));
        const json facts = parsed(runCli({"inspect", output, "--json"}).out);
        QVERIFY(facts["kind"] == "backbone");
        for (const char* foreign : {"classes", "conv_type", "prefix", "fps", "vocabulary"}) {
            QVERIFY2(!facts.contains(foreign), foreign);
        }
        const auto reader = tensorfile::SafetensorsReader::open(output.toStdString());
        std::int64_t values = 0;
        for (const tensorfile::TensorInfo& tensor : reader->tensors()) {
            values += tensorfile::elementCount(tensor.shape);
        }
        QVERIFY(facts["parameters"]["total"] == values);
        const Outcome shown = runCli({"inspect", output});
        QVERIFY2(shown.out.contains("a backbone to train on"), qPrintable(shown.out));
        QVERIFY(shown.out.contains("[31mtower") && !shown.out.contains('\x1b')); // nothing that a terminal would obey
    }

    void devicesAndLinksAreWrittenToAsTheyAre() {
        const QString target = at("target.txt");
        writeFile(target, "old");
        QVERIFY(QFile::link(target, at("link.txt")));
        const Outcome linked = runCli({"recognize", clip_, "--model", model_, "--output", at("link.txt")});
        QVERIFY2(linked.code == 0, qPrintable(linked.err));
        QVERIFY(QFileInfo(at("link.txt")).isSymLink());
        QFile written(target);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(written.readAll() != "old");
        QCOMPARE(::mkfifo(qPrintable(at("pipe")), 0600), 0);
        const int reader = ::open(qPrintable(at("pipe")), O_RDONLY | O_NONBLOCK);
        QVERIFY(reader >= 0);
        QCOMPARE(runCli({"recognize", clip_, "--model", model_, "--json", "--output", at("pipe")}).code, 0);
        char first = 0;
        QCOMPARE(::read(reader, &first, 1), ssize_t{1});
        QCOMPARE(first, '{');
        ::close(reader);
        QVERIFY(!QFileInfo(at("pipe")).isFile());
    }

    void unknownCommandsAndWordsAreNamed() {
        const Outcome command = runCli({"recognise-it"});
        QCOMPARE(command.code, 2);
        QVERIFY2(command.err.contains("recognise-it"), qPrintable(command.err));
        const Outcome format = runCli({"recognize", clip_, "--format", "xyz"});
        QCOMPARE(format.code, 2);
        QVERIFY2(format.err.contains("xyz not in {") && !format.err.contains("->"), qPrintable(format.err));
        const Outcome scheme = runCli({"live", "ftp://host/video"});
        QVERIFY2(scheme.err.contains("rtsp://"), qPrintable(scheme.err));
        QCOMPARE(scheme.err.count("ftp://"), 1); // told once
    }

    void missingFilesAreThree() {
        const Outcome video = runCli({"recognize", at("none.mp4"), "--model", model_});
        QCOMPARE(video.code, 3);
        QVERIFY2(video.err.contains("none.mp4"), qPrintable(video.err));
        const Outcome model = runCli({"recognize", clip_, "--model", at("none.safetensors")});
        QCOMPARE(model.code, 3);
        QVERIFY2(model.err.contains("none.safetensors"), qPrintable(model.err));
        QCOMPARE(runCli({"live", at("none.mp4"), "--model", model_}).code, 3);
        QCOMPARE(runCli({"evaluate", "--data", at("none"), "--model", model_}).code, 3);
    }

    void aTextFileIsNoVideo() {
        writeFile(at("text.mp4"), "this is no video");
        for (const char* command : {"recognize", "live"}) {
            const Outcome outcome = runCli({command, at("text.mp4"), "--model", model_});
            QCOMPARE(outcome.code, 3);
            QVERIFY2(outcome.err.contains("text.mp4"), qPrintable(outcome.err));
        }
    }

    void anOutputThatCannotBeWrittenIsFive() {
        const Outcome outcome =
            runCli({"recognize", clip_, "--model", model_, "--output", at("no/such/folder/x.json")});
        QCOMPARE(outcome.code, 5);
    }

    void patternsLeaveFramesOutAndSayHowMany() {
        for (const QStringList& command :
             {QStringList{"recognize", clip_, "--json"}, QStringList{"live", clip_, "--pace", "fast", "--json"}}) {
            const QStringList arguments =
                command + QStringList{"--model", model_, "--min-confidence", "0", "--frame-pattern"};
            const json third = parsed(runCli(arguments + QStringList{"3"}).out);
            QVERIFY(third.is_object());
            QVERIFY(third.at("frames") ==
                    (json{{"captured", 60}, {"encoded", 20}, {"reused", 0}, {"interpolated", 40}, {"dropped", 0}}));
            const json all = parsed(runCli(arguments + QStringList{"auto", "--skip-similar", "255"}).out);
            QVERIFY(all.is_object());
            QVERIFY(all.at("frames") ==
                    (json{{"captured", 60}, {"encoded", 1}, {"reused", 59}, {"interpolated", 0}, {"dropped", 0}}));
        }
        QCOMPARE(runCli({"recognize", clip_, "--model", model_, "--frame-pattern", "4"}).code, 2);
    }

    void recognizeGivesItsFields() {
        const Outcome outcome =
            runCli({"recognize", "--input", clip_, "--model", model_, "--json", "--min-confidence", "0"});
        QCOMPARE(outcome.code, 0);
        const json result = parsed(outcome.out);
        QVERIFY2(result.is_object(), qPrintable(outcome.out));
        QCOMPARE(QString::fromStdString(result.at("model")), model_);
        QCOMPARE(QString::fromStdString(result.at("input")), clip_);
        QCOMPARE(result.at("fps").get<double>(), 25.0);
        QVERIFY(result.at("frames") ==
                (json{{"captured", 60}, {"encoded", 60}, {"reused", 0}, {"interpolated", 0}, {"dropped", 0}}));
        QVERIFY(!result.at("glosses").empty());
        double last = 0.0;
        for (const json& gloss : result.at("glosses")) {
            const double start = gloss.at("start_s");
            const double end = gloss.at("end_s");
            QVERIFY(start >= last && end > start && end <= 60.0 / 25.0 + 1e-6);
            last = start;
            const double confidence = gloss.at("confidence");
            QVERIFY(confidence > 0.0 && confidence <= 1.0);
            QVERIFY(gloss.at("gloss").is_string() && gloss.at("alternatives").is_array());
        }
    }

    void everyFormatTellsTheSameGlosses() {
        const QStringList common{"recognize", clip_, "--model", model_, "--min-confidence", "0", "--format"};
        const json glosses = parsed(runCli(common + QStringList{"json"}).out).at("glosses");
        const auto count = static_cast<int>(glosses.size());
        QVERIFY(count > 0);
        const QString text = runCli(common + QStringList{"text"}).out.trimmed();
        QCOMPARE(text.split(' ').size(), count);
        QCOMPARE(text.split(' ').first(), QString::fromStdString(glosses.at(0).at("gloss")));
        const QString srt = runCli(common + QStringList{"srt"}).out;
        QCOMPARE(srt.count(" --> "), count);
        QVERIFY(srt.startsWith("1\n00:00:0") && srt.contains(','));
        const QString vtt = runCli(common + QStringList{"vtt"}).out;
        QVERIFY(vtt.startsWith("WEBVTT\n\n"));
        QCOMPARE(vtt.count(" --> "), count);
        const QString csv = runCli(common + QStringList{"csv"}).out;
        QCOMPARE(csv.trimmed().split('\n').size(), count + 1);
        QCOMPARE(csv.split('\n').first(), QStringLiteral("gloss,start_s,end_s,confidence,alternatives"));
        const QString ctm = runCli(common + QStringList{"ctm"}).out;
        QCOMPARE(ctm.trimmed().split('\n').size(), count);
        QVERIFY(ctm.startsWith("clip 1 "));
        const Outcome file = runCli(common + QStringList{"vtt", "--output", at("out.vtt")});
        QCOMPARE(file.code, 0);
        QVERIFY(file.out.isEmpty());
        QFile written(at("out.vtt"));
        QVERIFY(written.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(written.readAll()), vtt);
    }

    void nothingCertainIsSaid() {
        const Outcome outcome = runCli({"recognize", clip_, "--model", model_, "--min-confidence", "1"});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.trimmed().isEmpty());
        QVERIFY2(outcome.err.contains("sure"), qPrintable(outcome.err));
    }

    void inspectWithoutAModelShowsTheDemoModel() {
        const json facts = parsed(runCli({"inspect", "--json"}).out);
        QVERIFY(facts.is_object());
        QVERIFY(facts == parsed(runCli({"inspect", LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors", "--json"}).out));
    }

    /// A stream as long as asked for, minute by minute, with the frames of the clip.
    void benchStreamsForMinutes() {
        const QStringList base{"bench", "--model", model_, "--stream-minutes", "2", "--threads", "1"};
        const Outcome run = runCli(base + QStringList{"--clip", clip_, "--json"});
        QVERIFY2(run.code == 0, qPrintable(run.err));
        const auto said = parsed(run.out);
        QCOMPARE(said["clip_frames"].get<int>(), 60);
        QCOMPARE(said["minutes"].size(), std::size_t(2));
        for (const auto& minute : said["minutes"]) {
            QVERIFY(minute["cpu_ms_per_frame"].get<double>() > 0.0);
            QVERIFY(minute["ms_per_frame"].get<double>() > 0.0);
            QVERIFY(minute["resident_bytes"].get<double>() > 1e7);
        }
        const Outcome text = runCli(base + QStringList{"--clip", clip_});
        QVERIFY(text.out.contains("last over first"));
        QCOMPARE(runCli(base + QStringList{"--clip", at("none.mp4")}).code, 3);
        QCOMPARE(runCli({"bench", "--model", model_, "--clip", clip_}).code, 2);
    }

    void enginesAloneHaveNoErrorAgainstAnother() {
        const QStringList base{"bench", "--model", model_, "--seconds", "0.1", "--threads", "1", "--json"};
        const Outcome alone = runCli(base + QStringList{"--engine", "fast"});
        QCOMPARE(alone.code, 0);
        QVERIFY(parsed(alone.out).at("engines").at(0).at("relative_error").is_null());
        const json both = parsed(runCli(base).out);
        QVERIFY(both.at("engines").at(0).at("relative_error").is_number());
        QVERIFY(both.at("engines").at(1).at("relative_error").is_null());
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
