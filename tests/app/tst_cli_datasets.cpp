#include "cli_runner.h"
#include "clip_maker.h"
#include "index_clip.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

/// Runs a command that must succeed.
Outcome done(const QStringList& arguments) {
    const Outcome outcome = runCli(arguments);
    if (outcome.code != 0) {
        qWarning("%s: %s", qPrintable(arguments.join(' ')), qPrintable(outcome.err));
    }
    return outcome;
}

QByteArray contentsOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The glosses of a .ctm: file, channel, start, length, word.
QStringList wordsOf(const QByteArray& list) {
    QStringList words;
    for (const QByteArray& line : list.split('\n')) {
        if (const QList<QByteArray> fields = line.split(' '); fields.size() >= 5) {
            words << QString::fromUtf8(fields[4]);
        }
    }
    return words;
}

} // namespace

/// Two clips of the synthetic signer through every command that takes a data set.
class TestCliDatasets : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        QCOMPARE(done({"synth", "--out", path("data"), "--split", "dev", "--clips", "2", "--size", "96"}).code, 0);
    }

    void checkFindsWhatIsMissing() {
        const json whole = parsed(done({"dataset", "check", path("data"), "--json"}).out);
        QCOMPARE(whole["layout"].get<std::string>(), std::string("synth"));
        QCOMPARE(whole["splits"]["dev"]["clips"].get<int>(), 2);
        // There is no training part, so every gloss is news; nothing else is wrong.
        for (const json& problem : whole["problems"]) {
            QCOMPARE(problem["problem"].get<std::string>(), std::string("out_of_vocabulary"));
        }
        QVERIFY(QDir().mkpath(path("broken/dev")));
        QVERIFY(QFile::copy(path("data/dev.stm"), path("broken/dev.stm")));
        const Outcome broken = runCli({"dataset", "check", path("broken")});
        QCOMPARE(broken.code, 3);
        QVERIFY2(broken.out.contains("dev.stm, line 2: media missing"), qPrintable(broken.out));
        QCOMPARE(runCli({"dataset", "check", path("none")}).code, 3);
        QCOMPARE(runCli({"dataset"}).code, 2);
    }

    void programsCanFollowACheck() {
        const Outcome run = runCli({"dataset", "check", path("broken"), "--events"});
        QCOMPARE(run.code, 3);
        const QStringList lines = run.out.split('\n', Qt::SkipEmptyParts);
        const json progress = parsed(lines.value(lines.size() - 3));
        QVERIFY2(progress["event"] == "progress" && progress["done"] == 2 && progress["all"] == 2, qPrintable(run.out));
        const json report = parsed(lines.value(lines.size() - 2));
        QCOMPARE(report["event"].get<std::string>(), std::string("report"));
        QVERIFY(report["problems"].size() >= 2U && report["splits"]["dev"]["clips"] == 2);
        QCOMPARE(parsed(lines.last())["code"].get<std::string>(), std::string("unreadable"));
        const Outcome none = runCli({"dataset", "check", path("none"), "--events"});
        QCOMPARE(parsed(none.out)["event"].get<std::string>(), std::string("error"));
    }

    void buildsGoOnWhereTheyStopped() {
        const QStringList command{"dataset",     "build",    path("data"), "--output",
                                  path("built"), "--resize", "--size",     "64"};
        QCOMPARE(done(command).code, 0);
        const QDir clips(path("built/clips/dev"));
        QCOMPARE(clips.entryList(QDir::Files).size(), 2);
        QVERIFY(QFile::remove(clips.filePath(clips.entryList(QDir::Files).first())));
        const Outcome again = done(command);
        QVERIFY2(again.err.contains("1 clips written, 1 were there"), qPrintable(again.err));
        QCOMPARE(contentsOf(path("built/glosses.txt")).split('\n').size(),
                 contentsOf(path("built/vocabulary.tsv")).split('\n').size() - 1);
        const json copy = parsed(done({"dataset", "check", path("built"), "--json"}).out);
        QCOMPARE(copy["layout"].get<std::string>(), std::string("table"));
        const json whole = parsed(done({"dataset", "check", path("data"), "--json"}).out);
        QVERIFY(copy["splits"] == whole["splits"]);
    }

    /// Pictures as published work stores them: without loss, as many as the source has, at its rate.
    void buildsMakePictures() {
        QCOMPARE(runCli({"dataset", "build", path("data"), "--output", path("pictures"), "--pictures"}).code, 2);
        const QStringList command{"dataset",  "build",  path("data"), "--output",  path("pictures"),
                                  "--resize", "--size", "64",         "--pictures"};
        QCOMPARE(done(command).code, 0);
        const QDir clips(path("pictures/clips/dev"));
        const QStringList folders = clips.entryList({"*.pictures"}, QDir::Dirs);
        QCOMPARE(folders.size(), 2);
        const QByteArray sides = contentsOf(clips.filePath(folders[0] + "/000000.png")).mid(16, 8);
        QCOMPARE(sides, QByteArray("\0\0\0\x40\0\0\0\x40", 8));
        const json copy = parsed(done({"dataset", "check", path("pictures"), "--json"}).out);
        const json whole = parsed(done({"dataset", "check", path("data"), "--json"}).out);
        QVERIFY(copy["splits"] == whole["splits"]); // frames as well
        QVERIFY(contentsOf(path("pictures/dataset.tsv")).contains("\t25\n"));
        QCOMPARE(contentsOf(path("pictures/scoring-protocol.txt")), QByteArray("none\n"));
        const Outcome again = done(command);
        QVERIFY2(again.err.contains("0 clips written, 2 were there"), qPrintable(again.err));
        QVERIFY(QFile::remove(clips.filePath(folders[1] + "/000003.png")));
        const Outcome mended = done(command);
        QVERIFY2(mended.err.contains("1 clips written, 1 were there"), qPrintable(mended.err));
    }

    /// What is left out of the copy is no part of its vocabulary and references either.
    void copiesSpeakOfWhatTheyHold() {
        QVERIFY(QDir().mkpath(path("lacking")));
        const QDir videos(path("data/dev"));
        const QString video = videos.filePath(videos.entryList({"*.mp4"}).first());
        QVERIFY(QFile::copy(video, path("lacking/good.mp4")));
        writeFile(path("lacking/bad.mp4"), "no video");
        writeFile(path("lacking/dataset.tsv"), "path\tglosses\ngood.mp4\tREGEN\nbad.mp4\tSONNE\n");
        const Outcome built =
            runCli({"dataset", "build", path("lacking"), "--output", path("lacking-copy"), "--resize", "--size", "64"});
        QCOMPARE(built.code, 3);
        QCOMPARE(contentsOf(path("lacking-copy/glosses.txt")), QByteArray("REGEN\n"));
        QVERIFY(!contentsOf(path("lacking-copy/groundtruth-train.stm")).contains("SONNE"));
    }

    /// Clips of another size, compression or source are no part of the copy that was asked for.
    void buildsKeepOnlyWhatTheyWouldMakeTheSame() {
        const auto build = [this](const QStringList& options) {
            return done(QStringList{"dataset", "build", path("data"), "--output", path("sizes"), "--resize"} + options)
                .err;
        };
        const auto holds = [](const QString& text, const char* part) {
            QVERIFY2(text.contains(part), qPrintable(text));
        };
        holds(build({"--size", "32"}), "2 clips written, 0 were there");
        holds(build({"--size", "32"}), "0 clips written, 2 were there");
        const QString larger = build({"--size", "64"});
        holds(larger, "2 clips written, 0 were there");
        holds(larger, "2 of the written ones replace clips of another size");
        holds(build({"--size", "64", "--crf", "30"}), "2 clips written");
        const QDir videos(path("data/dev"));
        const QString source = videos.filePath(videos.entryList({"*.mp4"}).first());
        QFile file(source);
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QDateTime before = QFileInfo(source).lastModified();
        QVERIFY(file.setFileTime(before.addSecs(-60), QFileDevice::FileModificationTime));
        file.close();
        holds(build({"--size", "64", "--crf", "30"}), "1 clips written, 1 were there");
        // A line that a crash cut off says nothing, and does not spoil the next one.
        const QByteArray record = contentsOf(path("sizes/copies.tsv"));
        writeFile(path("sizes/copies.tsv"), record.chopped(3));
        holds(build({"--size", "64", "--crf", "30"}), "1 clips written, 1 were there");
        holds(build({"--size", "64", "--crf", "30"}), "0 clips written, 2 were there");
        // One of the copies was replaced by something else.
        const QDir copies(path("sizes/clips/dev"));
        writeFile(copies.filePath(copies.entryList(QDir::Files).first()), "no video");
        holds(build({"--size", "64", "--crf", "30"}), "1 clips written, 1 were there");
        // Where nothing says how the clips were made, nothing is replaced.
        QVERIFY(QFile::remove(path("sizes/copies.tsv")));
        const Outcome refused = runCli({"dataset", "build", path("data"), "--output", path("sizes"), "--resize"});
        QCOMPARE(refused.code, 2);
        QVERIFY2(refused.err.contains("did not note how it made them"), qPrintable(refused.err));
    }

    /// Ten frames at 25 a second, ten at a quarter of that: 2 s, not the 0.8 s that their number would make.
    void copiesKeepTheMomentsOfFramesThatComeLate() {
        QVERIFY(QDir().mkpath(path("uneven")));
        QCOMPARE(livegloss::test::writeIndexClip(path("even.mp4").toStdString(), 20), QString());
        livegloss::test::ClipEdits edits;
        edits.retime = [](std::int64_t time) { return time < 400 ? time : 400 + 4 * (time - 400); };
        QCOMPARE(livegloss::test::remux(path("even.mp4").toStdString(), path("uneven/a.mp4").toStdString(), edits),
                 QString());
        writeFile(path("uneven/dataset.tsv"), "path\tglosses\na.mp4\tA\n");
        QCOMPARE(
            done({"dataset", "build", path("uneven"), "--output", path("evened"), "--resize", "--size", "64"}).code, 0);
        const json copy = parsed(done({"dataset", "check", path("evened"), "--json"}).out);
        const int frames = copy["splits"]["train"]["frames"].get<int>();
        QVERIFY2(frames >= 49 && frames <= 51, qPrintable(QString::number(frames)));
    }

    void buildsReplaceNothingOfOthers() {
        // A data set of one's own, and a folder with a list of glosses from elsewhere.
        const QByteArray table = "path\tglosses\tstart\tend\none.mp4\tA\t0.2\t0.6\n";
        QVERIFY(QDir().mkpath(path("own")) && QDir().mkpath(path("taken")));
        writeFile(path("own/dataset.tsv"), table);
        writeFile(path("taken/glosses.txt"), "KEPT\n");
        for (const QString& output : {path("own/../own"), path("taken")}) {
            const Outcome refused = runCli({"dataset", "build", path("own"), "--output", output, "--resize"});
            QCOMPARE(refused.code, 2);
        }
        QCOMPARE(contentsOf(path("own/dataset.tsv")), table);
        QCOMPARE(QDir(path("own")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList{"dataset.tsv"});
        QCOMPARE(contentsOf(path("taken/glosses.txt")), QByteArray("KEPT\n"));
        QCOMPARE(QDir(path("taken")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList{"glosses.txt"});
        // Somebody's clips of the same names.
        QVERIFY(QDir().mkpath(path("theirs/clips/train")));
        writeFile(path("theirs/clips/train/one@0.2.mp4"), "THEIRS");
        QCOMPARE(runCli({"dataset", "build", path("own"), "--output", path("theirs"), "--resize"}).code, 2);
        QCOMPARE(contentsOf(path("theirs/clips/train/one@0.2.mp4")), QByteArray("THEIRS"));
    }

    void languageModelsAreTrained() {
        const Outcome outcome = done({"lm", "--synth", "300", "--order", "2", "--output", path("glosses.arpa")});
        QVERIFY2(outcome.err.contains("300 sentences of train"), qPrintable(outcome.err));
        QVERIFY(contentsOf(path("glosses.arpa")).startsWith("\\data\\\nngram 1="));
        QCOMPARE(done({"lm", "--data", path("data"), "--split", "dev"}).code, 0);
        QCOMPARE(runCli({"lm", "--data", path("data"), "--split", "test"}).code, 3);
    }

    void sweepsAreTheirSingleRuns() {
        const QStringList base{"evaluate", "--data", path("data"), "--split", "dev", "--json"};
        const json sweep = parsed(done(base + QStringList{"--sweep", "--windows", "48,64", "--strides", "8", "--csv",
                                                          path("s.csv"), "--plot", path("s.svg")})
                                      .out);
        QCOMPARE(sweep["sweep"].size(), 2U);
        QCOMPARE(contentsOf(path("s.csv")).count('\n'), 3);
        QVERIFY(contentsOf(path("s.svg")).endsWith("</svg>\n"));
        const json single = parsed(done(base + QStringList{"--online", "--window", "64", "--stride", "8"}).out);
        for (const char* key : {"wer_percent", "deletions", "insertions", "revisions", "delays"}) {
            QVERIFY2(sweep["sweep"][1][key] == single["online"][key], key);
        }
        QVERIFY(sweep["wer_percent"] == single["wer_percent"]);
    }

    /// Seed 1 begins with a sentence that ends in a gloss signed twice.
    void repeatedGlossesAreMergedOnRequest() {
        const QStringList evaluate{"evaluate", "--data", path("data"), "--split", "dev", "--limit", "1", "--json"};
        const json plain = parsed(done(evaluate + QStringList{"--output", path("apart.ctm")}).out);
        const json merged = parsed(done(evaluate + QStringList{"--merge-repeats", "--output", path("merged.ctm")}).out);
        QVERIFY(!plain["merge_repeats"].get<bool>() && merged["merge_repeats"].get<bool>());
        const QStringList apart = wordsOf(contentsOf(path("apart.ctm")));
        QStringList once = apart;
        once.erase(std::unique(once.begin(), once.end()), once.end());
        QVERIFY2(once.size() < apart.size(), qPrintable(apart.join(' ')));
        QCOMPARE(wordsOf(contentsOf(path("merged.ctm"))), once);
        QCOMPARE(merged["deletions"].get<int>(), plain["deletions"].get<int>() + 1);
        const QDir videos(path("data/dev"));
        const QString video = videos.filePath(videos.entryList({"*.mp4"}).first());
        const QStringList recognize{"recognize", video, "--format", "ctm", "--min-confidence", "0"};
        QCOMPARE(wordsOf(done(recognize).out.toUtf8()), apart);
        QCOMPARE(wordsOf(done(recognize + QStringList{"--merge-repeats"}).out.toUtf8()), once);
    }

    void clipsThatCannotBeReadLeaveTheOthersTheirScore() {
        QVERIFY(QDir().mkpath(path("half/dev")));
        for (const char* list : {"dev.stm", "dev.json"}) {
            QVERIFY(QFile::copy(path("data/") + list, path("half/") + list));
        }
        const QStringList videos = QDir(path("data/dev")).entryList({"*.mp4"});
        QCOMPARE(videos.size(), 2);
        writeFile(path("half/dev/") + videos.first(), "no video");
        const QByteArray whole = contentsOf(path("data/dev/") + videos.last());
        writeFile(path("half/dev/") + videos.last(), whole.first(whole.size() * 9 / 10)); // cut off
        const Outcome outcome = runCli({"evaluate", "--data", path("half"), "--split", "dev", "--json"});
        QCOMPARE(outcome.code, 3);
        QVERIFY2(outcome.err.contains("1 of 2 clips"), qPrintable(outcome.err));
        const json report = parsed(outcome.out);
        QCOMPARE(report["utterances"].get<int>(), 1);
        QVERIFY(report["reference_words"].get<int>() > 0);
        QCOMPARE(report["failed"].size(), 1U);
        QVERIFY(videos.first().startsWith(QString::fromStdString(report["failed"][0]["clip"].get<std::string>())));
        QCOMPARE(report["damaged"].size(), 1U);
        QVERIFY(videos.last().startsWith(QString::fromStdString(report["damaged"][0]["clip"].get<std::string>())));
        QVERIFY(report["frames"]["dropped"].get<int>() > 0);
        QVERIFY2(outcome.err.contains(videos.last() + " is damaged or cut off"), qPrintable(outcome.err));
        const Outcome built = runCli({"dataset", "build", path("half"), "--output", path("halved"), "--resize"});
        QCOMPARE(built.code, 3);
        QVERIFY2(built.err.contains("0 clips written, 0 were there, 2 could not"), qPrintable(built.err));
        QVERIFY(QDir(path("halved/clips/dev")).isEmpty());
    }

    void evaluationTriesItsOutputsFirst() {
        for (const char* option : {"--output", "--csv", "--plot"}) {
            // Told before the model is even opened.
            QCOMPARE(runCli({"evaluate", "--data", path("data"), "--split", "dev", "--sweep", "--model", path("none"),
                             option, path("no/such/folder/x")})
                         .code,
                     5);
        }
    }

    void noSignMatchedIsNoDelayOfZero() {
        const json report =
            parsed(done({"evaluate", "--data", path("data"), "--split", "dev", "--limit", "1", "--json", "--sweep",
                         "--windows", "64", "--strides", "8", "--min-confidence", "1", "--csv", path("none.csv")})
                       .out);
        const json& delays = report["sweep"][0]["delays"];
        QCOMPARE(delays["matched"].get<int>(), 0);
        QVERIFY(delays["committed"]["median_s"].is_null() && delays["provisional"]["percentile95_s"].is_null());
        const QList<QByteArray> cells = contentsOf(path("none.csv")).split('\n').at(1).split(',');
        QCOMPARE(cells.size(), 14);
        QVERIFY(cells[8].isEmpty() && cells[9].isEmpty() && cells[10].isEmpty());
        QCOMPARE(cells[11].toInt(), delays["missed"].get<int>());
    }

    void drawnClipsAreCalledAsTheirFiles() {
        const QString list = path("drawn.ctm");
        done({"evaluate", "--synth", "1", "--split", "dev", "--seed", "1", "--output", list});
        QVERIFY2(contentsOf(list).startsWith("dev-1-00000 "), contentsOf(list).constData());
    }

    void languageModelsWeighIn() {
        const QStringList base{"evaluate", "--data", path("data"), "--split", "dev", "--json", "--limit", "1"};
        // A bonus that outweighs all evidence against glosses fills the hypothesis with them.
        const json plain = parsed(done(base + QStringList{"--output", path("plain.ctm")}).out);
        const json eager = parsed(
            done(base + QStringList{"--lm", path("glosses.arpa"), "--lm-weight", "0.1", "--lm-bonus", "30"}).out);
        QVERIFY(eager["hypothesis_words"].get<int>() > plain["hypothesis_words"].get<int>());
        QCOMPARE(contentsOf(path("plain.ctm")).count('\n'), plain["hypothesis_words"].get<int>());
        writeFile(path("bad.arpa"), "\\data\\\nngram 1=x\n");
        const Outcome bad = runCli(base + QStringList{"--lm", path("bad.arpa")});
        QCOMPARE(bad.code, 3);
        QVERIFY2(bad.err.contains("bad.arpa, line 2"), qPrintable(bad.err));
    }

private:
    QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(TestCliDatasets)
#include "tst_cli_datasets.moc"
