#include "over_time_fixture.h"

#include "ui/attention/cell_row.h"
#include "ui/widgets/accessibility.h"

#include <QAccessible>
#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QTest>
#include <QToolButton>

using namespace livegloss;
using namespace livegloss::ui;
using attention::RegionOrigin;
using testing::isNear;
using Fixture = testing::OverTimeFixture;

/// Where regions are known from, and the path over the video.
class TestAttentionRegions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { installAccessibility(); }

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
        // Then the arrows are the red box's.
        QVERIFY(f.window->focusWidget() == f.workspace->view());
        QTest::keyClick(f.window->focusWidget(), Qt::Key_Right);
        QCOMPARE(f.script->settings.view->patch, 11);
        QVERIFY(isNear(marks->region()->left, 0.29, 0.005));
        QTest::keyClick(marks, Qt::Key_Delete);
        QVERIFY(!marks->region().has_value() && !f.draws(OverTimeSeries::OwnRegion));
        QVERIFY(!regions->removeButton()->isEnabled());
    }

    void aRegionCanBeMadeByKeyboard() {
        Fixture f;
        f.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(f.window.get()));
        RegionPanel* regions = f.workspace->overTime()->regions();
        VideoMarks* marks = f.workspace->overTime()->marks();
        regions->drawButton()->setFocus();
        QTest::keyClick(regions->drawButton(), Qt::Key_Space);
        QVERIFY(marks->region().has_value() && !marks->isDrawing() && !regions->drawButton()->isChecked());
        QVERIFY(marks->hasFocus() && regions->removeButton()->isEnabled());
        QVERIFY(isNear(marks->region()->left + marks->region()->width / 2.0, 0.5));
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(marks);
        QVERIFY(spoken->text(QAccessible::Value).contains(QStringLiteral("left 35 %")));
        QTest::keyClick(marks, Qt::Key_Right);
        QVERIFY(spoken->text(QAccessible::Value).contains(QStringLiteral("left 36 %")));
        QVERIFY(!spoken->text(QAccessible::Description).isEmpty());
        // With one there, the keys go to it.
        regions->drawButton()->setFocus();
        QTest::keyClick(regions->drawButton(), Qt::Key_Space);
        QVERIFY(marks->hasFocus() && isNear(marks->region()->left, 0.36, 0.005));
        // With the mouse it is dragged as ever.
        QTest::mouseClick(regions->drawButton(), Qt::LeftButton);
        QVERIFY(marks->isDrawing());
    }

    /// Where the keys are is seen and heard.
    void theRedBoxIsSeenAndHeard() {
        Fixture f;
        f.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(f.window.get()));
        AttentionView* view = f.workspace->view();
        view->setFocus();
        const QColor with = view->grab().toImage().pixelColor(1, view->height() / 2);
        f.panel->measureButton()->setFocus();
        QVERIFY(view->grab().toImage().pixelColor(1, view->height() / 2) != with);
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(view);
        QVERIFY(spoken->text(QAccessible::Value).isEmpty());
        f.workspace->panel()->choosePatch(6);
        QCOMPARE(spoken->text(QAccessible::Value), QStringLiteral("Patch in row 2, column 3"));
        CellRow cells(2);
        SheetCell first;
        SheetCell second;
        first.note = QStringLiteral("1.00 s");
        second.note = QStringLiteral("2.00 s");
        cells.setCells(QStringLiteral("Pictures"), {first, second}, 1.0);
        QAccessibleInterface* row = QAccessible::queryAccessibleInterface(&cells);
        QTest::keyClick(&cells, Qt::Key_Right);
        QCOMPARE(row->text(QAccessible::Value), QStringLiteral("2 of 2: 2.00 s"));
        QCOMPARE(row->text(QAccessible::Name), QStringLiteral("Pictures"));
    }

    /// The package is named only where it is missing.
    void whatIsMissingIsTold() {
        Fixture f;
        RegionPanel* regions = f.workspace->overTime()->regions();
        regions->setChoices(false, false, true);
        QVERIFY(regions->explanation()->text().contains(QStringLiteral("opencv-data")));
        for (const bool installed : {true, false}) {
            regions->setChoices(false, installed, false);
            QVERIFY2(regions->explanation()->text().contains(QStringLiteral("video files only")),
                     qPrintable(regions->explanation()->text()));
            QCOMPARE(regions->originBox()->count(), 1);
        }
        regions->setChoices(false, true, true);
        QVERIFY(regions->explanation()->text().contains(QStringLiteral("Choose where")));
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

    void aDetectorOfOnesOwnIsTriedOutFirst() {
        Fixture f;
        RegionPanel* regions = f.workspace->overTime()->regions();
        QFile file(f.folder.filePath(QStringLiteral("hands.onnx")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        bool works = false;
        regions->setServices([&file](QWidget*, const QString&) { return file.fileName(); },
                             [&works](const std::filesystem::path& path) -> Result<attention::DetectorParts> {
                                 if (!works) {
                                     return failure(ErrorCode::Unreadable, path.string() + " is no ONNX file",
                                                    "Export it.");
                                 }
                                 return attention::DetectorParts{true, false};
                             });
        regions->detectorButton()->click();
        QTRY_VERIFY(regions->note()->text().contains(QStringLiteral("is no ONNX file")));
        QVERIFY(regions->note()->isVisible() && regions->note()->text().contains(QStringLiteral("Export it")));
        QVERIFY(regions->detectorButton()->isEnabled());
        QCOMPARE(regions->originBox()->findData(static_cast<int>(RegionOrigin::OwnDetector)), -1);
        works = true;
        f.measure();
        regions->detectorButton()->click();
        QTRY_VERIFY(regions->origin() == RegionOrigin::OwnDetector);
        QVERIFY(regions->originBox()->currentText().contains(QStringLiteral("Found by hands.onnx")));
        QVERIFY2(regions->note()->text().contains(QStringLiteral("finds hands, but no faces")),
                 qPrintable(regions->note()->text()));
        QTRY_VERIFY(f.draws(OverTimeSeries::Hands)); // what was measured is measured again
        {
            const std::lock_guard lock(f.detectorLock);
            QCOMPARE(f.detector, std::filesystem::path(file.fileName().toStdString()));
        }
        const ChartCurve& hands = f.plot->chart().curves.first();
        QVERIFY(hands.values[2] && !hands.values[3]);
        // Its name stands in what is saved.
        for (const char* name : {"curves.csv", "curves.svg"}) {
            const QString path = f.folder.filePath(QLatin1String(name));
            f.panel->setChooseFile([&path](QWidget*, const QString&) { return path; });
            f.panel->saveButton()->click();
            QFile saved(path);
            QVERIFY(saved.open(QIODevice::ReadOnly));
            QVERIFY2(saved.readAll().toLower().contains("hands and face found by hands.onnx"), name);
        }
        // Chosen anew, after its settings were changed perhaps, it measures anew.
        const int jobs = f.jobs;
        regions->detectorButton()->click();
        QTRY_COMPARE(f.jobs.load(), jobs + 1);
    }

    void theDetectorIsRemembered() {
        Fixture f;
        QFile file(f.folder.filePath(QStringLiteral("hands.onnx")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        f.workspace->overTime()->regions()->setServices([&file](QWidget*, const QString&) { return file.fileName(); },
                                                        [](const std::filesystem::path&) {
                                                            return attention::DetectorParts{true, true};
                                                        });
        f.workspace->overTime()->regions()->detectorButton()->click();
        QTRY_VERIFY(f.workspace->overTime()->regions()->origin() == RegionOrigin::OwnDetector);
        const auto reopen = [&f] {
            f.window->close();
            f.destroyWindow();
            f.makeWindow();
            f.workspace = new AttentionWorkspace(*f.live, *f.preferences);
            f.window->addAttention(f.workspace);
            RegionPanel* regions = f.workspace->overTime()->regions();
            regions->setChoices(false, false, true);
            return regions;
        };
        const RegionPanel* again = reopen();
        QVERIFY(again->origin() == RegionOrigin::OwnDetector);
        QCOMPARE(again->source().detector, std::filesystem::path(file.fileName().toStdString()));
        QVERIFY(file.remove());
        RegionPanel* without = reopen();
        QVERIFY(without->origin() == RegionOrigin::None);
        QVERIFY2(without->note()->text().contains(file.fileName()), qPrintable(without->note()->text()));
        // Live pictures are not measured as a whole, so no detector is offered.
        without->setChoices(false, false, false);
        QCOMPARE(without->originBox()->count(), 1);
        // Its drive may come back, in this run or in a later one.
        reopen();
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        RegionPanel* back = reopen();
        QVERIFY(back->origin() == RegionOrigin::OwnDetector);
        QVERIFY(file.remove());
        back->setChoices(false, false, true);
        QVERIFY(back->origin() == RegionOrigin::None);
        QVERIFY(!back->note()->isHidden());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        back->setChoices(false, false, true);
        QVERIFY(back->origin() == RegionOrigin::OwnDetector);
        QVERIFY(back->note()->isHidden());
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
};

QTEST_MAIN(TestAttentionRegions)
#include "tst_attention_regions.moc"
