#include "evaluation/stm_ctm.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace livegloss;
using namespace livegloss::evaluation;

class TestStmCtm : public QObject {
    Q_OBJECT

private slots:
    void readsReferences() {
        const auto segments = parseStm("\xEF\xBB\xBF;; a comment\r\n"
                                       "clip-1 1 signer05 0.0 1.79769e+308 __ON__ REGEN\r\n"
                                       "\n"
                                       "clip-2\t1  signer02 1.5 4 <o,f0> 今天 年龄\n"
                                       "clip-3 1 signer02 0 1",
                                       "a.stm");
        QVERIFY(segments);
        QCOMPARE(segments->size(), 3U);
        QCOMPARE((*segments)[0].words, (Words{"__ON__", "REGEN"}));
        QCOMPARE((*segments)[0].speaker, std::string("signer05"));
        QVERIFY((*segments)[0].endSeconds > 1e300);
        QCOMPARE((*segments)[1].words, (Words{"今天", "年龄"}));
        QCOMPARE((*segments)[1].startSeconds, 1.5);
        QVERIFY((*segments)[2].words.empty());
    }

    void readsHypotheses() {
        const auto words = parseCtm("clip-1 1 0.00 0.16 REGEN\nclip-1 1 0.5 0.1 WIND 0.75\n", "a.ctm");
        QVERIFY(words);
        QCOMPARE(words->size(), 2U);
        QCOMPARE((*words)[0].word, std::string("REGEN"));
        QVERIFY(!(*words)[0].confidence);
        QCOMPARE((*words)[1].confidence, std::optional(0.75));
        QCOMPARE((*words)[1].durationSeconds, 0.1);
    }

    void damagedLinesAreNamed_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("too short") << QByteArray("ok 1 0 1 A\nclip 1 0.0 0.1\n");
        QTest::newRow("two glosses") << QByteArray("ok 1 0 1 A\nclip 1 0.0 0.1 A B C\n");
        QTest::newRow("no number") << QByteArray("ok 1 0 1 A\nclip 1 zero 0.1 A\n");
        QTest::newRow("half a number") << QByteArray("ok 1 0 1 A\nclip 1 0.1x 0.1 A\n");
        QTest::newRow("not a number") << QByteArray("ok 1 0 1 A\nclip 1 nan 0.1 A\n");
        QTest::newRow("bad confidence") << QByteArray("ok 1 0 1 A\nclip 1 0.1 0.1 A sure\n");
        QTest::newRow("before the clip") << QByteArray("ok 1 0 1 A\nclip 1 -0.1 0.1 A\n");
        QTest::newRow("negative duration") << QByteArray("ok 1 0 1 A\nclip 1 0.1 -0.1 A\n");
        QTest::newRow("binary") << QByteArray("ok 1 0 1 A\n\x00\xff\x01\x02", 15);
    }
    void damagedLinesAreNamed() {
        QFETCH(QByteArray, text);
        const auto words = parseCtm(std::string_view(text.data(), static_cast<std::size_t>(text.size())), "some.ctm");
        QVERIFY(!words);
        QCOMPARE(words.error().code, ErrorCode::Unreadable);
        QVERIFY2(words.error().message.starts_with("some.ctm, line 2"), words.error().message.c_str());
        QVERIFY(!parseStm("clip 1 speaker 0.0\n", "some.stm"));
        const auto backwards = parseStm("clip 1 speaker 0.0 1.0 A\nclip 1 speaker 2.0 1.0 A\n", "some.stm");
        QVERIFY(!backwards);
        QVERIFY2(backwards.error().message.starts_with("some.stm, line 2"), backwards.error().message.c_str());
    }

    void writtenFilesReadBack() {
        const QTemporaryDir folder;
        const std::filesystem::path stm = folder.filePath("a.stm").toStdString();
        const std::filesystem::path ctm = folder.filePath("a.ctm").toStdString();
        QVERIFY(writeStm(stm, {{.file = "clip", .speaker = "two words", .words = {"A", "B C", ""}}}));
        const auto segments = readStm(stm);
        QVERIFY(segments);
        QCOMPARE(segments->at(0).speaker, std::string("two_words"));
        QCOMPARE(segments->at(0).words, (Words{"A", "B_C", "[EMPTY]"}));
        QVERIFY(segments->at(0).endSeconds > 1e300);

        QVERIFY(writeCtm(ctm, {{"b", "1", 0.0, 0.16, "LAST", 0.5},
                               {"a", "1", 10.25, 0.16, "SECOND", {}},
                               {"a", "1", 9.5, 0.1, "FIRST", {}}}));
        const auto words = readCtm(ctm);
        QVERIFY(words);
        QCOMPARE(words->size(), 3U);
        QCOMPARE(words->at(0).word, std::string("FIRST"));
        QCOMPARE(words->at(1).startSeconds, 10.25);
        QCOMPARE(words->at(2).confidence, std::optional(0.5));
    }

    void missingFilesAndFoldersAreErrors() {
        const QTemporaryDir folder;
        const auto missing = readStm(folder.filePath("none.stm").toStdString());
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QVERIFY(!readCtm(folder.path().toStdString()));
        const auto unwritable = writeCtm(folder.filePath("no/such/folder.ctm").toStdString(), {});
        QVERIFY(!unwritable);
        QCOMPARE(unwritable.error().code, ErrorCode::WriteFailed);
        QFile empty(folder.filePath("empty.ctm"));
        QVERIFY(empty.open(QIODevice::WriteOnly));
        const auto nothing = readCtm(empty.fileName().toStdString());
        QVERIFY(nothing && nothing->empty());
    }

    void garbageNeverCrashes() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const std::string seedText = "clip 1 0.00 0.16 REGEN 0.5\n;; c\nx 1 s 0 1 <a> B\r\n";
        int accepted = 0;
        for (int round = 0; round < 3000; ++round) {
            std::string text = seedText;
            for (int change = 0; change < 1 + round % 6; ++change) {
                text[random() % text.size()] = static_cast<char>(random());
            }
            accepted += parseCtm(text, "x") ? 1 : 0;
            const auto segments = parseStm(text, "x");
            if (segments) {
                const auto again = parseStm(formatStm(*segments), "x");
                QVERIFY(again && again->size() == segments->size());
            }
        }
        QVERIFY(accepted < 3000);
    }
};

QTEST_APPLESS_MAIN(TestStmCtm)
#include "tst_stm_ctm.moc"
