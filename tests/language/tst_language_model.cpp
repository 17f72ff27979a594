#include "comma_locale.h"
#include "decode/ctc.h"
#include "language/ngram_model.h"
#include "language/ngram_training.h"

#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <map>
#include <random>

using namespace livegloss;
using namespace livegloss::language;

namespace {

using Sentences = std::vector<std::vector<std::string>>;

const char* kSmall = "a header that readers skip\n"
                     "\\data\\\n"
                     "ngram 1=4\n"
                     "ngram 2=2\n"
                     "\n"
                     "\\1-grams:\n"
                     "-99\t<s>\t-0.3\n"
                     "-0.5\tA\t-0.25\n"
                     "-0.75\tB\n"
                     "-0.6\t</s>\n"
                     "\n"
                     "\\2-grams:\n"
                     "-0.1\t<s> A\n"
                     "-0.2\tA B\n"
                     "\n"
                     "\\end\\\n";

std::mt19937 seeded() {
    const unsigned seed = std::random_device{}();
    qInfo("seed %u", seed);
    return std::mt19937(seed);
}

int pick(std::mt19937& random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

/// Sentences in which some glosses follow each other more often than others.
Sentences randomSentences(std::mt19937& random, int count, int glosses) {
    Sentences sentences(static_cast<std::size_t>(count));
    for (auto& sentence : sentences) {
        int gloss = pick(random, 0, glosses - 1);
        for (int length = pick(random, 0, 7); length > 0; --length) {
            sentence.push_back(std::string(1, static_cast<char>('A' + gloss)));
            gloss = pick(random, 0, 2) == 0 ? pick(random, 0, glosses - 1) : (gloss * 3 + 1) % glosses;
        }
    }
    return sentences;
}

double probability(const NgramModel& model, int context, const std::string& gloss) {
    return std::pow(10.0, model.score(context, model.word(gloss)).log10Probability);
}

QString replaced(const char* from, const char* to) {
    QString text = kSmall;
    Q_ASSERT(text.contains(from));
    return text.replace(from, to);
}

} // namespace

class TestLanguageModel : public QObject {
    Q_OBJECT

private slots:
    void readsAndBacksOff() {
        const auto model = parseArpa(kSmall, "small.arpa");
        QVERIFY2(model, model ? "" : model.error().message.c_str());
        QCOMPARE(model->order(), 2);
        QCOMPARE(model->counts(), (std::vector<std::int64_t>{4, 2}));
        const int start = model->sentenceStart();
        const auto a = model->score(start, model->word("A"));
        QCOMPARE(a.log10Probability, -0.1);
        QCOMPARE(model->score(start, model->word("B")).log10Probability, -0.3 - 0.75);
        QCOMPARE(model->score(a.context, model->word("B")).log10Probability, -0.2);
        const auto end = model->score(a.context, model->word("</s>"));
        QCOMPARE(end.log10Probability, -0.25 - 0.6);
        QCOMPARE(model->word("C"), -1);
    }

    void damagedFilesAreRefusedWithTheirLine_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("start");
        QTest::newRow("empty") << QString() << "x.arpa, line 0: the file has no";
        QTest::newRow("another file") << QString("hello\nworld\n") << "x.arpa, line 2: the file has no";
        QTest::newRow("no counts") << replaced("ngram 1=4\n", "") << "x.arpa, line 3";
        QTest::newRow("count is no number") << replaced("1=4", "1=many") << "x.arpa, line 3";
        QTest::newRow("negative count") << replaced("1=4", "1=-4") << "x.arpa, line 3";
        QTest::newRow("huge count") << replaced("1=4", "1=400000000000") << "x.arpa, line 3: more";
        QTest::newRow("skipped length") << replaced("ngram 2=2", "ngram 3=2") << "x.arpa, line 4";
        QTest::newRow("fewer than announced") << replaced("1=4", "1=5") << "x.arpa, line 12: the section before";
        QTest::newRow("more than announced") << replaced("2=2", "2=1") << "x.arpa, line 16: the section before";
        QTest::newRow("sections swapped") << replaced("\\1-grams:", "\\2-grams:") << "x.arpa, line 6";
        QTest::newRow("certain") << replaced("-0.5\tA", "0.5\tA") << "x.arpa, line 8: \"0.5\" is no log";
        QTest::newRow("not a number") << replaced("-0.5\tA", "nan\tA") << "x.arpa, line 8";
        QTest::newRow("infinite") << replaced("-0.5\tA", "-inf\tA") << "x.arpa, line 8";
        QTest::newRow("half a number") << replaced("-0.5\tA", "-0.5x\tA") << "x.arpa, line 8";
        QTest::newRow("bad back-off") << replaced("-0.25", "much") << "x.arpa, line 8";
        QTest::newRow("too many fields") << replaced("A\t-0.25", "A C\t-0.25") << "x.arpa, line 8";
        QTest::newRow("no gloss") << replaced("-0.5\tA\t-0.25", "-0.5") << "x.arpa, line 8";
        QTest::newRow("twice") << replaced("-0.75\tB", "-0.75\tA") << "x.arpa, line 9: this n-gram";
        QTest::newRow("unknown gloss") << replaced("A B", "A C") << "x.arpa, line 14: \"C\"";
        QTest::newRow("unknown context") << replaced("A B", "C B") << "x.arpa, line 14: \"C\"";
        QTest::newRow("back-off at the end") << replaced("A B", "A B\t-0.1") << "x.arpa, line 14";
        QTest::newRow("cut off") << QString(kSmall).left(QString(kSmall).indexOf("\\end")) << "x.arpa, line 15";
        QTest::newRow("no sentence end") << replaced("</s>", "END") << "x.arpa has no 1-gram </s>";
        QTest::newRow("no sentence start")
            << replaced("-99\t<s>", "-99\tS").replace("<s> A", "S A") << "x.arpa has no 1-gram <s>";
    }
    void damagedFilesAreRefusedWithTheirLine() {
        QFETCH(QString, text);
        QFETCH(QString, start);
        const auto model = parseArpa(text.toStdString(), "x.arpa");
        QVERIFY(!model);
        QVERIFY2(QString::fromStdString(model.error().message).startsWith(start), model.error().message.c_str());
        QVERIFY(!model.error().hint.empty());
    }

    void missingContextsAreRefused() {
        const char* text = "\\data\\\nngram 1=3\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s>\n-1 A\n-1 </s>\n"
                           "\\2-grams:\n-1 <s> A\n\\3-grams:\n-1 A A </s>\n\\end\\\n";
        const auto model = parseArpa(text, "x.arpa");
        QVERIFY(!model);
        QVERIFY2(model.error().message.starts_with("x.arpa, line 12: the 2-gram before"),
                 model.error().message.c_str());
    }

    void missingFilesAndFoldersAreErrors() {
        const QTemporaryDir folder;
        QCOMPARE(readArpa(folder.filePath("no.arpa").toStdString()).error().code, ErrorCode::NotFound);
        QVERIFY(!readArpa(folder.path().toStdString()));
    }

    void garbageNeverCrashes() {
        std::mt19937 random = seeded();
        int refused = 0;
        for (int round = 0; round < 5000; ++round) {
            std::string text = kSmall;
            for (int change = pick(random, 1, 5); change > 0; --change) {
                const auto at = static_cast<std::size_t>(pick(random, 0, static_cast<int>(text.size()) - 1));
                switch (pick(random, 0, 2)) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, 3);
                    break;
                default:
                    text.insert(at, text.substr(text.size() / 2, 20));
                }
            }
            const auto model = parseArpa(text, "x");
            refused += model ? 0 : 1;
            if (model) {
                QVERIFY(model->score(0, model->word("A")).log10Probability <= 100.0);
                QVERIFY(parseArpa(formatArpa(*model), "again"));
            }
        }
        QVERIFY(refused > 1000);
    }

    void theLocaleDoesNotMatter() {
        std::mt19937 random = seeded();
        const auto model = trainNgrams(randomSentences(random, 50, 5), {3}, {});
        const std::string before = formatArpa(*model);
        const livegloss::test::CommaLocale locale;
        if (!livegloss::test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        QCOMPARE(formatArpa(*model), before);
        QVERIFY(parseArpa(before, "again"));
    }

    void trainedProbabilitiesSumToOne() {
        std::mt19937 random = seeded();
        for (int round = 0; round < 40; ++round) {
            const int order = 1 + round % 5;
            auto trained = trainNgrams(randomSentences(random, pick(random, 1, 120), 2 + round % 7), {order}, {"Z"});
            if (!trained) {
                continue; // only empty sentences
            }
            const auto model = parseArpa(formatArpa(*trained), "trained");
            QVERIFY2(model, model ? "" : model.error().message.c_str());
            QCOMPARE(model->counts(), trained->counts());
            std::vector<int> contexts{0};
            for (int length = 1; length < order; ++length) {
                for (const int node : model->ngrams(length)) {
                    contexts.push_back(node);
                }
            }
            for (const int context : contexts) {
                double sum = 0.0;
                for (int word = 0; word < model->words(); ++word) {
                    sum += word == model->word("<s>") ? 0.0 : probability(*model, context, model->gloss(word));
                }
                QVERIFY2(std::abs(sum - 1.0) < 1e-4, qPrintable(QString::number(sum, 'g', 12)));
            }
            QVERIFY(probability(*model, 0, "Z") > 0.0);
        }
    }

    void smoothingIsKneserNey() {
        // Two bigrams each seen once or twice; discounts fall back on 0.5, 1 and 1.5. By hand:
        // after A: A B twice -> (2 - 1) / 3 + (1.5 / 3) p(B); A </s> once -> 0.5 / 3 + ...
        const auto model = trainNgrams({{"A", "B"}, {"A", "B"}, {"A"}}, {2});
        QVERIFY(model);
        // Continuations: A after <s>; B after A; </s> after B and after A: 4 in all. Vocabulary: A, B, </s>, <unk>.
        const double uniform = 1.0 / 4.0;
        const double freed = (0.5 + 0.5 + 1.0) / 4.0; // A, B seen once; </s> twice
        const double pB = (1.0 - 0.5) / 4.0 + freed * uniform;
        QVERIFY(std::abs(probability(*model, 0, "B") - pB) < 1e-9);
        const int afterA = model->find(0, model->word("A"));
        const double gamma = (1.0 + 0.5) / 3.0;
        QVERIFY(std::abs(probability(*model, afterA, "B") - ((2.0 - 1.0) / 3.0 + gamma * pB)) < 1e-9);
        QVERIFY(std::abs(probability(*model, afterA, "<unk>") - gamma * freed * uniform) < 1e-9);
    }

    void longerModelsFitTheirOwnKindBetter() {
        std::mt19937 random(7);
        const Sentences train = randomSentences(random, 800, 9);
        const Sentences other = randomSentences(random, 200, 9);
        const double unigram = perplexity(*trainNgrams(train, {1}), other);
        const double bigram = perplexity(*trainNgrams(train, {2}), other);
        QVERIFY2(bigram < 0.8 * unigram, qPrintable(QStringLiteral("%1 %2").arg(unigram).arg(bigram)));
    }

    void uselessCorporaAreRefused() {
        QVERIFY(!trainNgrams({}, {3}));
        QVERIFY(!trainNgrams({{}}, {3}));
        QVERIFY(!trainNgrams({{"A"}}, {0}));
        QVERIFY(!trainNgrams({{"A"}}, {7}));
        const auto spaced = trainNgrams({{"A"}, {"B", "C D"}}, {2});
        QVERIFY(!spaced);
        QVERIFY(spaced.error().message.starts_with("sentence 2"));
        QVERIFY(!trainNgrams({{"</s>"}}, {2}));
    }

    void vocabulariesMeetTheModel() {
        const auto small = std::make_shared<const NgramModel>(*parseArpa(kSmall, "small"));
        const auto lacking = makeLabelScorer(small, {"", "A", "C", "D"});
        QVERIFY(!lacking);
        QVERIFY2(lacking.error().message.find("2 glosses") != std::string::npos, lacking.error().message.c_str());
        const auto trained = std::make_shared<const NgramModel>(*trainNgrams({{"A", "B"}}, {2}));
        const auto scorer = makeLabelScorer(trained, {"", "A", "C"});
        QVERIFY(scorer);
        const auto unknown = (*scorer)->next((*scorer)->start(true), 2);
        QVERIFY(std::abs(std::exp(unknown.logProbability) - probability(*trained, trained->sentenceStart(), "<unk>")) <
                1e-9);
    }

    /// The beam search's choice against all label sequences, each with all of its paths.
    void fusionFindsTheBestSequenceOfAll() {
        std::mt19937 random = seeded();
        for (int round = 0; round < 120; ++round) {
            const int labels = pick(random, 1, 3);
            const int steps = pick(random, 1, 6);
            const std::vector<std::string> vocabulary{"", "A", "B", "C"};
            const auto trained = trainNgrams(randomSentences(random, 60, labels + 1), {pick(random, 1, 3)});
            if (!trained) {
                continue;
            }
            const auto scorer = makeLabelScorer(std::make_shared<const NgramModel>(*trained), vocabulary).value();
            Matrix table(steps, labels + 1);
            std::normal_distribution<float> normal(0.0F, 1.5F);
            for (int step = 0; step < steps; ++step) {
                double sum = 0.0;
                for (int label = 0; label <= labels; ++label) {
                    table.at(step, label) = normal(random);
                    sum += std::exp(static_cast<double>(table.at(step, label)));
                }
                for (int label = 0; label <= labels; ++label) {
                    table.at(step, label) -= static_cast<float>(std::log(sum));
                }
            }
            decode::DecodeOptions options;
            options.beamWidth = 5000;
            options.language = {scorer, pick(random, 0, 20) / 10.0, pick(random, -15, 15) / 10.0, round % 3 != 0};
            std::vector<int> found;
            for (const decode::DecodedGloss& gloss : decode::decode(table, options)) {
                found.push_back(gloss.label);
            }
            double best = -1e300;
            const auto scores = allScores(table, options.language);
            for (const auto& [sequence, score] : scores) {
                best = std::max(best, score);
            }
            QVERIFY(scores.contains(found));
            QVERIFY2(scores.at(found) > best - 1e-6, qPrintable(QString::number(round)));
        }
    }

    void fusionOfNoWeightChangesNothing() {
        std::mt19937 random = seeded();
        const auto trained = std::make_shared<const NgramModel>(*trainNgrams({{"A", "B"}, {"B", "A"}}, {2}));
        const auto scorer = makeLabelScorer(trained, {"", "A", "B", "C", "D"}).value();
        std::normal_distribution<float> normal(0.0F, 2.0F);
        for (int round = 0; round < 50; ++round) {
            Matrix table(20, 5);
            for (float& value : table.values) {
                value = normal(random);
            }
            const auto labels = [&](double weight, std::shared_ptr<const decode::LabelScorer> language) {
                decode::DecodeOptions options;
                options.language = {std::move(language), weight, 0.0, true};
                std::vector<int> result;
                for (const decode::DecodedGloss& gloss : decode::decode(table, options)) {
                    result.push_back(gloss.label);
                }
                return result;
            };
            QCOMPARE(labels(0.0, scorer), labels(0.0, nullptr));
        }
    }

private:
    static std::map<std::vector<int>, double> allScores(const Matrix& table, const decode::LanguageFusion& language) {
        std::map<std::vector<int>, double> scores;
        std::vector<int> path(static_cast<std::size_t>(table.rows), 0);
        for (std::size_t digit = 0; digit < path.size();) {
            double log = 0.0;
            std::vector<int> labels;
            int previous = 0;
            for (int step = 0; step < table.rows; ++step) {
                const int label = path[static_cast<std::size_t>(step)];
                log += static_cast<double>(table.at(step, label));
                if (label != 0 && label != previous) {
                    labels.push_back(label);
                }
                previous = label;
            }
            scores[labels] += std::exp(log);
            for (digit = 0; digit < path.size() && ++path[digit] == table.columns; ++digit) {
                path[digit] = 0;
            }
        }
        for (auto& [labels, score] : scores) {
            score = std::log(score);
            int state = language.scorer->start(language.wholeSentence);
            for (const int label : labels) {
                const auto step = language.scorer->next(state, label);
                score += language.weight * step.logProbability + language.insertionBonus;
                state = step.state;
            }
            score += language.wholeSentence ? language.weight * language.scorer->end(state) : 0.0;
        }
        return scores;
    }
};

QTEST_GUILESS_MAIN(TestLanguageModel)
#include "tst_language_model.moc"
