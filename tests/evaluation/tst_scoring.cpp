#include "evaluation/cleanup.h"
#include "evaluation/scoring.h"
#include "reference_data.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace livegloss;
using namespace livegloss::evaluation;

namespace {

const QString kData = QStringLiteral(LIVEGLOSS_SHARED_DIR "/data/wer/");
constexpr ScoringOptions kSclite{ScoringTool::Sclite, Cleanup::None};
constexpr ScoringOptions kReferenceTool{ScoringTool::Reference, Cleanup::None};

std::vector<StmSegment> stm(const char* text) {
    return parseStm(text, "r.stm").value();
}
std::vector<CtmWord> ctm(const char* text) {
    return parseCtm(text, "h.ctm").value();
}
QString counted(const ErrorCounts& counts) {
    return QStringLiteral("%1 %2 %3 %4")
        .arg(counts.correct)
        .arg(counts.substitutions)
        .arg(counts.deletions)
        .arg(counts.insertions);
}

QString sclite() {
    const QString found = QStandardPaths::findExecutable("sclite");
    return found.isEmpty() ? QStandardPaths::findExecutable("sclite", {"/usr/lib/sctk/bin"}) : found;
}

/// "C S D I" of every utterance, by its speaker in small letters, as the real sclite prints them.
QMap<QString, QString> scliteCounts(const QString& stmPath, const QString& ctmPath) {
    QProcess process;
    process.start(sclite(), {"-r", stmPath, "stm", "-h", ctmPath, "ctm", "-f", "0", "-o", "pralign", "stdout"});
    if (!process.waitForFinished(60000)) {
        return {};
    }
    const QString report = process.readAllStandardOutput();
    static const QRegularExpression scores(
        R"(id: \((\S+)-\d+\)\s+File: \S+\s+Channel: \S+\s+Scores: \(#C #S #D #I\) (\d+ \d+ \d+ \d+))");
    QMap<QString, QString> result;
    for (auto match = scores.globalMatch(report); match.hasNext();) {
        const QRegularExpressionMatch entry = match.next();
        result[entry.captured(1)] = entry.captured(2);
    }
    return result;
}

/// Files of one to three segments, each of its own speaker, and words in and around them.
class RandomCorpus {
public:
    RandomCorpus(std::mt19937& random, int files) {
        for (int file = 0; file < files; ++file) {
            const std::string name = std::to_string(1000 + file).append("-clip");
            double time = 0.0;
            for (int segment = pick(random, 1, 3); segment > 0; --segment) {
                time += pick(random, 0, 20) / 10.0;
                const double end = time + pick(random, 5, 60) / 10.0;
                const std::string speaker = std::to_string(reference.size()).append("s");
                reference.push_back({name, "1", speaker, time, end, words(random, pick(random, 1, 12))});
                time = end;
            }
            double start = 0.0;
            for (const std::string& word : words(random, pick(random, 0, 25))) {
                start += pick(random, 0, 60) / 100.0;
                hypothesis.push_back({name, "1", start, pick(random, 0, 40) / 100.0, word, {}});
            }
        }
    }

    std::vector<StmSegment> reference;
    std::vector<CtmWord> hypothesis;

private:
    static int pick(std::mt19937& random, int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    }
    static Words words(std::mt19937& random, int count) {
        static const Words lexicon{"REGEN", "Regen", "WIND", "wind", "ÄRGER",  "ärger",  "今天",    "S+H",
                                   "x*y",   "(a)",   "-F",   "G-",   "__ON__", "loc-IX", "[EMPTY]", "4"};
        Words result;
        for (int i = 0; i < count; ++i) {
            result.push_back(lexicon[static_cast<std::size_t>(pick(random, 0, static_cast<int>(lexicon.size()) - 1))]);
        }
        return result;
    }
};

} // namespace

class TestScoring : public QObject {
    Q_OBJECT

private slots:
    void cleanUpOfOneGloss_data() {
        QTest::addColumn<QString>("gloss");
        QTest::addColumn<QString>("expected");
        QTest::newRow("plain") << "REGEN"
                               << "REGEN";
        QTest::newRow("location") << "loc-REGEN"
                                  << "REGEN";
        QTest::newRow("classifier") << "cl-FLUSS"
                                    << "FLUSS";
        QTest::newRow("question") << "qu-WAS"
                                  << "WAS";
        QTest::newRow("possessive") << "poss-MEIN"
                                    << "MEIN";
        QTest::newRow("left hand") << "lh-NORD"
                                   << "NORD";
        QTest::newRow("several") << "lh-loc-NORD-PLUSPLUS"
                                 << "NORD";
        QTest::newRow("in the middle") << "WIND-cl-KOMMEN"
                                       << "WIND-KOMMEN";
        QTest::newRow("zero for o") << "S0NNE"
                                    << "SONNE";
        QTest::newRow("number") << "HABEN2"
                                << "HABEN";
        QTest::newRow("pointing") << "ZEIGEN"
                                  << "ZEIGEN-BILDSCHIRM";
        QTest::newRow("pointing already") << "ZEIGEN-BILDSCHIRM"
                                          << "ZEIGEN-BILDSCHIRM";
        QTest::newRow("room") << "ZEITRAUM"
                              << "ZEIT";
        QTest::newRow("only a room") << "RAUM"
                                     << "RAUM";
        QTest::newRow("one capital before") << "xTRAUM"
                                            << "xTRAUM";
        QTest::newRow("emotion") << "__EMOTION__"
                                 << "";
        QTest::newRow("pause") << "__PU__"
                               << "";
        QTest::newRow("marked hand") << "__LEFTHAND__"
                                     << "";
        QTest::newRow("transition") << "__EPENTHESIS__"
                                    << "";
        QTest::newRow("kept mark") << "__ON__"
                                   << "__ON__";
        QTest::newRow("only a prefix") << "loc-"
                                       << "";
    }
    void cleanUpOfOneGloss() {
        QFETCH(QString, gloss);
        QFETCH(QString, expected);
        QCOMPARE(QString::fromStdString(cleanPhoenixGloss(gloss.toStdString())), expected);
    }

    void cleanUpSortsAsTextAndFillsEmptyFiles() {
        const auto words = cleanPhoenixHypothesis(
            ctm("b 1 9.0 0.1 FIRST\nb 1 10.0 0.1 SECOND\na 1 0.1 0.1 ONLY\nc 1 0.0 0.1 __PU__\n"),
            stm("a 1 s 0 99 A\nb 1 s 0 99 B\nc 1 s 0 99 C\nd 1 s 0 99 D\n"));
        QStringList found;
        for (const CtmWord& word : words) {
            found << QString::fromStdString(word.file + " " + word.word);
        }
        QCOMPARE(found, (QStringList{"a ONLY", "b SECOND", "b FIRST", "c [EMPTY]", "d [EMPTY]"}));
        const auto report =
            scoreHypothesis(stm("b 1 s 0 99 FIRST SECOND\n"), ctm("b 1 9.0 0.1 FIRST\nb 1 10.0 0.1 SECOND\n"),
                            {ScoringTool::Sclite, Cleanup::Phoenix});
        QVERIFY(report);
        QCOMPARE(report->notes.size(), 1U);
        QVERIFY(report->total.errors() > 0);
    }

    void publishedDataScoresAsPublished_data() {
        QTest::addColumn<QString>("corpus");
        QTest::newRow("PHOENIX") << "phoenix2014-dev";
        QTest::newRow("CSL-Daily") << "CSL-Daily-dev";
    }
    void publishedDataScoresAsPublished() {
        QFETCH(QString, corpus);
        QFile expectedFile(kData + "expected.json");
        if (!expectedFile.open(QIODevice::ReadOnly)) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("reference data is not here");
        }
        const QJsonObject expected = QJsonDocument::fromJson(expectedFile.readAll())[corpus].toObject();
        const auto score = [&](ScoringTool tool) {
            return scoreFiles((kData + corpus + ".stm").toStdString(), (kData + corpus + ".ctm").toStdString(),
                              {tool, Cleanup::Phoenix})
                .value();
        };
        const ErrorCounts total = score(ScoringTool::Sclite).total;
        const QJsonObject counts = expected["sclite"].toObject();
        QCOMPARE(total.errors(), counts["errors"].toInteger());
        QCOMPARE(total.correct, counts["correct"].toInteger());
        QCOMPARE(total.substitutions, counts["substitutions"].toInteger());
        QCOMPARE(total.deletions, counts["deletions"].toInteger());
        QCOMPARE(total.insertions, counts["insertions"].toInteger());
        QCOMPARE(total.referenceWords, counts["reference_words"].toInteger());
        QCOMPARE(total.hypothesisWords(), counts["hypothesis_words"].toInteger());
        QCOMPARE(QString::number(total.werPercent(), 'f', 1),
                 QString::number(counts["error_percent"].toDouble(), 'f', 1));

        const double figure = score(ScoringTool::Reference).total.werPercent();
        QVERIFY2(figure == expected["python_tool"].toDouble(), qPrintable(QString::number(figure, 'g', 17)));
    }

    /// The same in numbers, so that a changed data folder does not go unnoticed.
    void publishedFigures() {
        const QString path = kData + "phoenix2014-dev";
        if (!QFile::exists(path + ".stm")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("reference data is not here");
        }
        const auto report = scoreFiles((path + ".stm").toStdString(), (path + ".ctm").toStdString(),
                                       {ScoringTool::Sclite, Cleanup::Phoenix});
        QVERIFY(report);
        QCOMPARE(counted(report->total), QStringLiteral("4540 461 539 445"));
        QCOMPARE(report->speakers.size(), 9U);
        QCOMPARE(report->speakers.front().speaker, std::string("signer01"));
        QCOMPARE(counted(report->speakers.front().counts), QStringLiteral("1185 130 150 110"));
        QCOMPARE(report->speakers.front().utterances, 149);
        const auto raw = scoreFiles((path + ".stm").toStdString(), (path + ".ctm").toStdString(), kSclite);
        QVERIFY(raw && raw->total.errors() > report->total.errors());
    }

    void publishedDataScoresAsTheRealScliteScoresIt() {
        if (sclite().isEmpty()) {
            QSKIP("sclite is not installed (Debian package sctk)");
        }
        const auto reference = readStm((kData + "phoenix2014-dev.stm").toStdString());
        const auto hypothesis = readCtm((kData + "phoenix2014-dev.ctm").toStdString());
        if (!reference || !hypothesis) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("reference data is not here");
        }
        std::vector<StmSegment> sorted = *reference;
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
        for (std::size_t i = 0; i < sorted.size(); ++i) {
            sorted[i].speaker = std::to_string(i).append("u");
        }
        const QTemporaryDir folder;
        QVERIFY(writeStm(folder.filePath("r.stm").toStdString(), sorted));
        QVERIFY(writeCtm(folder.filePath("h.ctm").toStdString(), cleanPhoenixHypothesis(*hypothesis, sorted)));
        const QMap<QString, QString> expected = scliteCounts(folder.filePath("r.stm"), folder.filePath("h.ctm"));
        QCOMPARE(expected.size(), 540);
        const auto report = scoreHypothesis(sorted, *hypothesis, {ScoringTool::Sclite, Cleanup::Phoenix});
        QVERIFY(report);
        for (const ScoredUtterance& utterance : report->utterances) {
            QCOMPARE(counted(utterance.counts), expected[QString::fromStdString(utterance.speaker)]);
        }
    }

    void randomCorporaScoreAsTheRealScliteScoresThem() {
        if (sclite().isEmpty()) {
            QSKIP("sclite is not installed (Debian package sctk)");
        }
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const RandomCorpus corpus(random, 300);
        const QTemporaryDir folder;
        QVERIFY(writeStm(folder.filePath("r.stm").toStdString(), corpus.reference));
        QVERIFY(writeCtm(folder.filePath("h.ctm").toStdString(), corpus.hypothesis));
        const QMap<QString, QString> expected = scliteCounts(folder.filePath("r.stm"), folder.filePath("h.ctm"));
        QCOMPARE(static_cast<std::size_t>(expected.size()), corpus.reference.size());
        const auto report =
            scoreFiles(folder.filePath("r.stm").toStdString(), folder.filePath("h.ctm").toStdString(), kSclite);
        QVERIFY(report);
        for (const ScoredUtterance& utterance : report->utterances) {
            QVERIFY2(counted(utterance.counts) == expected[QString::fromStdString(utterance.speaker)],
                     utterance.file.c_str());
        }
    }

    void scliteDealsWordsOutByTheirMiddle() {
        const auto reference = stm("f 1 s1 1.0 2.0 A B\nf 1 s2 2.0 3.0 C\n");
        const auto report = scoreHypothesis(
            reference, ctm("F 1 0.1 0.1 A\nf 1 1.9 0.15 B\nf 1 1.98 0.04 X\nf 1 1.5 0.1 Y\nf 1 9 0.1 c\n"), kSclite);
        QVERIFY(report);
        QCOMPARE(report->utterances[0].hypothesis, (Words{"A", "B"}));
        QCOMPARE(report->utterances[1].hypothesis, (Words{"X", "Y", "c"}));
        QCOMPARE(counted(report->total), QStringLiteral("3 0 0 2"));
        const auto ignoring = scoreHypothesis(stm("f 1 s 0 2 ignore_time_segment_in_scoring\nf 1 s 2 4 A\n"),
                                              ctm("f 1 0 1 B\nf 1 2 1 A\n"), kSclite);
        QVERIFY(ignoring);
        QCOMPARE(counted(ignoring->total), QStringLiteral("1 0 0 0"));
    }

    void theReferenceToolMergesNeighboursAndMindsCase() {
        const auto report =
            scoreHypothesis(stm("f 1 s 0 9 A A b\n"), ctm("f 1 0 1 A\nf 1 1 1 A\nf 1 2 1 B\n"), kReferenceTool);
        QVERIFY(report);
        QCOMPARE(counted(report->total), QStringLiteral("1 1 1 0"));
        const auto asSclite =
            scoreHypothesis(stm("f 1 s 0 9 A A b\n"), ctm("f 1 0 1 A\nf 1 1 1 A\nf 1 2 1 B\n"), kSclite);
        QVERIFY(asSclite);
        QCOMPARE(counted(asSclite->total), QStringLiteral("3 0 0 0"));
    }

    void theReferenceToolLosesAnUnterminatedLinesEnd() {
        const QTemporaryDir folder;
        QFile reference(folder.filePath("r.stm"));
        QFile hypothesis(folder.filePath("h.ctm"));
        QVERIFY(reference.open(QIODevice::WriteOnly) && hypothesis.open(QIODevice::WriteOnly));
        reference.write("f 1 s 0 9 REGEN SCHÖ");
        hypothesis.write("f 1 0 1 REGEN\nf 1 1 1 SCH");
        reference.close();
        hypothesis.close();
        const auto score = [&](ScoringTool tool) {
            return scoreFiles(reference.fileName().toStdString(), hypothesis.fileName().toStdString(),
                              {tool, Cleanup::None});
        };
        QCOMPARE(score(ScoringTool::Reference)->total.errors(), 0);
        QCOMPARE(score(ScoringTool::Reference)->notes.size(), 1U);
        QCOMPARE(score(ScoringTool::Sclite)->total.substitutions, 1);
    }

    void whatCannotBeScoredIsRefusedWithItsLine_data() {
        QTest::addColumn<QString>("stmText");
        QTest::addColumn<QString>("ctmText");
        QTest::addColumn<int>("tool");
        QTest::addColumn<QString>("start");
        const int sclite = static_cast<int>(ScoringTool::Sclite);
        const int reference = static_cast<int>(ScoringTool::Reference);
        QTest::newRow("unknown file") << "f 1 s 0 9 A\n"
                                      << "f 1 0 1 A\ng 1 0 1 A\n"
                                      << sclite << "h.ctm, line 2";
        QTest::newRow("unknown channel") << "f 1 s 0 9 A\n"
                                         << "f 2 0 1 A\n"
                                         << sclite << "h.ctm, line 1";
        QTest::newRow("alternatives") << "f 1 s 0 9 A\nf 1 s 9 10 { a / b }\n"
                                      << "" << sclite << "r.stm, line 2";
        QTest::newRow("annotation") << "f 1 s 0 9 A\n"
                                    << "f 1 0 1 A;2\n"
                                    << sclite << "h.ctm, line 1";
        QTest::newRow("two segments") << "f 1 s 0 9 A\ng 1 s 0 1 B\nf 1 s 9 10 B\n"
                                      << "" << reference << "r.stm, line 3";
    }
    void whatCannotBeScoredIsRefusedWithItsLine() {
        QFETCH(QString, stmText);
        QFETCH(QString, ctmText);
        QFETCH(int, tool);
        QFETCH(QString, start);
        const auto report = scoreHypothesis(stm(qPrintable(stmText)), ctm(qPrintable(ctmText)),
                                            {static_cast<ScoringTool>(tool), Cleanup::None}, "r.stm", "h.ctm");
        QVERIFY(!report);
        QVERIFY2(QString::fromStdString(report.error().message).startsWith(start), report.error().message.c_str());
        QVERIFY(!report.error().hint.empty());
    }

    void filesThatCannotBeScoredAreRefused() {
        const QTemporaryDir folder;
        QFile empty(folder.filePath("empty.stm"));
        QVERIFY(empty.open(QIODevice::WriteOnly));
        const auto nothing = scoreFiles(empty.fileName().toStdString(), empty.fileName().toStdString(), kSclite);
        QVERIFY(!nothing && nothing.error().message.ends_with("holds no reference"));
        QCOMPARE(scoreFiles(folder.filePath("no.stm").toStdString(), "no.ctm", kSclite).error().code,
                 ErrorCode::NotFound);
    }

    void theReportSumsUpSpeakersGlossesAndConfusions() {
        const auto report = scoreHypothesis(
            stm("a 1 anna 0 9 REGEN WIND\nb 1 ben 0 9 REGEN WIND SONNE\nc 1 anna 0 9 SONNE\n"),
            ctm("a 1 0 1 regen\na 1 1 1 WOLKE\nb 1 0 1 REGEN\nb 1 1 1 WOLKE\nb 1 2 1 SONNE\nb 1 3 1 NEU\n"), kSclite);
        QVERIFY(report);
        QCOMPARE(counted(report->total), QStringLiteral("3 2 1 1"));
        QCOMPARE(report->speakers.size(), 2U);
        QCOMPARE(report->speakers[0].speaker, std::string("anna"));
        QCOMPARE(report->speakers[0].utterances, 2);
        QCOMPARE(counted(report->speakers[0].counts), QStringLiteral("1 1 1 0"));
        QCOMPARE(report->confusions.size(), 1U);
        QCOMPARE(report->confusions[0].reference + ">" + report->confusions[0].hypothesis, std::string("WIND>WOLKE"));
        QCOMPARE(report->confusions[0].count, 2);
        const auto find = [&](const std::string& name) {
            return *std::find_if(report->glosses.begin(), report->glosses.end(),
                                 [&](const GlossScore& gloss) { return gloss.gloss == name; });
        };
        QCOMPARE(report->glosses.front().gloss, std::string("WIND"));
        QCOMPARE(counted(find("WIND").counts), QStringLiteral("0 2 0 0"));
        QCOMPARE(counted(find("SONNE").counts), QStringLiteral("1 0 1 0"));
        QCOMPARE(counted(find("NEU").counts), QStringLiteral("0 0 0 1"));
        QCOMPARE(counted(find("REGEN").counts), QStringLiteral("2 0 0 0"));
        QCOMPARE(find("WOLKE").mistaken, 2);
    }
};

QTEST_APPLESS_MAIN(TestScoring)
#include "tst_scoring.moc"
