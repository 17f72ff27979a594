#include "cli_runner.h"

#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

const QByteArray kReference = "a 1 anna 0 99 REGEN WIND\nb 1 ben 0 99 REGEN WIND SONNE\n";
const QByteArray kHypothesis = "a 1 0.00 0.1 regen\na 1 0.01 0.1 WOLKE\nb 1 0.00 0.1 lh-REGEN\nb 1 0.01 0.1 SONNE\n";

} // namespace

class TestCliScoring : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        writeFile(path("r.stm"), kReference);
        writeFile(path("h.ctm"), kHypothesis);
    }

    void jsonHoldsTheFigures() {
        const Outcome outcome = runCli(arguments({"--cleanup", "phoenix", "--json", "--alignments"}));
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const json report = parsed(outcome.out);
        QVERIFY(report.is_object());
        QCOMPARE(report["tool"].get<std::string>(), std::string("sclite"));
        QCOMPARE(report["reference_words"].get<int>(), 5);
        QCOMPARE(report["hypothesis_words"].get<int>(), 4);
        QCOMPARE(report["correct"].get<int>(), 3);
        QCOMPARE(report["substitutions"].get<int>(), 1);
        QCOMPARE(report["deletions"].get<int>(), 1);
        QCOMPARE(report["insertions"].get<int>(), 0);
        QCOMPARE(report["errors"].get<int>(), 2);
        QCOMPARE(report["wer_percent"].get<double>(), 40.0);
        QCOMPARE(report["signers"].size(), 2U);
        QCOMPARE(report["signers"][1]["signer"].get<std::string>(), std::string("ben"));
        QCOMPARE(report["confusions"][0]["hypothesis"].get<std::string>(), std::string("WOLKE"));
        QCOMPARE(report["alignments"][1]["edits"].get<std::string>(), std::string("CDC"));
    }

    void textIsForPeople() {
        const Outcome outcome = runCli(arguments({"--cleanup", "phoenix", "--alignments"}));
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY(outcome.out.contains("b (ben)\nreference  REGEN WIND SONNE\nrecognised REGEN *    SONNE\n"));
        QVERIFY(outcome.out.contains("WIND recognised as WOLKE"));
        QVERIFY(outcome.out.contains("40.00"));
    }

    void toolsDiffer() {
        const json reference = parsed(runCli(arguments({"--tool", "reference", "--json"})).out);
        QCOMPARE(reference["substitutions"].get<int>(), 3); // "regen", "WOLKE", "lh-REGEN"
        const json sclite = parsed(runCli(arguments({"--json"})).out);
        QCOMPARE(sclite["substitutions"].get<int>(), 2);
    }

    void badInputIsRefusedWithFileAndLine() {
        writeFile(path("bad.stm"), "a 1 anna 0 99 REGEN\nb 1 ben zero 99 WIND\n");
        Outcome outcome = runCli({"score", "--reference", path("bad.stm"), "--hypothesis", path("h.ctm")});
        QCOMPARE(outcome.code, 3);
        QVERIFY2(outcome.err.contains("bad.stm, line 2"), qPrintable(outcome.err));
        writeFile(path("bad.ctm"), "a 1 0.00 0.1 REGEN\nx 1 0.00 0.1 REGEN\n");
        outcome = runCli({"score", "--reference", path("r.stm"), "--hypothesis", path("bad.ctm")});
        QCOMPARE(outcome.code, 3);
        QVERIFY2(outcome.err.contains("bad.ctm, line 2"), qPrintable(outcome.err));
        QCOMPARE(runCli({"score", "--reference", path("r.stm")}).code, 2);
        QCOMPARE(runCli(arguments({"--tool", "other"})).code, 2);
        QCOMPARE(runCli({"score", "--reference", path("none.stm"), "--hypothesis", path("h.ctm")}).code, 3);
    }

private:
    QString path(const QString& name) const { return folder_.filePath(name); }
    QStringList arguments(const QStringList& more) const {
        return QStringList{"score", "--reference", path("r.stm"), "--hypothesis", path("h.ctm")} + more;
    }

    QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(TestCliScoring)
#include "tst_cli_scoring.moc"
