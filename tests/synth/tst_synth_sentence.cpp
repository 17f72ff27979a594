#include "look.h"
#include "scene.h"
#include "sentence.h"
#include "synth/signer.h"

#include <QTest>
#include <random>
#include <set>

using namespace livegloss::synth;

namespace {

std::uint64_t drawnSeed() {
    const std::uint64_t seed = std::random_device{}();
    qInfo("seed %llu", static_cast<unsigned long long>(seed));
    return seed;
}

ClipRequest requestOf(std::uint64_t seed, Split split = Split::Train, int size = 96) {
    ClipRequest request;
    request.seed = seed;
    request.split = split;
    request.size = size;
    return request;
}

} // namespace

class SentenceTest : public QObject {
    Q_OBJECT

private slots:
    void spansLieInOrderInsideTheClip() {
        const std::uint64_t seed = drawnSeed();
        for (std::uint64_t i = 0; i < 300; ++i) {
            const auto clip = makeClip(requestOf(seed + i));
            const auto& spans = clip->spans();
            QVERIFY(spans.size() >= 2 && spans.size() <= 7);
            int free = 5; // frames at rest
            for (const SignSpan& span : spans) {
                QVERIFY2(span.firstFrame >= free + 2, "no way between rest or sign and the next sign");
                QVERIFY(span.lastFrame >= span.firstFrame + 7 && span.lastFrame <= span.firstFrame + 25);
                QVERIFY(span.label >= 1 && span.label <= static_cast<int>(lexiconGlosses().size()));
                QCOMPARE(span.gloss, lexiconGlosses()[static_cast<std::size_t>(span.label - 1)]);
                free = span.lastFrame + 1;
            }
            QVERIFY(clip->frames() >= free + 5);
        }
    }

    void everySignAndSomeRepetitionsOccur() {
        const std::uint64_t seed = drawnSeed();
        std::set<int> labels;
        int repetitions = 0;
        for (std::uint64_t i = 0; i < 300; ++i) {
            const auto clip = makeClip(requestOf(seed + i));
            int previous = 0;
            for (const SignSpan& span : clip->spans()) {
                labels.insert(span.label);
                repetitions += span.label == previous ? 1 : 0;
                previous = span.label;
            }
        }
        QCOMPARE(labels.size(), lexiconGlosses().size());
        QVERIFY2(repetitions > 20, "a sign is seldom signed twice in a row");
    }

    void fixedSentencesAreSigned() {
        ClipRequest request = requestOf(7);
        request.glosses = {"HOUSE", "RED", "RED", "WHERE"};
        const auto clip = makeClip(request);
        std::vector<std::string> signedGlosses;
        for (const SignSpan& span : clip->spans()) {
            signedGlosses.push_back(span.gloss);
        }
        QCOMPARE(signedGlosses, request.glosses);
    }

    void handsMoveWithoutJumps() {
        const std::uint64_t seed = drawnSeed();
        for (std::uint64_t i = 0; i < 60; ++i) {
            const Sentence sentence(requestOf(seed + i));
            BodyPose before = sentence.pose(0);
            for (int frame = 1; frame < sentence.frames(); ++frame) {
                const BodyPose now = sentence.pose(frame);
                // A hand crosses at most a quarter of the picture in a frame.
                QVERIFY2(length(now.dominant.wrist - before.dominant.wrist) < 0.25F,
                         qPrintable(QString::number(frame)));
                QVERIFY2(length(now.other.wrist - before.other.wrist) < 0.25F, qPrintable(QString::number(frame)));
                before = now;
            }
        }
    }

    void repeatedSignsAreParted() {
        // Between two performances the hand falls below where it is signing.
        ClipRequest request = requestOf(11);
        request.glosses = {"PHONE", "PHONE"};
        const Sentence sentence(request);
        const auto& spans = sentence.spans();
        const float signing = sentence.pose(spans[0].lastFrame).dominant.wrist.y;
        const float between = sentence.pose((spans[0].lastFrame + spans[1].firstFrame) / 2).dominant.wrist.y;
        QVERIFY(between > signing + 0.04F);
    }

    void clipsStartAndEndAtRest() {
        const Sentence sentence(requestOf(drawnSeed()));
        for (const int frame : {0, sentence.frames() - 1}) {
            QVERIFY(sentence.pose(frame).dominant.wrist.y > 0.7F);
            QVERIFY(sentence.pose(frame).other.wrist.y > 0.7F);
        }
    }

    void frameRateScalesTheClip() {
        ClipRequest request = requestOf(21);
        const int at25 = makeClip(request)->frames();
        request.fps = 50.0;
        const int at50 = makeClip(request)->frames();
        QVERIFY(std::abs(at50 - 2 * at25) <= 12);
    }

    void splitsShareNoSignerAndSayOtherThings() {
        QVERIFY(signerCount(Split::Train) >= 200);
        QCOMPARE(signerCount(Split::Dev), 20);
        QCOMPARE(signerCount(Split::Test), 20);
        const std::uint64_t seed = drawnSeed();
        std::map<Split, std::set<std::string>> signers;
        int sameSentence = 0;
        for (std::uint64_t i = 0; i < 150; ++i) {
            std::vector<std::vector<int>> sentences;
            for (const Split split : {Split::Train, Split::Dev, Split::Test}) {
                const auto clip = makeClip(requestOf(seed + i, split));
                signers[split].insert(clip->signerName());
                std::vector<int> labels;
                for (const SignSpan& span : clip->spans()) {
                    labels.push_back(span.label);
                }
                sentences.push_back(labels);
            }
            sameSentence += sentences[0] == sentences[1] || sentences[1] == sentences[2] ? 1 : 0;
        }
        QVERIFY(sameSentence < 10);
        for (const std::string& name : signers[Split::Test]) {
            QVERIFY(!signers[Split::Train].contains(name) && !signers[Split::Dev].contains(name));
        }
        QVERIFY(signers[Split::Train].size() > 80);
    }

    void signersOfDifferentSplitsLookDifferent() {
        // The number alone must not decide the look: person 3 of one split is another person in the next.
        for (int number = 0; number < 20; ++number) {
            const Look train = signerLook(Split::Train, number);
            const Look test = signerLook(Split::Test, number);
            QVERIFY(length(train.skin - test.skin) + length(train.shirt - test.shirt) > 1.0F);
        }
    }

    void senselessRequestsAreRefused_data() {
        QTest::addColumn<int>("size");
        QTest::addColumn<double>("fps");
        QTest::addColumn<int>("minSigns");
        QTest::addColumn<int>("maxSigns");
        QTest::addColumn<QString>("gloss");
        QTest::newRow("too small") << 95 << 25.0 << 2 << 7 << "";
        QTest::newRow("too large") << 1025 << 25.0 << 2 << 7 << "";
        QTest::newRow("no rate") << 128 << 0.0 << 2 << 7 << "";
        QTest::newRow("no signs") << 128 << 25.0 << 0 << 7 << "";
        QTest::newRow("more at least than at most") << 128 << 25.0 << 3 << 2 << "";
        QTest::newRow("unknown gloss") << 128 << 25.0 << 2 << 7 << "XYZZY";
    }
    void senselessRequestsAreRefused() {
        QFETCH(int, size);
        QFETCH(double, fps);
        QFETCH(int, minSigns);
        QFETCH(int, maxSigns);
        QFETCH(QString, gloss);
        ClipRequest request = requestOf(1, Split::Train, size);
        request.fps = fps;
        request.minSigns = minSigns;
        request.maxSigns = maxSigns;
        if (!gloss.isEmpty()) {
            request.glosses = {gloss.toStdString()};
        }
        QVERIFY(!makeClip(request));
    }
};

QTEST_APPLESS_MAIN(SentenceTest)
#include "tst_synth_sentence.moc"
