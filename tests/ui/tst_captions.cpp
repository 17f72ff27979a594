#include "fake_recogniser.h"
#include "ui/setup.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/caption_view.h"

#include <QAccessible>
#include <QTest>

#include <map>
#include <random>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::session::CaptionGloss;

namespace {

CaptionGloss gloss(std::int64_t id, const std::string& text, float confidence = 0.9F) {
    CaptionGloss entry;
    entry.id = id;
    entry.text = text;
    entry.confidence = confidence;
    return entry;
}

/// A layout where every letter is 10 wide and the gap 10.
CaptionLayout tenPixelLayout(double width) {
    CaptionLayout layout;
    layout.setMetrics(width, 10.0, [](const QString& text) { return 10.0 * static_cast<double>(text.size()); });
    return layout;
}

session::CaptionList list(std::vector<CaptionGloss> glosses) {
    return std::make_shared<const std::vector<CaptionGloss>>(std::move(glosses));
}

CaptionGloss at(double start, CaptionGloss entry) {
    entry.start = fromSeconds(start);
    entry.end = fromSeconds(start + 0.4);
    return entry;
}

/// Of what stands out most against the background.
double bestContrast(CaptionView& view) {
    const QImage image = view.grab().toImage();
    double best = 1.0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            best = std::max(best, contrastRatio(image.pixelColor(x, y), image.pixelColor(1, 1)));
        }
    }
    return best;
}

constexpr MediaTime late = std::chrono::hours(10);

bool update(CaptionLayout& layout, std::vector<CaptionGloss> committed, std::vector<CaptionGloss> provisional,
            MediaTime position = late) {
    return layout.update(list(std::move(committed)), list(std::move(provisional)), position);
}

} // namespace

class TestCaptions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }

    void committedFollowEachOther() {
        CaptionLayout layout = tenPixelLayout(100);
        update(layout, {gloss(1, "AB"), gloss(2, "CDE")}, {gloss(3, "F")});
        QCOMPARE(layout.cells().size(), 3U);
        QCOMPARE(layout.cells()[0].x, 0.0);
        QCOMPARE(layout.cells()[1].x, 30.0);
        QCOMPARE(layout.cells()[2].x, 70.0);
        QVERIFY(layout.cells()[1].committed);
        QVERIFY(!layout.cells()[2].committed);
        QCOMPARE(layout.visibleText(), QStringLiteral("AB CDE F"));
    }

    void committingDoesNotMoveAGloss() {
        CaptionLayout layout = tenPixelLayout(100);
        update(layout, {gloss(1, "AB")}, {gloss(2, "CDE"), gloss(3, "FGHI")});
        const CaptionCell before = layout.cells()[2];
        QCOMPARE(before.line, 1);
        update(layout, {gloss(1, "AB"), gloss(2, "CDE"), gloss(3, "FGHI")}, {});
        QCOMPARE(layout.cells()[2].line, before.line);
        QCOMPARE(layout.cells()[2].x, before.x);
    }

    void viewScrollsOnButNeverBack() {
        CaptionLayout layout = tenPixelLayout(50);
        update(layout, {gloss(1, "ABCDE"), gloss(2, "ABCDE")}, {gloss(3, "ABCDE")});
        QCOMPARE(layout.firstVisibleLine(), 1);
        update(layout, {gloss(1, "ABCDE"), gloss(2, "ABCDE")}, {});
        QCOMPARE(layout.firstVisibleLine(), 1);
        QCOMPARE(layout.visibleText(), QStringLiteral("ABCDE"));
    }

    void nothingDisappearsInAPause() {
        CaptionLayout layout = tenPixelLayout(200);
        update(layout, {gloss(1, "A")}, {gloss(2, "B")});
        update(layout, {gloss(1, "A")}, {});
        update(layout, {gloss(1, "A")}, {});
        QCOMPARE(layout.visibleText(), QStringLiteral("A"));
    }

    void captionsDoNotRunAheadOfThePicture() {
        CaptionLayout layout = tenPixelLayout(200);
        update(layout, {at(1.0, gloss(1, "A")), at(3.0, gloss(2, "B"))}, {at(5.0, gloss(3, "C"))}, fromSeconds(2.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("A"));
        update(layout, {at(1.0, gloss(1, "A")), at(3.0, gloss(2, "B"))}, {at(5.0, gloss(3, "C"))}, fromSeconds(3.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("A B"));
    }

    void aJumpShowsWhatWasSignedShortlyBefore() {
        CaptionLayout layout = tenPixelLayout(400);
        const std::vector<CaptionGloss> all = {at(1.0, gloss(1, "A")), at(8.0, gloss(2, "B")), at(9.0, gloss(3, "C")),
                                               at(20.0, gloss(4, "D"))};
        update(layout, all, {}, fromSeconds(21.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("A B C D"));
        layout.jump(fromSeconds(10.0));
        // The snapshot still tells the old position, perhaps a picture later.
        update(layout, all, {}, fromSeconds(21.08));
        QCOMPARE(layout.visibleText(), QStringLiteral("A B C D"));
        update(layout, all, {}, fromSeconds(10.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("B C"));
        // A part that was recognised before is captioned again as it plays.
        update(layout, all, {}, fromSeconds(20.1));
        QCOMPARE(layout.visibleText(), QStringLiteral("B C D"));
    }

    /// A file may be shorter than it says, and the picture end up before the place that was asked for.
    void aJumpBehindTheLastPictureEndsAtIt() {
        CaptionLayout layout = tenPixelLayout(400);
        const std::vector<CaptionGloss> all = {at(1.0, gloss(1, "A")), at(28.0, gloss(2, "B"))};
        update(layout, all, {}, fromSeconds(2.0));
        layout.jump(fromSeconds(50.0));
        update(layout, all, {}, fromSeconds(30.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("B"));
        // From the last picture to itself: nothing to clear, and a loop begins anew.
        layout.jump(fromSeconds(50.0));
        update(layout, all, {}, fromSeconds(30.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("B"));
        update(layout, all, {}, fromSeconds(1.2));
        QCOMPARE(layout.visibleText(), QStringLiteral("A"));
    }

    /// The old position may move on before the jump is made, and one jump follow another before either arrives.
    void quickJumpsArriveAtTheLastOne() {
        CaptionLayout layout = tenPixelLayout(400);
        const std::vector<CaptionGloss> all = {at(8.0, gloss(1, "A")), at(29.0, gloss(2, "B")),
                                               at(49.0, gloss(3, "C"))};
        update(layout, all, {}, fromSeconds(30.0));
        layout.jump(fromSeconds(50.0));
        layout.jump(fromSeconds(10.0));
        update(layout, all, {}, fromSeconds(50.0));
        update(layout, all, {}, fromSeconds(10.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("A"));
        layout.jump(fromSeconds(50.0));
        update(layout, all, {}, fromSeconds(10.8)); // played on before the jump
        update(layout, all, {}, fromSeconds(50.0));
        QCOMPARE(layout.visibleText(), QStringLiteral("C"));
    }

    void nothingIsLaidOutWhenNothingChanged() {
        CaptionLayout layout = tenPixelLayout(400);
        const auto committed = list({at(1.0, gloss(1, "A"))});
        const auto none = list({});
        QVERIFY(layout.update(committed, none, fromSeconds(2.0)));
        QVERIFY(!layout.update(committed, none, fromSeconds(2.1)));
    }

    void newRecognitionStartsAfresh() {
        CaptionLayout layout = tenPixelLayout(200);
        update(layout, {gloss(1, "OLD")}, {});
        update(layout, {}, {});
        QCOMPARE(layout.visibleText(), QString());
        update(layout, {gloss(1, "NEW")}, {});
        QCOMPARE(layout.visibleText(), QStringLiteral("NEW"));
    }

    void repeatedSignsAreBothShown() {
        CaptionLayout layout = tenPixelLayout(200);
        update(layout, {gloss(1, "A"), gloss(2, "A")}, {});
        QCOMPARE(layout.visibleText(), QStringLiteral("A A"));
    }

    /// Whatever the session does, a committed gloss keeps its place on the text's own lines.
    void committedNeverMoveInRandomSessions() {
        const auto seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
        CaptionLayout layout = tenPixelLayout(240);
        std::vector<CaptionGloss> committed;
        std::map<std::int64_t, double> places;
        std::map<std::int64_t, std::int64_t> lineMates; // first gloss on the same line
        std::int64_t id = 1;
        for (int step = 0; step < 400; ++step) {
            for (int added = pick(0, 2); added > 0; --added) {
                committed.push_back(gloss(id++, std::string(static_cast<std::size_t>(pick(1, 12)), 'X')));
            }
            std::vector<CaptionGloss> provisional;
            for (int tail = pick(0, 5); tail > 0; --tail) {
                provisional.push_back(
                    gloss(100000 + id + tail, std::string(static_cast<std::size_t>(pick(1, 12)), 'Y')));
            }
            update(layout, committed, provisional);
            std::map<int, std::int64_t> firstOnLine;
            for (const CaptionCell& cell : layout.cells()) {
                if (!cell.committed) {
                    continue;
                }
                QVERIFY(cell.x + cell.width <= 240.0);
                const auto mate = firstOnLine.emplace(cell.line, cell.gloss.id).first->second;
                const auto place = places.emplace(cell.gloss.id, cell.x);
                QCOMPARE(cell.x, place.first->second);
                if (mate != cell.gloss.id) {
                    QCOMPARE(lineMates.emplace(cell.gloss.id, mate).first->second, mate);
                }
            }
            const CaptionCell* last = layout.cells().empty() ? nullptr : &layout.cells().back();
            if (last != nullptr) {
                QVERIFY(last->line - layout.firstVisibleLine() < CaptionLayout::visibleLines);
            }
            QVERIFY(layout.firstVisibleLine() <= 9); // old lines are forgotten
        }
        QVERIFY(committed.size() > 100);
    }

    void tiersLookDifferentWithoutColour() {
        CaptionView view;
        view.resize(600, view.sizeHint().height());
        view.setCaptions(list({gloss(1, "HOUSE")}), list({}), late);
        const QImage committed = view.grab().toImage().convertToFormat(QImage::Format_Grayscale8);
        CaptionView other;
        other.resize(view.size());
        other.setCaptions(list({}), list({gloss(1, "HOUSE")}), late);
        const QImage provisional = other.grab().toImage().convertToFormat(QImage::Format_Grayscale8);
        QVERIFY(committed != provisional);
        // The dotted line lies below the letters, where committed text has nothing.
        const auto inkBelow = [&](const QImage& image) {
            const int line = other.sizeHint().height() / 2 - 8;
            int ink = 0;
            for (int y = line - 6; y < line + 8; ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    ink += qGray(image.pixel(x, y)) > 100 ? 1 : 0;
                }
            }
            return ink;
        };
        QVERIFY(inkBelow(provisional) > inkBelow(committed) + 20);
    }

    void sizeFollowsTheSetting() {
        CaptionView view;
        AppSettings style;
        style.captionPixels = 28;
        view.setTextStyle(style);
        const int small = view.sizeHint().height();
        style.captionPixels = 56;
        view.setTextStyle(style);
        QVERIFY(view.sizeHint().height() > small * 3 / 2);
    }

    void fontFollowsTheSetting() {
        CaptionView view;
        view.resize(600, 120);
        view.setCaptions(list({gloss(1, "HOUSE")}), list({}), late);
        const QImage usual = view.grab().toImage();
        AppSettings style;
        style.captionFont = QStringLiteral("DejaVu Sans Mono");
        view.setTextStyle(style);
        QVERIFY(view.grab().toImage() != usual);
    }

    void everyColourIsReadableOnEveryGround() {
        CaptionView view;
        view.resize(600, 120);
        AppSettings style;
        QSet<QRgb> grounds;
        for (const auto ground : {CaptionGround::Stage, CaptionGround::Black, CaptionGround::Blue}) {
            for (const auto colour :
                 {CaptionColour::White, CaptionColour::Yellow, CaptionColour::Cyan, CaptionColour::Green}) {
                style.captionGround = ground;
                style.captionColour = colour;
                view.setTextStyle(style);
                view.setCaptions(list({gloss(1, "HOUSE")}), list({}), late);
                QVERIFY(bestContrast(view) > 7.0);
                view.clear();
                view.setCaptions(list({}), list({gloss(2, "HOUSE")}), late);
                QVERIFY(bestContrast(view) > 4.5);
                view.clear();
                grounds.insert(view.grab().toImage().pixel(1, 1));
            }
        }
        QCOMPARE(grounds.size(), 3);
    }

    void screenReadersGetTheText() {
        CaptionView view;
        view.resize(600, 120);
        view.setCaptions(list({gloss(1, "HOUSE")}), list({gloss(2, "RED")}), late);
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(&view);
        QVERIFY(interface != nullptr);
        QCOMPARE(interface->text(QAccessible::Value), QStringLiteral("HOUSE RED"));
        QVERIFY(!interface->text(QAccessible::Name).isEmpty());
    }

    void timesAndConfidences() {
        QCOMPARE(formatTime(fromSeconds(12.47)), QStringLiteral("00:12.4"));
        QCOMPARE(formatTime(fromSeconds(3725.0)), QStringLiteral("1:02:05.0"));
        QCOMPARE(formatTime(fromSeconds(-3.0)), QStringLiteral("00:00.0"));
        QCOMPARE(formatTimeShort(fromSeconds(65.9)), QStringLiteral("01:05"));
        QCOMPARE(formatConfidence(0.934F), QStringLiteral("93%"));
        QCOMPARE(formatConfidence(1.7F), QStringLiteral("100%"));
    }
};

QTEST_MAIN(TestCaptions)
#include "tst_captions.moc"
