#include "over_time_fixture.h"

#include "ui/style/theme.h"
#include "ui/widgets/accessibility.h"

#include <QAccessible>
#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <QXmlStreamReader>

using namespace livegloss;
using namespace livegloss::ui;
using attention::LayerKind;
using attention::Shown;
using testing::attended;
using testing::isNear;
using testing::layer;
using Fixture = testing::OverTimeFixture;

/// The curves below the video.
class TestAttentionOverTime : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { installAccessibility(); }

    void withoutMomentsItSaysWhatToDo() {
        Fixture f;
        QVERIFY(f.panel->measureButton()->isVisible() && f.panel->measureButton()->isEnabled());
        QVERIFY(!f.panel->saveButton()->isEnabled());
        QVERIFY(f.plot->chart().curves.isEmpty());
        QCOMPARE(f.jobs.load(), 0); // nothing is computed before a person asks
    }

    void measuringFillsTheCurves() {
        Fixture f;
        f.measure();
        QCOMPARE(f.panel->values().moments.size(), std::size_t{21});
        QVERIFY(f.draws(OverTimeSeries::Entropy) && f.draws(OverTimeSeries::Motion));
        // Without a region there are no shares, and the panel says what to do about it.
        QVERIFY(!f.draws(OverTimeSeries::Face) && !f.draws(OverTimeSeries::Elsewhere));
        QVERIFY(f.panel->note()->isVisible() && f.panel->note()->text().contains(QStringLiteral("draw one")));
        QVERIFY(!f.panel->measureButton()->isEnabled());
        f.panel->series()->box(OverTimeSeries::Entropy)->click();
        QVERIFY(!f.draws(OverTimeSeries::Entropy) && f.draws(OverTimeSeries::Motion));
        f.panel->series()->box(OverTimeSeries::Entropy)->click();
        QVERIFY(f.draws(OverTimeSeries::Entropy));
    }

    void everySeriesIsNamedAndDefined() {
        Fixture f;
        for (const OverTimeSeries series : allSeries) {
            const QCheckBox* box = f.panel->series()->box(series);
            QVERIFY(!box->text().isEmpty());
            QVERIFY(box->toolTip().size() > 30);
            QCOMPARE(box->accessibleDescription(), box->toolTip());
            for (const bool dark : {true, false}) {
                QVERIFY(contrastRatio(curveOf(series, dark).colour, themeColours(dark).surface) >= 3.0);
            }
        }
    }

    void measuringCanBeCancelled() {
        Fixture f;
        f.blocked = true;
        f.panel->measureButton()->click();
        QTRY_COMPARE(f.jobs.load(), 1);
        QVERIFY(f.panel->cancelButton()->isVisible() && !f.panel->measureButton()->isVisible());
        f.panel->cancelButton()->click();
        QVERIFY(!f.panel->measurement()->running());
        QVERIFY(f.panel->measureButton()->isVisible());
        QTest::qWait(50);
        QVERIFY(f.panel->values().moments.empty());
    }

    void aFailureIsToldWhereItWasAskedFor() {
        Fixture f;
        f.fails = true;
        f.panel->measureButton()->click();
        QTRY_VERIFY(f.panel->note()->text().contains(QStringLiteral("byte 7")));
        QVERIFY(f.panel->note()->text().contains(QStringLiteral("Copy it anew")));
        QVERIFY(f.panel->note()->isVisible());
    }

    void anotherViewIsMeasuredAgain() {
        Fixture f;
        f.measure();
        f.pick(f.workspace->panel()->coloursBox(), static_cast<int>(attention::Colours::Viridis));
        QVERIFY(f.panel->isWhole()); // colours change no value
        f.pick(f.workspace->panel()->blockBox(), 0);
        QVERIFY(!f.panel->isWhole() && f.panel->values().moments.empty());
        QTRY_VERIFY(f.panel->isWhole());
        QCOMPARE(f.jobs.load(), 2);
        QCOMPARE(f.block.load(), 0);
    }

    void whatIsShownFillsInMomentByMoment() {
        Fixture f;
        f.show(2.0, {layer(LayerKind::Adapted, 5)});
        f.show(1.0, {layer(LayerKind::Adapted, 5)});
        f.show(2.0, {layer(LayerKind::Adapted, 6)}); // known already
        QCOMPARE(f.panel->values().moments.size(), std::size_t{2});
        QCOMPARE(f.panel->values().moments[0].time, fromSeconds(1.0));
        QTRY_VERIFY(f.draws(OverTimeSeries::Entropy));
        QVERIFY(!f.draws(OverTimeSeries::Motion));
        attention::View other = f.workspace->panel()->view();
        other.block = 0;
        f.show(3.0, attended(other, {layer(LayerKind::Adapted, 5)}, fromSeconds(3.0)));
        QCOMPARE(f.panel->values().moments.size(), std::size_t{2});
        // Weights across frames add to the moments that are known.
        f.pick(Shown::CrossFrame);
        std::vector<attention::Layer> across;
        for (int offset = -1; offset <= 1; ++offset) {
            across.push_back(layer(LayerKind::CrossFrame, 5 + offset));
            across.back().offset = offset;
        }
        f.show(2.0, across);
        QCOMPARE(f.panel->values().moments.size(), std::size_t{2});
        QTRY_VERIFY(f.draws(OverTimeSeries::Motion));
        QVERIFY(f.panel->values().moments[1].entropy && f.panel->values().moments[1].motion);
        // Another clip has other moments.
        f.script->snapshot.source.name = "other.mp4";
        f.poll();
        QVERIFY(f.panel->values().moments.empty());
    }

    void theCursorFollowsThePictureAndClicksSeek() {
        Fixture f;
        f.measure();
        f.show(4.0, nullptr);
        QCOMPARE(f.plot->cursorTime(), fromSeconds(4.0));
        QTest::mouseClick(f.plot, Qt::LeftButton, {},
                          QPoint(static_cast<int>(f.plot->xOf(fromSeconds(7.2)) + 0.5), 40));
        QVERIFY(isNear(toSeconds(f.script->snapshot.position), 7.2, 0.03));
        QVERIFY(isNear(toSeconds(f.plot->cursorTime()), 7.2, 0.03));
        f.plot->setFocus();
        QTest::keyClick(f.plot, Qt::Key_Right);
        QCOMPARE(f.plot->cursorTime(), fromSeconds(7.5));
        QTest::keyClick(f.plot, Qt::Key_Left);
        QTest::keyClick(f.plot, Qt::Key_Left);
        QCOMPARE(f.plot->cursorTime(), fromSeconds(6.5));
        QTest::keyClick(f.plot, Qt::Key_Home);
        QCOMPARE(f.script->snapshot.position, MediaTime{0});
    }

    void wheelAndKeysZoomAroundWhatIsPointedAt() {
        Fixture f;
        f.measure();
        const MediaTime pointed = fromSeconds(6.0);
        const QPointF at(f.plot->xOf(pointed), 40.0);
        QWheelEvent wheel(at, f.plot->mapToGlobal(at), {}, {0, 240}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                          false);
        QCoreApplication::sendEvent(f.plot, &wheel);
        QVERIFY(f.plot->isZoomed());
        QVERIFY(isNear(toSeconds(f.plot->range().length()), 10.0 / 1.25 / 1.25));
        QVERIFY(isNear(f.plot->xOf(pointed), at.x(), 1.0));
        QTest::keyClick(f.plot, Qt::Key_0);
        QVERIFY(!f.plot->isZoomed());
        f.show(2.0, nullptr);
        for (int i = 0; i < 30; ++i) {
            QTest::keyClick(f.plot, Qt::Key_Plus);
        }
        QVERIFY(isNear(toSeconds(f.plot->range().length()), 0.4, 1e-6)); // no further
        QVERIFY(f.plot->range().from <= fromSeconds(2.0) && f.plot->range().to >= fromSeconds(2.0));
        f.show(4.0, nullptr); // the axis follows
        QVERIFY(f.plot->range().from <= fromSeconds(4.0) && f.plot->range().to >= fromSeconds(4.0));
        QTest::keyClick(f.plot, Qt::Key_Minus);
        QVERIFY(isNear(toSeconds(f.plot->range().length()), 0.6, 1e-6));
        const MediaTime from = f.plot->range().from;
        QTest::keyClick(f.plot, Qt::Key_PageDown);
        QVERIFY(f.plot->range().from > from);
    }

    void glossesStandOnTheSameAxis() {
        Fixture f;
        f.script->commit(f.script->gloss("HOUSE", 2.0));
        f.poll();
        f.measure();
        QCOMPARE(f.plot->chart().bands.size(), 1);
        QCOMPARE(f.plot->chart().bands[0].text, QStringLiteral("HOUSE"));
        const QString text = f.plot->textAt(fromSeconds(2.1));
        QVERIFY2(text.contains(QStringLiteral("HOUSE")) && text.contains(QStringLiteral("0.75")), qPrintable(text));
        const QImage image = f.plot->grab().toImage();
        const QColor band = image.pixelColor(static_cast<int>(f.plot->xOf(fromSeconds(2.39))), 6);
        const QColor beside = image.pixelColor(static_cast<int>(f.plot->xOf(fromSeconds(3.2))), 6);
        QVERIFY(band != beside);
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(f.plot);
        f.show(2.1, nullptr);
        QVERIFY(spoken->text(QAccessible::Value).contains(QStringLiteral("HOUSE")));
        QVERIFY(!spoken->text(QAccessible::Name).isEmpty());
    }

    /// The space bar after measuring must play, not save.
    void theFocusStaysWithWhatWasAskedFor() {
        Fixture f;
        f.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(f.window.get()));
        f.blocked = true;
        f.panel->measureButton()->setFocus();
        f.panel->measureButton()->click();
        QTRY_COMPARE(f.jobs.load(), 1);
        QVERIFY(f.panel->cancelButton()->hasFocus());
        f.panel->cancelButton()->click();
        QVERIFY(f.panel->measureButton()->hasFocus());
        f.blocked = false;
        f.measure();
        QVERIFY(f.plot->hasFocus());
    }

    void aDifferenceAloneIsNoMoment() {
        Fixture f;
        f.pick(Shown::Difference);
        f.show(1.0, {layer(LayerKind::Difference, 5)});
        f.show(2.0, {layer(LayerKind::Difference, 5)});
        QVERIFY(f.panel->values().moments.empty());
    }

    /// Where nothing was seen for a while there is no line.
    void curvesDoNotRunOverWhatWasNotSeen() {
        Fixture f;
        for (const double seconds : {1.0, 1.08, 1.16, 1.24, 6.0, 6.08}) {
            f.show(seconds, {layer(LayerKind::Adapted, 5)});
        }
        QTRY_VERIFY(f.draws(OverTimeSeries::Entropy));
        QTRY_COMPARE(f.plot->chart().times.size(), std::size_t{6});
        const QColor colour = f.plot->chart().curves.first().colour;
        const QImage image = f.plot->grab().toImage();
        const auto drawn = [&](double seconds) {
            const int x = static_cast<int>(f.plot->xOf(fromSeconds(seconds)) * image.devicePixelRatio());
            for (int y = 0; y < image.height(); ++y) {
                const QColor at = image.pixelColor(x, y);
                if (std::abs(at.red() - colour.red()) + std::abs(at.green() - colour.green()) +
                        std::abs(at.blue() - colour.blue()) <
                    60) {
                    return true;
                }
            }
            return false;
        };
        QVERIFY(drawn(1.12));
        QVERIFY(!drawn(3.5));
    }

    void curvesAreSavedAsPictureAndTable() {
        Fixture f;
        f.script->commit(f.script->gloss("HOUSE", 2.0));
        f.poll();
        f.measure();
        QString path = f.folder.filePath(QStringLiteral("curves.csv"));
        f.panel->setChooseFile([&path](QWidget*, const QString&) { return path; });
        f.panel->saveButton()->click();
        QFile csv(path);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QCOMPARE(text.count('\n'), 4 + 1 + 21);
        QVERIFY(text.contains(",0.75,0.3") && text.contains("\"HOUSE\""));
        path = f.folder.filePath(QStringLiteral("curves"));
        f.panel->saveButton()->click();
        QVERIFY(QImage(path + QStringLiteral(".png")).width() == 2000);
        path = f.folder.filePath(QStringLiteral("curves.svg"));
        f.panel->saveButton()->click();
        QFile svg(path);
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray drawing = svg.readAll();
        QVERIFY(drawing.contains("Small model") && drawing.contains("HOUSE") && drawing.contains("Attention shows"));
        QXmlStreamReader xml(drawing);
        while (!xml.atEnd()) {
            xml.readNext();
        }
        QVERIFY(!xml.hasError());
        path = QStringLiteral("/nowhere/curves.png");
        f.panel->saveButton()->click();
        QVERIFY(f.panel->note()->text().contains(path));
    }

    /// What is saved names the source of the curves on show, whatever was chosen since.
    void theSourceOfTheCurvesIsTheirOwn() {
        Fixture f;
        RegionPanel* regions = f.workspace->overTime()->regions();
        regions->setChoices(false, true);
        f.pick(regions->originBox(), static_cast<int>(attention::RegionOrigin::FaceDetector));
        f.measure();
        const QString path = f.folder.filePath(QStringLiteral("curves.csv"));
        f.panel->setChooseFile([&path](QWidget*, const QString&) { return path; });
        const auto saved = [&] {
            f.panel->saveButton()->click();
            QFile csv(path);
            return csv.open(QIODevice::ReadOnly) ? csv.readAll() : QByteArray();
        };
        f.blocked = true;
        f.pick(regions->originBox(), static_cast<int>(attention::RegionOrigin::None));
        QVERIFY2(saved().contains("# hands and face: \"face found by OpenCV"), saved().constData());
        QTRY_COMPARE(f.jobs.load(), 2);
        f.panel->cancelButton()->click();
        QVERIFY(saved().contains("face found by OpenCV"));
        QVERIFY(f.panel->measureButton()->isEnabled()); // as chosen now, it was not measured
        f.blocked = false;
        f.panel->measureButton()->click();
        QTRY_VERIFY(!f.draws(OverTimeSeries::Face));
        QVERIFY(!saved().contains("OpenCV"));
        QVERIFY(!f.panel->measureButton()->isEnabled());
        // And where a person's own region lies.
        f.workspace->overTime()->marks()->setRegion(vision::Region{0.3, 0.1, 0.4, 0.425});
        Q_EMIT f.workspace->overTime()->marks()->regionChanged();
        QVERIFY2(saved().contains("in percent: \"30,10,40,42.5\""), saved().constData());
    }

    /// After a camera came back its frames begin anew; the curves go on.
    void theCursorIsOnTheSessionsAxis() {
        Fixture f;
        f.measure();
        f.workspace->overTime()->regions()->pathBox()->click();
        f.show(1.0, nullptr);
        f.script->showFrame(100);
        f.script->picture.position = fromSeconds(8.0);
        f.poll();
        QCOMPARE(f.plot->cursorTime(), fromSeconds(8.0));
        QCOMPARE(f.workspace->overTime()->marks()->path().size(), std::size_t{3});
        QVERIFY(isNear(f.workspace->overTime()->marks()->path().back().x, 0.8));
    }

    void choicesAreRemembered() {
        Fixture f;
        f.panel->series()->box(OverTimeSeries::Motion)->click();
        f.panel->foldButton()->click();
        QVERIFY(!f.plot->isVisible());
        f.workspace->overTime()->regions()->pathBox()->click();
        f.window->close();
        f.destroyWindow();
        f.makeWindow();
        f.workspace = new AttentionWorkspace(*f.live, *f.preferences);
        f.window->addAttention(f.workspace);
        AttentionOverTime* again = f.workspace->overTime();
        QVERIFY(!again->panel()->series()->box(OverTimeSeries::Motion)->isChecked());
        QVERIFY(again->panel()->series()->box(OverTimeSeries::Entropy)->isChecked());
        QVERIFY(!again->panel()->foldButton()->isChecked());
        QVERIFY(again->regions()->showsPath());
    }
};

QTEST_MAIN(TestAttentionOverTime)
#include "tst_attention_over_time.moc"
