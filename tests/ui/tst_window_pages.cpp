#include "ui/dialogs/settings_dialog.h"
#include "ui/setup.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/widgets/camera_sign.h"
#include "window_fixture.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QListView>
#include <QMenuBar>
#include <QSpinBox>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTest>
#include <QTimer>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// What holds across the pages of the window: keys, the camera's sign, full screen, settings.
class TestWindowPages : public QObject {
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

    void controlsKeepTheirKeysWhileAFilePlays() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->poll();
        showModels();
        QTabBar tabs(w_->models);
        tabs.addTab(QStringLiteral("one"));
        tabs.addTab(QStringLiteral("two"));
        QComboBox box(w_->models);
        box.addItems({QStringLiteral("apple"), QStringLiteral("loop"), QStringLiteral("mango")});
        QListView list(w_->models);
        QStandardItemModel rows;
        rows.appendRow(new QStandardItem(QStringLiteral("apple")));
        rows.appendRow(new QStandardItem(QStringLiteral("mango")));
        list.setModel(&rows);
        for (QWidget* widget : std::initializer_list<QWidget*>{&tabs, &box, &list}) {
            widget->show();
        }
        w_->script->calls.clear();

        focus(tabs);
        QTest::keyClick(&tabs, Qt::Key_Right);
        QCOMPARE(tabs.currentIndex(), 1);
        focus(box);
        QTest::keyClick(&box, Qt::Key_L); // switches looping elsewhere
        QCOMPARE(box.currentText(), QStringLiteral("loop"));
        QVERIFY(!w_->preferences->values().loop);
        QTest::keyClick(&box, Qt::Key_Space);
        QVERIFY(box.view()->isVisible());
        box.hidePopup();
        focus(list);
        QTest::keyClick(&list, Qt::Key_M);
        QCOMPARE(list.currentIndex().row(), 1);
        QApplication::clipboard()->setText(QStringLiteral("before"));
        QTest::keyClick(&list, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(!QApplication::clipboard()->text().contains(QStringLiteral("HOUSE")));
        QVERIFY2(w_->script->calls.isEmpty(), qPrintable(w_->script->calls.join(QLatin1Char(' '))));

        w_->window->rail()->entry(0)->trigger();
        w_->live->stage()->video()->setFocus();
        QTest::keyClick(w_->live->stage()->video(), Qt::Key_Space);
        QCOMPARE(w_->script->count(QStringLiteral("pause")), 1);
    }

    void markedTextOfAModelCanBeCopied() {
        showModels();
        int found = 0;
        for (QLabel* label : w_->models->findChildren<QLabel*>()) {
            if (label->textInteractionFlags().testFlag(Qt::TextSelectableByMouse)) {
                ++found;
                QVERIFY2((label->focusPolicy() & Qt::ClickFocus) != 0, qPrintable(label->objectName()));
            }
        }
        QVERIFY(found > 3);
    }

    void theCameraIsSaidOnEveryPage() {
        auto* sign = w_->window->statusBar()->findChild<CameraSign*>();
        QVERIFY(sign != nullptr);
        w_->live->openSource({media::SourceKind::Camera, "/dev/video0"});
        w_->script->playCamera();
        w_->poll();
        QVERIFY(!sign->isVisible()); // the page has its own
        QVERIFY(w_->live->transport()->liveBadge()->cameraOn());
        showModels();
        QVERIFY(sign->isVisible());
        w_->window->actions()[WindowAction::FullScreen]->trigger();
        QVERIFY(w_->window->isFullScreen());
        QVERIFY(sign->isVisible());
        w_->window->actions()[WindowAction::LeaveFullScreen]->trigger();
        w_->live->bridge().close();
        w_->poll();
        QVERIFY(!sign->isVisible());
    }

    /// By the desktop's own keys or menu.
    void fullScreenThatTheDesktopEndsEnds() {
        w_->window->actions()[WindowAction::FullScreen]->trigger();
        QVERIFY(w_->window->menuBar()->isHidden());
        w_->window->setWindowState(w_->window->windowState() & ~Qt::WindowFullScreen);
        QVERIFY(!w_->window->menuBar()->isHidden());
        QVERIFY(!w_->window->rail()->isHidden());
        QVERIFY(!w_->window->statusBar()->isHidden());
        QVERIFY(!w_->window->actions()[WindowAction::FullScreen]->isChecked());
        w_->window->actions()[WindowAction::FullScreen]->trigger();
        QVERIFY(w_->window->isFullScreen());
        QVERIFY(w_->window->menuBar()->isHidden());
    }

    void whatWasAskedForIsShown() {
        auto* pages = w_->window->findChild<QStackedWidget*>();
        showModels();
        w_->action(LiveAction::PlaySample)->trigger();
        QCOMPARE(pages->currentWidget(), w_->live);
        showModels();
        w_->action(LiveAction::SearchVocabulary)->trigger();
        QCOMPARE(pages->currentWidget(), w_->live);
        showModels();
        w_->action(LiveAction::UseCamera)->trigger(); // there is none
        QTRY_COMPARE(pages->currentWidget(), w_->live);
    }

    void messagesAreSeenBesideAWarning() {
        w_->playFile();
        w_->script->snapshot.notSure = true;
        w_->poll();
        auto* line = w_->live->status()->findChild<QWidget*>(QStringLiteral("modelLine"));
        QVERIFY(!w_->live->status()->warning().isEmpty());
        QVERIFY(!line->isVisible());
        w_->live->status()->showMessage(QStringLiteral("Glosses saved"));
        QVERIFY(line->isVisible());
        w_->live->status()->setTip({});
        QVERIFY(!line->isVisible());
    }

    void attentionOfAGlossNeedsOne() {
        w_->action(LiveAction::GlossAttention)->setVisible(true); // as the page of attention does
        w_->playFile();
        QVERIFY(!w_->action(LiveAction::GlossAttention)->isEnabled());
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->poll();
        QVERIFY(w_->action(LiveAction::GlossAttention)->isEnabled());
    }

    /// A model that finishes loading while the settings are open stays chosen when they are cancelled.
    void cancellingSettingsLeavesWhatOthersChanged() {
        SettingsDialog dialog(*w_->preferences, nullptr);
        w_->preferences->set(&AppSettings::captionPixels, 52);
        w_->preferences->set(&AppSettings::modelPath, QStringLiteral("/models/new.safetensors"));
        dialog.reject();
        QVERIFY(w_->preferences->values().captionPixels != 52);
        QCOMPARE(w_->preferences->values().modelPath, QStringLiteral("/models/new.safetensors"));
    }

    void confidenceIsTakenWhenItIsTyped() {
        SettingsDialog dialog(*w_->preferences, nullptr);
        dialog.show();
        auto* box = dialog.findChild<QSpinBox*>(QStringLiteral("minConfidence"));
        QSignalSpy changes(w_->preferences.get(), &Preferences::changed);
        box->setFocus();
        box->selectAll();
        QTest::keyClicks(box, QStringLiteral("75"));
        QCOMPARE(changes.count(), 0);
        QTest::keyClick(box, Qt::Key_Return);
        QCOMPARE(w_->preferences->values().minConfidence, 75);
        QCOMPARE(changes.count(), 1);
    }

    void iconsAreSharpOnFineScreens() {
        const QPixmap fine = icon(QStringLiteral("camera")).pixmap(QSize(20, 20), 2.0);
        QCOMPARE(fine.width(), 40);
        QCOMPARE(fine.devicePixelRatio(), 2.0);
    }

private:
    void showModels() { w_->window->rail()->entry(1)->trigger(); }
    static void focus(QWidget& widget) {
        widget.setFocus();
        QVERIFY(widget.hasFocus());
    }

    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestWindowPages)
#include "tst_window_pages.moc"
