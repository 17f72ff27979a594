#include "ui/setup.h"
#include "ui/style/theme.h"
#include "ui/widgets/hint_card.h"
#include "window_fixture.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// The window driven as a person drives it, by keys and mouse, over a scripted session.
class TestLiveWindow : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        applyTheme(*qApp, ThemeChoice::Dark, false);
    }
    void init() {
        w_ = std::make_unique<WindowFixture>();
        w_->live->start({});
        QTRY_VERIFY(w_->script->model != nullptr);
        QVERIFY(QTest::qWaitForWindowExposed(w_->window.get()));
        w_->window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(w_->window.get()));
    }
    void cleanup() { w_.reset(); }

    void nothingFoundIsOnlySaidOfWhatWasRecognised() {
        w_->playFile();
        w_->script->snapshot.state = session::State::Ended;
        w_->poll();
        QVERIFY(w_->live->captions()->placeholder().contains(QStringLiteral("Play again")));
        w_->script->snapshot.recognised = true;
        ++w_->script->snapshot.captionRevision;
        w_->poll();
        QVERIFY(w_->live->captions()->placeholder().contains(QStringLiteral("sure of")));
    }

    void damagedFilesAreTold() {
        w_->playFile();
        QVERIFY(w_->live->notice()->isHidden());
        w_->script->snapshot.statistics.droppedSource = 3;
        w_->poll();
        QVERIFY(w_->live->notice()->isVisible());
        QVERIFY(w_->live->notice()->text().contains(QStringLiteral("some of its frames")));
        w_->script->snapshot.endsEarly = fromSeconds(4.52);
        w_->poll();
        QCOMPARE(w_->live->notice()->text(),
                 QStringLiteral("The file ends at 4.5 s of 10.0 s: it is damaged or cut off."));
        w_->script->snapshot.source.live = true; // frames that a camera lost are in the status line
        w_->poll();
        QVERIFY(w_->live->notice()->isHidden());
    }

    void onlyTheWholeClipIsCalledChecked() {
        w_->playFile();
        w_->script->setOffline({w_->script->gloss("HOUSE", 1.0)});
        w_->script->snapshot.offlineFromStart = false;
        w_->poll();
        const auto said = [this](const QString& word) {
            for (const QLabel* label : w_->live->sidePanel()->history()->findChildren<QLabel*>()) {
                if (label->text().contains(word)) {
                    return true;
                }
            }
            return false;
        };
        QVERIFY(said(QStringLiteral("Glosses: 1")) && !said(QStringLiteral("checked")));
        w_->script->setOffline({w_->script->gloss("HOUSE", 1.0)});
        w_->poll();
        QVERIFY(said(QStringLiteral("checked")));
    }

    void spacePlaysAndPauses() {
        w_->playFile();
        key(Qt::Key_Space);
        QCOMPARE(calls().last(), QStringLiteral("pause"));
        w_->poll();
        key(Qt::Key_Space);
        QCOMPARE(calls().last(), QStringLiteral("play"));
    }

    void spaceOnAFocusedButtonPressesTheButton() {
        w_->playFile();
        auto* stop = buttonOf(LiveAction::Stop);
        QVERIFY(stop != nullptr);
        stop->setFocus();
        QTest::keyClick(stop, Qt::Key_Space);
        QCOMPARE(calls().last(), QStringLiteral("stop"));
        QCOMPARE(w_->script->count(QStringLiteral("pause")), 0);
    }

    void keysStepSeekAndChangeTheRate() {
        w_->playFile();
        w_->script->snapshot.position = fromSeconds(5.0);
        w_->poll();
        key(Qt::Key_Comma);
        QCOMPARE(calls().last(), QStringLiteral("step -1"));
        key(Qt::Key_Period);
        QCOMPARE(calls().last(), QStringLiteral("step 1"));
        key(Qt::Key_Left);
        QCOMPARE(calls().last(), QStringLiteral("seek 4000"));
        w_->poll();
        key(Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(calls().last(), QStringLiteral("seek 5000"));
        key(Qt::Key_BracketRight);
        QCOMPARE(w_->script->settings.rate, 1.25);
        key(Qt::Key_BracketLeft);
        key(Qt::Key_BracketLeft);
        QCOMPARE(w_->script->settings.rate, 0.75);
        key(Qt::Key_Backspace);
        QCOMPARE(w_->script->settings.rate, 1.0);
        key(Qt::Key_L);
        QVERIFY(w_->script->settings.loop);
    }

    void altArrowsGoFromGlossToGloss() {
        w_->playFile();
        for (const double start : {1.0, 3.0, 6.0}) {
            w_->script->commit(w_->script->gloss("HOUSE", start));
        }
        w_->script->snapshot.position = fromSeconds(4.0);
        w_->poll();
        key(Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(calls().last(), QStringLiteral("seek 6000"));
        w_->poll();
        key(Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(calls().last(), QStringLiteral("seek 3000"));
        w_->poll();
        key(Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(calls().last(), QStringLiteral("seek 1000"));
    }

    void clickOnTheSeekBarJumps() {
        w_->playFile();
        SeekBar* bar = w_->live->transport()->seekBar();
        QTest::mouseClick(bar, Qt::LeftButton, {},
                          QPoint(static_cast<int>(bar->xOf(fromSeconds(7.5))), bar->height() / 2));
        QVERIFY(calls().last().startsWith(QStringLiteral("seek ")));
        const int target = calls().last().mid(5).toInt();
        QVERIFY2(std::abs(target - 7500) < 60, qPrintable(calls().last()));
    }

    void seekBarShowsGlossesAsMarks() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 2.0));
        w_->script->setProvisional({w_->script->gloss("RED", 5.0)});
        w_->poll();
        SeekBar* bar = w_->live->transport()->seekBar();
        QCOMPARE(bar->marks().size(), 2U);
        QCOMPARE(bar->textAt(bar->xOf(fromSeconds(2.25))), QStringLiteral("HOUSE  00:02.2"));
        QCOMPARE(bar->textAt(bar->xOf(fromSeconds(8.04))), QStringLiteral("00:08.0"));
    }

    void attentionIsToggledAndItsStrengthSet() {
        w_->playFile();
        QVERIFY(w_->live->stage()->video()->attentionShown());
        key(Qt::Key_A);
        QVERIFY(!w_->live->stage()->video()->attentionShown());
        QVERIFY(!w_->script->settings.attention);
        QVERIFY(!w_->live->toolbar()->strength()->isEnabled());
        key(Qt::Key_A);
        QVERIFY(w_->script->settings.attention);
        QSlider* strength = w_->live->toolbar()->strength();
        strength->setFocus();
        const int before = strength->value();
        QTest::keyClick(strength, Qt::Key_Right);
        QVERIFY(strength->value() > before);
        QCOMPARE(w_->preferences->values().attentionStrength, strength->value());
    }

    void attentionIsPaintedOverThePictureOnly() {
        w_->playFile();
        auto heat = std::make_shared<vision::RgbaPicture>();
        heat->width = heat->height = 2;
        heat->rgba = {255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255};
        w_->script->picture.attention = heat;
        w_->script->picture.attentionRegion = {0.25, 0.0, 0.5, 1.0};
        w_->script->showFrame(0);
        w_->poll();
        VideoView* video = w_->live->stage()->video();
        const QPoint middle = video->frameRect().center().toPoint();
        const QPoint outside(static_cast<int>(video->frameRect().left()) + 4, middle.y());
        const auto red = [&](const QPoint& point) { return qRed(video->grab().toImage().pixel(point)); };
        QVERIFY(red(middle) > 100);
        QVERIFY(red(outside) < 20);
        key(Qt::Key_A);
        QVERIFY(red(middle) < 20);
    }

    void mirrorTurnsThePreviewOnly() {
        w_->playFile();
        auto frame = std::make_shared<Frame>();
        frame->width = 2;
        frame->height = 1;
        frame->rgb = {255, 255, 255, 0, 0, 0};
        w_->script->picture.frame = frame;
        ++w_->script->picture.serial;
        w_->poll();
        VideoView* video = w_->live->stage()->video();
        const auto left = [&] {
            const QRectF area = video->frameRect();
            return qGray(video->grab().toImage().pixel(QPointF(area.left() + 6, area.center().y()).toPoint()));
        };
        QVERIFY(left() > 200);
        key(Qt::Key_M);
        QVERIFY(left() < 50);
        QVERIFY(w_->preferences->values().mirrorCamera);
    }

    void captionsHaveTwoTiersAndOnlyAppend() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->script->setProvisional({w_->script->gloss("RED", 2.0), w_->script->gloss("CAR", 3.0)});
        w_->script->snapshot.position = fromSeconds(4.0);
        w_->poll();
        const CaptionLayout& layout = w_->live->captions()->layoutOfText();
        QCOMPARE(w_->live->captions()->text(), QStringLiteral("HOUSE RED CAR"));
        QVERIFY(layout.cells()[0].committed && !layout.cells()[1].committed);
        const double place = layout.cells()[1].x;
        w_->script->commit((*w_->script->snapshot.provisional)[0]);
        w_->script->setProvisional({w_->script->gloss("TREE", 3.0)});
        w_->poll();
        QCOMPARE(w_->live->captions()->text(), QStringLiteral("HOUSE RED TREE"));
        QCOMPARE(layout.cells()[1].x, place);
        key(Qt::Key_C);
        QVERIFY(!w_->live->captions()->isVisible());
        key(Qt::Key_C);
        QVERIFY(w_->live->captions()->isVisible());
    }

    void historyCopiesWithTimes() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 12.43, 0.93F));
        w_->script->commit(w_->script->gloss("RED", 13.1, 0.58F));
        w_->script->commit(w_->script->gloss("CAR", 14.0, 0.71F));
        w_->poll();
        key(Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(),
                 QStringLiteral("00:12.4\tHOUSE\t0.93\n00:13.1\tRED\t0.58\n00:14.0\tCAR\t0.71\n"));
        QTableView* view = w_->live->sidePanel()->history()->view();
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, rowCentre(view, 0));
        QTest::mouseClick(view->viewport(), Qt::LeftButton, Qt::ControlModifier, rowCentre(view, 2));
        key(Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("00:12.4\tHOUSE\t0.93\n00:14.0\tCAR\t0.71\n"));
    }

    void clickOnAHistoryRowJumpsButSelectingSeveralDoesNot() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 2.0));
        w_->script->commit(w_->script->gloss("RED", 4.0));
        w_->poll();
        QTableView* view = w_->live->sidePanel()->history()->view();
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, rowCentre(view, 1));
        QCOMPARE(calls().last(), QStringLiteral("seek 4000"));
        QTest::mouseClick(view->viewport(), Qt::LeftButton, Qt::ShiftModifier, rowCentre(view, 0));
        QCOMPARE(calls().last(), QStringLiteral("seek 4000"));
    }

    void offlinePassIsShownWithItsChanges() {
        w_->playFile();
        auto car = w_->script->gloss("CAR", 2.0);
        w_->script->snapshot.position = fromSeconds(4.0);
        w_->script->commit(car);
        w_->poll();
        car.text = "CAT";
        car.change = session::OfflineChange::Replaced;
        car.replacedText = "CAR";
        auto added = w_->script->gloss("TREE", 3.0);
        added.change = session::OfflineChange::Added;
        w_->script->setOffline({car, added});
        w_->script->snapshot.state = session::State::Ended;
        w_->poll();
        const HistoryModel& model = w_->live->sidePanel()->history()->model();
        QCOMPARE(model.rowCount(), 2);
        const QString change = model.data(model.index(0, 0), HistoryModel::ChangeTextRole).toString();
        QVERIFY(change.contains(QStringLiteral("CAR")));
        QVERIFY(!model.data(model.index(1, 0), HistoryModel::ChangeTextRole).toString().isEmpty());
        QCOMPARE(w_->live->captions()->text(), QStringLiteral("CAR")); // committed captions never change
    }

    void vocabularyIsSearched() {
        key(Qt::Key_F, Qt::ControlModifier);
        VocabularyPanel* panel = w_->live->sidePanel()->vocabulary();
        QVERIFY(panel->search()->hasFocus());
        QCOMPARE(panel->shownCount(), 4);
        QTest::keyClicks(panel->search(), QStringLiteral("ca"));
        QCOMPARE(panel->shownCount(), 1);
        QVERIFY(w_->live->stage()->video()->attentionShown()); // the letter a went into the search, not to its shortcut
    }

    /// Their text is never cut off.
    void hintsGiveWayInALowWindow() {
        auto* hints = w_->live->sidePanel()->hints();
        for (const int height : {760, 600, 560, 520, 760}) {
            w_->window->resize(800, height);
            QCoreApplication::processEvents();
            QVERIFY(hints->isHidden() || hints->height() >= hints->heightForWidth(hints->width()));
        }
        QVERIFY(!hints->isHidden());
        w_->window->resize(800, 520);
        QTRY_VERIFY(hints->isHidden() || w_->window->height() > 520);
    }

    void hintsGoForGood() {
        auto* hints = w_->live->sidePanel()->hints();
        QVERIFY(hints->isVisible());
        QTest::mouseClick(hints->findChild<QToolButton*>(QStringLiteral("dismissHints")), Qt::LeftButton);
        QVERIFY(!hints->isVisible());
        w_->destroyWindow();
        w_->makeWindow();
        QVERIFY(!w_->live->sidePanel()->hints()->isVisible());
    }

    void fullScreenKeepsVideoCaptionsAndTransport() {
        w_->playFile();
        key(Qt::Key_F11);
        QVERIFY(w_->window->isFullScreen());
        QVERIFY(!w_->live->toolbar()->isVisible());
        QVERIFY(w_->live->transport()->isVisible());
        QVERIFY(w_->live->captions()->isVisible());
        key(Qt::Key_Escape);
        QVERIFY(!w_->window->isFullScreen());
        QVERIFY(w_->live->toolbar()->isVisible());
    }

    void captionWindowShowsTheSameCaptionsOnTop() {
        w_->playFile();
        key(Qt::Key_F10);
        CaptionWindow* window = w_->window->captionWindow();
        QVERIFY(window->isVisible());
        QVERIFY(window->windowFlags() & Qt::WindowStaysOnTopHint);
        w_->script->snapshot.position = fromSeconds(4.0);
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->poll();
        QCOMPARE(window->captions()->text(), QStringLiteral("HOUSE"));
        window->close();
        QVERIFY(!w_->window->actions()[WindowAction::CaptionWindow]->isChecked());
    }

    void singleKeysCanBeSwitchedOff() {
        w_->playFile();
        w_->preferences->set(&AppSettings::singleKeys, false);
        key(Qt::Key_Space);
        QCOMPARE(w_->script->count(QStringLiteral("pause")), 0);
        key(Qt::Key_Space, Qt::ControlModifier);
        QCOMPARE(w_->script->count(QStringLiteral("pause")), 1);
    }

    void windowStateIsRestored() {
        const QSize fitting(800, 690); // the test's screen is 800 x 800
        w_->window->resize(fitting);
        key(Qt::Key_F9);
        QVERIFY(!w_->live->sidePanel()->isVisible());
        w_->window->close();
        w_->destroyWindow();
        w_->makeWindow();
        QCOMPARE(w_->window->size(), fitting);
        QVERIFY(!w_->live->sidePanel()->isVisible());
    }

    void windowOfALargerScreenIsMadeToFit() {
        w_->window->resize(1010, 1200);
        w_->window->close();
        w_->destroyWindow();
        w_->makeWindow();
        const QSize screen = w_->window->screen()->availableSize();
        QVERIFY(w_->window->width() <= screen.width() && w_->window->height() < screen.height());
    }

private:
    void key(Qt::Key which, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(w_->window.get(), which, modifiers);
    }
    QStringList& calls() { return w_->script->calls; }
    static QPoint rowCentre(QTableView* view, int row) {
        return view->visualRect(view->model()->index(row, HistoryModel::GlossColumn)).center();
    }
    QToolButton* buttonOf(LiveAction which) {
        for (auto* button : w_->live->transport()->findChildren<QToolButton*>()) {
            if (button->defaultAction() == w_->action(which)) {
                return button;
            }
        }
        return nullptr;
    }
    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestLiveWindow)
#include "tst_live_window.moc"
