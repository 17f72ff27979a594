#include "handshape.h"
#include "lexicon.h"
#include "pose.h"
#include "synth/signer.h"

#include <QTest>
#include <set>

using namespace livegloss::synth;

namespace {

/// Names of the parameters in which two signs differ.
QStringList differences(const Sign& a, const Sign& b) {
    QStringList names;
    const auto note = [&](bool differs, const char* name) {
        if (differs) {
            names << name;
        }
    };
    note(a.shape != b.shape || a.endShape != b.endShape || a.otherShape != b.otherShape, "handshape");
    note(a.place != b.place, "place");
    note(a.orientation != b.orientation || a.otherOrientation != b.otherOrientation, "orientation");
    note(!(a.movement == b.movement), "movement");
    note(a.hands != b.hands, "hands");
    note(a.brows != b.brows || a.mouth != b.mouth, "face");
    return names;
}

const Sign& signOf(const QString& gloss) {
    for (const Sign& sign : lexicon()) {
        if (sign.gloss == gloss.toStdString()) {
            return sign;
        }
    }
    qFatal("the lexicon lacks %s", qPrintable(gloss));
}

} // namespace

class LexiconTest : public QObject {
    Q_OBJECT

private slots:
    void hasEnoughSignsAndHandshapes() {
        QVERIFY(lexicon().size() >= 24);
        QVERIFY(handshapeNames().size() >= 12);
        std::set<std::string> used;
        for (const Sign& sign : lexicon()) {
            used.insert({sign.shape, sign.endShape});
        }
        QVERIFY2(used.size() >= 12, "the lexicon uses fewer than 12 handshapes");
    }

    void glossesFollowLabelOrder() {
        const auto& glosses = lexiconGlosses();
        QCOMPARE(glosses.size(), lexicon().size());
        std::set<std::string> seen;
        for (std::size_t i = 0; i < glosses.size(); ++i) {
            QCOMPARE(glosses[i], lexicon()[i].gloss);
            QVERIFY2(seen.insert(glosses[i]).second, glosses[i].c_str());
        }
    }

    void noTwoSignsAreAlike() {
        const auto& signs = lexicon();
        for (std::size_t i = 0; i < signs.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                QVERIFY2(!differences(signs[i], signs[j]).isEmpty(),
                         qPrintable(QString::fromStdString(signs[i].gloss + " is signed like " + signs[j].gloss)));
            }
        }
    }

    void minimalPairs_data() {
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("second");
        QTest::addColumn<QString>("difference");
        QTest::newRow("handshape") << "RED"
                                   << "CANDY"
                                   << "handshape";
        QTest::newRow("handshape of a tap") << "MOTHER"
                                            << "WATER"
                                            << "handshape";
        QTest::newRow("place") << "FATHER"
                               << "MOTHER"
                               << "place";
        QTest::newRow("movement") << "SCHOOL"
                                  << "PAPER"
                                  << "movement";
        QTest::newRow("direction of movement") << "YESTERDAY"
                                               << "TOMORROW"
                                               << "movement";
        QTest::newRow("orientation") << "STOP"
                                     << "MIRROR"
                                     << "orientation";
        QTest::newRow("hands") << "TAKE"
                               << "GATHER"
                               << "hands";
        QTest::newRow("brows and mouth") << "GOOD"
                                         << "BAD"
                                         << "face";
        QTest::newRow("brows") << "THERE"
                               << "WHERE"
                               << "face";
    }
    void minimalPairs() {
        QFETCH(QString, first);
        QFETCH(QString, second);
        QFETCH(QString, difference);
        QCOMPARE(differences(signOf(first), signOf(second)), QStringList{difference});
    }

    void orientationsAreRotations() {
        for (const std::string& name : orientationNames()) {
            const auto rotation = findOrientation(name);
            QVERIFY2(rotation, name.c_str());
            const Vec3 x = rotate(*rotation, {1, 0, 0});
            const Vec3 y = rotate(*rotation, {0, 1, 0});
            const Vec3 z = rotate(*rotation, {0, 0, 1});
            QVERIFY2(length(cross(x, y) - z) < 1e-4F && std::abs(length(x) - 1.0F) < 1e-4F, name.c_str());
        }
        // Names say what the viewer sees: an outward palm looks along +z, fingers "up" point towards smaller y.
        QVERIFY(rotate(*findOrientation("palm-out-up"), {0, 0, 1}).z > 0.95F);
        QVERIFY(rotate(*findOrientation("palm-in-up"), {0, 0, 1}).z < -0.95F);
        QVERIFY(rotate(*findOrientation("palm-in-down"), {0, 1, 0}).y > 0.9F);
        // The right hand's thumb points to the body's middle when its palm is turned to the viewer.
        QVERIFY(rotate(*findOrientation("palm-out-up"), handJoints(*findHandshape("ell")).thumb[3]).x > 0.2F);
    }

    void unknownNamesAreRefused() {
        QVERIFY(!findHandshape("tentacle"));
        QVERIFY(!findPlace("moon"));
        QVERIFY(!findOrientation("palm-nowhere"));
    }
};

QTEST_APPLESS_MAIN(LexiconTest)
#include "tst_synth_lexicon.moc"
