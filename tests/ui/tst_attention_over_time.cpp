#include "attention_fixture.h"

#include "ui/style/theme.h"
#include "ui/widgets/accessibility.h"

#include <QAccessible>
#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <QXmlStreamReader>

#include <atomic>
#include <thread>

using namespace livegloss;
using namespace livegloss::ui;
using attention::LayerKind;
using attention::RegionOrigin;
using attention::Shown;
using testing::attended;
using testing::layer;

namespace {

/// The window on a clip of 10 s, whose measurement the test scripts: 21 moments, twice a second.
class Fixture : public testing::AttentionFixture {
public:
    Fixture() : panel(workspace->overTime()->panel()), plot(panel->plot()) {
        panel->measurement()->setMeasure([this](const attention::OverTimeJob& job) { return measured(job); });
        pause();
        show(1.0, nullptr);
    }
    Result<std::vector<attention::Moment>> measured(const attention::OverTimeJob& job) {
        ++jobs;
        origin = job.regions;
        block = job.view.block;
        while (blocked && !job.options.cancelled()) {
            std::this_thread::yield();
        }
        if (job.options.cancelled()) {
            return failure(ErrorCode::Cancelled, "stopped");
        }
        if (fails) {
            return failure(ErrorCode::Unreadable, "the clip broke at byte 7", "Copy it anew.");
        }
        std::vector<attention::Moment> moments(21);
        for (std::size_t i = 0; i < moments.size(); ++i) {
            attention::Moment& moment = moments[i];
            moment.time = fromSeconds(static_cast<double>(i) * 0.5);
            moment.layer = layer(LayerKind::Adapted, 5);
            moment.entropy = 0.75F;
            moment.motion = 0.3F;
            moment.centre = attention::PicturePoint{0.05 * static_cast<double>(i), 0.5};
            if (job.regions == RegionOrigin::FaceDetector && i > 2) {
                moment.face = 0.25F;
            }
        }
        return moments;
    }
    void measure() {
        panel->measureButton()->click();
        QTRY_VERIFY(panel->isWhole());
    }
    bool draws(OverTimeSeries series) const {
        const QString name = OverTimeTexts::name(series);
        return std::ranges::any_of(plot->chart().curves,
                                   [&name](const ChartCurve& curve) { return curve.name == name; });
    }
    /// Drags on the video from one point of the picture to another, in fractions of it.
    void drag(QPointF from, QPointF to) {
        VideoMarks* marks = workspace->overTime()->marks();
        const QRectF frame = workspace->view()->frameRect(0);
        const auto at = [&frame](const QPointF& share) {
            return QPointF(frame.left() + share.x() * frame.width(), frame.top() + share.y() * frame.height());
        };
        QTest::mousePress(marks, Qt::LeftButton, {}, at(from).toPoint());
        const QPointF end = at(to).toPoint();
        QMouseEvent move(QEvent::MouseMove, end, marks->mapToGlobal(end), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(marks, &move);
        QTest::mouseRelease(marks, Qt::LeftButton, {}, end.toPoint());
    }

    OverTimePanel* panel;
    TimePlot* plot;
    std::atomic<int> jobs = 0;
    std::atomic<bool> blocked = false;
    std::atomic<bool> fails = false;
    std::atomic<RegionOrigin> origin = RegionOrigin::None;
    std::atomic<int> block = -7;
};

bool isNear(double value, double expected, double tolerance = 0.01) {
    return std::abs(value - expected) <= tolerance;
}

} // namespace

/// The curves below the video, regions and the path over it.
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

    void aRegionIsDrawnMovedAndRemoved() {
        Fixture f;
        f.measure();
        RegionPanel* regions = f.workspace->overTime()->regions();
        VideoMarks* marks = f.workspace->overTime()->marks();
        QVERIFY(!regions->removeButton()->isEnabled());
        regions->drawButton()->click();
        QVERIFY(marks->isDrawing());
        f.drag({0.2, 0.2}, {0.6, 0.7});
        QVERIFY(marks->region().has_value() && !marks->isDrawing() && !regions->drawButton()->isChecked());
        QVERIFY(isNear(marks->region()->left, 0.2) && isNear(marks->region()->width, 0.4));
        QVERIFY(f.draws(OverTimeSeries::OwnRegion) && f.draws(OverTimeSeries::Elsewhere));
        QVERIFY(!f.panel->note()->isVisible());
        QVERIFY(isNear(*f.panel->values().own[3] + *elsewhereOf(f.panel->values().moments[3], f.panel->values().own[3]),
                       1.0));
        f.drag({0.4, 0.22}, {0.5, 0.32}); // by its name
        QVERIFY(isNear(marks->region()->left, 0.3) && isNear(marks->region()->top, 0.3));
        f.drag({0.7, 0.6}, {0.9, 0.6}); // by its right edge
        QVERIFY(isNear(marks->region()->width, 0.6) && isNear(marks->region()->left, 0.3));
        marks->setFocus();
        QTest::keyClick(marks, Qt::Key_Left);
        QVERIFY(isNear(marks->region()->left, 0.29, 0.005));
        QTest::keyClick(marks, Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY(isNear(marks->region()->height, 0.51));
        // Clicks inside it still choose a patch.
        QTest::mouseClick(marks, Qt::LeftButton, {}, f.middleOf(10));
        QCOMPARE(f.script->settings.view->patch, 10);
        QTest::keyClick(marks, Qt::Key_Delete);
        QVERIFY(!marks->region().has_value() && !f.draws(OverTimeSeries::OwnRegion));
        QVERIFY(!regions->removeButton()->isEnabled());
    }

    void theFaceIsLookedForWhenAsked() {
        Fixture f;
        RegionPanel* regions = f.workspace->overTime()->regions();
        regions->setChoices(false, true);
        QCOMPARE(regions->originBox()->findData(static_cast<int>(RegionOrigin::Truth)), -1);
        QVERIFY(regions->originBox()->itemText(1).contains(QStringLiteral("may be wrong")));
        f.measure();
        f.pick(regions->originBox(), static_cast<int>(RegionOrigin::FaceDetector));
        QTRY_COMPARE(f.jobs.load(), 2);
        QTRY_VERIFY(f.draws(OverTimeSeries::Face));
        QVERIFY(f.origin == RegionOrigin::FaceDetector);
        QVERIFY(!f.draws(OverTimeSeries::Hands));
        // Where it found none, the curve has a gap.
        const ChartCurve& face = f.plot->chart().curves.first();
        QVERIFY(!face.values[2] && face.values[3]);
        // The exact truth is taken by itself.
        regions->setChoices(true, true);
        QVERIFY(regions->origin() == RegionOrigin::Truth);
        regions->setChoices(false, true);
        QVERIFY(regions->origin() == RegionOrigin::FaceDetector);
    }

    void thePathIsThatOfTheLastSecond() {
        Fixture f;
        f.measure();
        VideoMarks* marks = f.workspace->overTime()->marks();
        f.show(4.0, nullptr);
        QVERIFY(marks->path().empty());
        f.workspace->overTime()->regions()->pathBox()->click();
        QCOMPARE(marks->path().size(), std::size_t{3}); // 3.0, 3.5 and 4.0 s
        QVERIFY(isNear(marks->path().back().x, 0.4));
        const QImage image = f.workspace->view()->grab().toImage();
        const QRectF frame = f.workspace->view()->frameRect(0);
        const QColor line = image.pixelColor(
            QPointF(frame.left() + 0.37 * frame.width(), frame.top() + 0.5 * frame.height()).toPoint());
        QVERIFY2(line.red() > line.blue() + 60, qPrintable(line.name()));
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
