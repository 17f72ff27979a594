#include "evaluation/text_columns.h"
#include "evaluation/word_error.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace livegloss;
using namespace livegloss::evaluation;

namespace {

Words words(const char* text) {
    Words result;
    for (const QString& word : QString(text).split(' ', Qt::SkipEmptyParts)) {
        result.push_back(word.toStdString());
    }
    return result;
}

Words randomWords(std::mt19937& random, int longest, int vocabulary) {
    Words result(std::uniform_int_distribution<std::size_t>(0, static_cast<std::size_t>(longest))(random));
    for (std::string& word : result) {
        word.assign(1, static_cast<char>('a' + std::uniform_int_distribution<int>(0, vocabulary - 1)(random)));
    }
    return result;
}

/// Least weight over all alignments, by plain recursion.
int leastWeight(const Words& reference, const Words& hypothesis, std::size_t i = 0, std::size_t j = 0) {
    if (i == reference.size() || j == hypothesis.size()) {
        return 3 * static_cast<int>(reference.size() - i + hypothesis.size() - j);
    }
    return std::min({leastWeight(reference, hypothesis, i + 1, j + 1) + (reference[i] == hypothesis[j] ? 0 : 4),
                     leastWeight(reference, hypothesis, i + 1, j) + 3,
                     leastWeight(reference, hypothesis, i, j + 1) + 3});
}

std::mt19937 seeded() {
    const unsigned seed = std::random_device{}();
    qInfo("seed %u", seed);
    return std::mt19937(seed);
}

QString sclite() {
    const QString found = QStandardPaths::findExecutable("sclite");
    return found.isEmpty() ? QStandardPaths::findExecutable("sclite", {"/usr/lib/sctk/bin"}) : found;
}

void writeTranscript(const QString& path, const std::vector<Words>& utterances) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (std::size_t i = 0; i < utterances.size(); ++i) {
        QByteArray line;
        for (const std::string& word : utterances[i]) {
            line += QByteArray::fromStdString(word) + ' ';
        }
        file.write(line + "(speaker_" + QByteArray::number(static_cast<qulonglong>(i + 1)) + ")\n");
    }
}

} // namespace

class TestWordError : public QObject {
    Q_OBJECT

private slots:
    void textIsCutToColumnsInWholeCharacters() {
        QCOMPARE(cutToColumns("HOUSE TREE", 7), std::string("HOUSE T"));
        QCOMPARE(cutToColumns("HOUSE", 7), std::string("HOUSE"));
        QCOMPARE(cutToColumns("ÄRGER", 1), std::string("Ä"));
        QCOMPARE(cutToColumns("今天", 3), std::string("今"));
        QCOMPARE(cutToColumns("今天", 1), std::string());
        QCOMPARE(cutToColumns("a\xE4", 5), std::string("a\xE4")); // cut inside a character already
        QCOMPARE(columnsOf(cutToColumns("今天ÄRGER", 6)), std::size_t{6});
    }

    void countsByHand_data() {
        QTest::addColumn<QString>("reference");
        QTest::addColumn<QString>("hypothesis");
        QTest::addColumn<QList<int>>("expected"); // correct, substitutions, deletions, insertions
        QTest::newRow("equal") << "a b c"
                               << "a b c" << QList<int>{3, 0, 0, 0};
        QTest::newRow("nothing recognised") << "a b c"
                                            << "" << QList<int>{0, 0, 3, 0};
        QTest::newRow("nothing there") << ""
                                       << "a b" << QList<int>{0, 0, 0, 2};
        QTest::newRow("both empty") << ""
                                    << "" << QList<int>{0, 0, 0, 0};
        QTest::newRow("substitution") << "a b c"
                                      << "a x c" << QList<int>{2, 1, 0, 0};
        QTest::newRow("shift beats substitutions") << "a b c"
                                                   << "b c d" << QList<int>{2, 0, 1, 1};
        QTest::newRow("case matters") << "Haus"
                                      << "HAUS" << QList<int>{0, 1, 0, 0};
        QTest::newRow("repetition") << "a a"
                                    << "a" << QList<int>{1, 0, 1, 0};
    }
    void countsByHand() {
        QFETCH(QString, reference);
        QFETCH(QString, hypothesis);
        QFETCH(QList<int>, expected);
        const ErrorCounts counts = countErrors(alignWords(words(qPrintable(reference)), words(qPrintable(hypothesis))));
        QCOMPARE(QList<int>({static_cast<int>(counts.correct), static_cast<int>(counts.substitutions),
                             static_cast<int>(counts.deletions), static_cast<int>(counts.insertions)}),
                 expected);
        QCOMPARE(counts.referenceWords, words(qPrintable(reference)).size());
    }

    void ratesAreInPercent() {
        const ErrorCounts counts{6, 1, 1, 2, 8};
        QCOMPARE(counts.werPercent(), 50.0);
        QCOMPARE(ErrorCounts{}.werPercent(), 0.0);
        QCOMPARE((ErrorCounts{0, 0, 0, 3, 0}).werPercent(), 100.0);
    }

    void alignmentIsOrderedCompleteAndOfLeastWeight() {
        std::mt19937 random = seeded();
        for (int round = 0; round < 300; ++round) {
            const Words reference = randomWords(random, 6, 3);
            const Words hypothesis = randomWords(random, 6, 3);
            const auto alignment = alignWords(reference, hypothesis);
            int nextReference = 0;
            int nextHypothesis = 0;
            for (const AlignedPair& pair : alignment) {
                QCOMPARE(pair.reference, pair.edit == Edit::Insertion ? -1 : nextReference++);
                QCOMPARE(pair.hypothesis, pair.edit == Edit::Deletion ? -1 : nextHypothesis++);
                if (pair.reference >= 0 && pair.hypothesis >= 0) {
                    QCOMPARE(reference[static_cast<std::size_t>(pair.reference)] ==
                                 hypothesis[static_cast<std::size_t>(pair.hypothesis)],
                             pair.edit == Edit::Correct);
                }
            }
            QCOMPARE(static_cast<std::size_t>(nextReference), reference.size());
            QCOMPARE(static_cast<std::size_t>(nextHypothesis), hypothesis.size());
            const ErrorCounts counts = countErrors(alignment);
            QCOMPARE(static_cast<int>(4 * counts.substitutions + 3 * counts.deletions + 3 * counts.insertions),
                     leastWeight(reference, hypothesis));
        }
    }

    void everyUtteranceCountsAsScliteCountsIt() {
        const QString program = sclite();
        if (program.isEmpty()) {
            QSKIP("sclite is not installed (Debian package sctk)");
        }
        std::mt19937 random = seeded();
        std::vector<Words> references;
        std::vector<Words> hypotheses;
        for (int i = 0; i < 1500; ++i) {
            const int vocabulary = 2 + i % 9;
            references.push_back(randomWords(random, 2 + i % 25, vocabulary));
            hypotheses.push_back(randomWords(random, 2 + i % 25, vocabulary));
        }
        const QTemporaryDir folder;
        writeTranscript(folder.filePath("reference.trn"), references);
        writeTranscript(folder.filePath("hypothesis.trn"), hypotheses);
        QProcess process;
        process.start(program, {"-s", "-r", folder.filePath("reference.trn"), "trn", "-h",
                                folder.filePath("hypothesis.trn"), "trn", "-i", "rm", "-o", "pralign", "stdout"});
        QVERIFY(process.waitForFinished());
        const QString report = process.readAllStandardOutput();
        const QRegularExpression scores(R"(id: \(speaker_(\d+)\)\s+Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+))");
        int compared = 0;
        for (auto match = scores.globalMatch(report); match.hasNext();) {
            const QRegularExpressionMatch line = match.next();
            const auto index = line.captured(1).toULongLong() - 1;
            const ErrorCounts counts = countErrors(alignWords(references.at(index), hypotheses.at(index)));
            QCOMPARE(counts.correct, line.captured(2).toLongLong());
            QCOMPARE(counts.substitutions, line.captured(3).toLongLong());
            QCOMPARE(counts.deletions, line.captured(4).toLongLong());
            QCOMPARE(counts.insertions, line.captured(5).toLongLong());
            ++compared;
        }
        QCOMPARE(compared, 1500);
    }

    void tiesCanGoToDeletionsFirst() {
        // Both alignments weigh 6; read from the end they differ in which side is passed over first.
        const Words reference = words("a b");
        const Words hypothesis = words("b a");
        const auto letters = [](const std::vector<AlignedPair>& alignment) {
            QString text;
            for (const AlignedPair& pair : alignment) {
                text += "CSDI"[static_cast<int>(pair.edit)];
            }
            return text;
        };
        QCOMPARE(letters(alignWords(reference, hypothesis)), QStringLiteral("DCI"));
        QCOMPARE(letters(alignWordsDeletingFirst(reference, hypothesis)), QStringLiteral("ICD"));
    }

    void corpusSumsItsUtterances() {
        const CorpusScore score =
            scoreCorpus({{"one", words("a b"), words("a")}, {"two", words("c d"), words("c x y")}});
        QCOMPARE(score.utterances.size(), 2U);
        QCOMPARE(score.utterances[1].id, std::string("two"));
        QCOMPARE(score.total.deletions, 1);
        QCOMPARE(score.total.substitutions, 1);
        QCOMPARE(score.total.insertions, 1);
        QCOMPARE(score.total.werPercent(), 75.0);
    }

    void alignmentReadsInColumns() {
        const Words reference = words("HEUTE REGEN WIND");
        const Words hypothesis = words("HEUTE SCHÖN");
        QCOMPARE(QString::fromStdString(alignmentText(reference, hypothesis, alignWords(reference, hypothesis))),
                 QStringLiteral("reference  HEUTE REGEN WIND\n"
                                "recognised HEUTE *     SCHÖN\n"
                                "                 D     S\n"));
        // Characters of some scripts take two columns of a terminal.
        QCOMPARE(QString::fromStdString(alignmentText({"今天", "4"}, {"4"}, alignWords({"今天", "4"}, {"4"}))),
                 QStringLiteral("reference  今天 4\n"
                                "recognised *    4\n"
                                "           D\n"));
    }
};

QTEST_APPLESS_MAIN(TestWordError)
#include "tst_word_error.moc"
