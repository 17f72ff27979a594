#include "cli_runner.h"

#include <QDir>
#include <QTemporaryDir>

namespace {

QByteArray contentsOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Runs livegloss-cli, "$0", in a shell's line.
Outcome runLine(const QString& line, const QStringList& arguments) {
    QProcess process;
    process.start("bash", QStringList{"-c", line, LIVEGLOSS_CLI} + arguments);
    if (!process.waitForFinished(100000)) {
        process.kill();
        return {-1, {}, QStringLiteral("no end within 100 s")};
    }
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

} // namespace

/// What livegloss-cli writes, where, and what it leaves alone.
class TestCliOutputs : public QObject {
    Q_OBJECT

private slots:
    void aFullDiskIsTold() {
        const Outcome full = runLine("\"$0\" inspect > /dev/full", {});
        QCOMPARE(full.code, 5);
        QVERIFY2(full.err.contains("standard output cannot be written"), qPrintable(full.err));
    }

    /// A clip of another compression is another clip, and a reader of events that is gone ends nothing.
    void clipsSayHowTheyWereMade() {
        QVERIFY(QDir().mkpath(path("data/dev")));
        writeFile(path("data/dev/dev-1-00000-96px.mp4"), "made before");
        const Outcome made =
            runCli({"synth", "--out", path("data"), "--split", "dev", "--clips", "1", "--size", "96", "--crf", "40"});
        QVERIFY2(made.code == 0, qPrintable(made.err));
        QVERIFY(QFile::exists(path("data/dev/dev-1-00000-96px-crf40.mp4")));
        QCOMPARE(contentsOf(path("data/dev/dev-1-00000-96px.mp4")), QByteArray("made before"));
        const Outcome checked =
            runLine("\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}", {"dataset", "check", path("data"), "--events"});
        QVERIFY2(checked.code == 0, qPrintable(QString::number(checked.code) + " " + checked.err));
        const Outcome full = runLine("\"$0\" \"$@\" > /dev/full", {"dataset", "check", path("data"), "--events"});
        QCOMPARE(full.code, 5);
    }

    void listsAreNotReplaced() {
        const QByteArray list = contentsOf(path("data/dev.stm"));
        const Outcome outcome =
            runCli({"lm", "--data", path("data"), "--split", "dev", "--output", path("data/dev.stm")});
        QCOMPARE(outcome.code, 2);
        QVERIFY2(outcome.err.contains("which is read"), qPrintable(outcome.err));
        QVERIFY(!list.isEmpty());
        QCOMPARE(contentsOf(path("data/dev.stm")), list);
    }

    void modelsAreNotReplacedByTheirScales() {
        writeFile(path("model.safetensors"), "a model");
        const Outcome outcome = runCli({"quantize", "--model", path("model.safetensors"), "--calibration", "a.mp4",
                                        "--output", path("model.safetensors")});
        QCOMPARE(outcome.code, 2);
        QCOMPARE(contentsOf(path("model.safetensors")), QByteArray("a model"));
    }

    void anInterruptedClipLeavesNothing() {
        QProcess process;
        process.start(QStringLiteral(LIVEGLOSS_CLI), {"synth", "--out", path("stopped"), "--clips", "50"});
        const QDir clips(path("stopped/train"));
        const auto parts = [&] { return QDir(clips.path()).entryList({"*.part-*"}, QDir::Files); };
        QTRY_VERIFY_WITH_TIMEOUT(!parts().isEmpty(), 60000);
        process.terminate();
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(parts(), QStringList());
        const QString error = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(error.contains("The same command goes on"), qPrintable(error));
    }

    void passwordsAreNotRepeated() {
        for (const QStringList& command : {QStringList{"recognize", "http://anna:secret@127.0.0.1:1/x"},
                                           QStringList{"live", "http://anna:secret@127.0.0.1:1/x", "--pace", "fast"}}) {
            const Outcome outcome = runCli(command);
            QCOMPARE(outcome.code, 2);
            QVERIFY2(outcome.err.contains("127.0.0.1") && !outcome.err.contains("secret"), qPrintable(outcome.err));
        }
    }

    void aTableOfTheSweepNeedsTheSweep() {
        const Outcome outcome = runCli({"evaluate", "--synth", "1", "--csv", path("s.csv")});
        QCOMPARE(outcome.code, 2);
        QVERIFY2(outcome.err.contains("--sweep"), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("s.csv")));
    }

    void scoresObeyNoTerminal() {
        writeFile(path("r.stm"), "a\x1b[1m 1 an\x1b[2mna 0 99 RE\x1b[3mGEN\nb 1 ben 0 99 WIND\n");
        writeFile(path("h.ctm"), "a\x1b[1m 1 0.00 0.1 WOL\x1b[4mKE\nb 1 0.00 0.1 WIND\n");
        const Outcome outcome =
            runCli({"score", "--reference", path("r.stm"), "--hypothesis", path("h.ctm"), "--alignments"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        for (const char* part : {"a?[1m", "an?[2mna", "RE?[3mGEN", "WOL?[4mKE"}) {
            QVERIFY2(outcome.out.contains(part), part);
        }
        QVERIFY(!outcome.out.contains('\x1b') && !outcome.err.contains('\x1b'));
    }

private:
    QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestCliOutputs)
#include "tst_cli_outputs.moc"
