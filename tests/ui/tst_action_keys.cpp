#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/setup.h"
#include "ui/widgets/key_field.h"
#include "window_fixture.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QTreeWidget>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// Keys that a person chooses for actions.
class TestActionKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() {
        w_ = std::make_unique<WindowFixture>();
        QVERIFY(QTest::qWaitForWindowExposed(w_->window.get()));
        w_->window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(w_->window.get()));
    }
    void cleanup() { w_.reset(); }

    void anOwnKeyWorksAndOutlivesTheProgram() {
        w_->playFile();
        w_->window->keys().setKeys(loop(), {key("Ctrl+K"), key("Z")});
        QVERIFY(!w_->window->keys().isStandard(loop()));
        pressAndExpectLoop(Qt::Key_K, Qt::ControlModifier, true);
        pressAndExpectLoop(Qt::Key_Z, Qt::NoModifier, false);
        pressAndExpectLoop(Qt::Key_L, Qt::NoModifier, false); // the standard one is free now
        QVERIFY(loop()->toolTip().contains(QStringLiteral("Ctrl+K")));
        w_->destroyWindow();
        w_->makeWindow();
        QCOMPARE(loop()->shortcuts(), (QList{key("Ctrl+K"), key("Z")}));
        w_->window->keys().restoreAll();
        QCOMPARE(loop()->shortcuts(), loopStandard_);
        w_->destroyWindow();
        QVERIFY(QFile::exists(w_->folder.filePath(QStringLiteral("settings.ini"))));
        w_->makeWindow();
        QCOMPARE(loop()->shortcuts(), loopStandard_);
    }

    void aKeyHasOneAction() {
        QAction* const open = w_->action(LiveAction::OpenFile);
        ActionKeys& keys = w_->window->keys();
        QCOMPARE(keys.holder(key("Ctrl+O"), loop()), open);
        keys.setKeys(loop(), {key("Ctrl+O")});
        QVERIFY(open->shortcuts().isEmpty());
        QVERIFY(!keys.isStandard(open));
        keys.setKeys(w_->action(LiveAction::OpenStream), {key("Ctrl+O")});
        QVERIFY(loop()->shortcuts().isEmpty()); // own keys are taken, too
        keys.restore(open);
        QCOMPARE(open->shortcuts(), QList{key("Ctrl+O")});
        QVERIFY(w_->action(LiveAction::OpenStream)->shortcuts().isEmpty());
        keys.restoreAll();
        QCOMPARE(loop()->shortcuts(), loopStandard_);
    }

    void keysOfWorkspacesStay() {
        QAction* const first = w_->window->rail()->entry(0);
        w_->window->keys().setKeys(loop(), {key("Ctrl+1"), key("Ctrl+K")});
        QCOMPARE(loop()->shortcuts(), QList{key("Ctrl+K")});
        QCOMPARE(first->shortcut(), key("Ctrl+1"));
    }

    void singleKeysCanStillBeSwitchedOff() {
        w_->window->keys().setKeys(loop(), {key("Z"), key("Ctrl+K")});
        w_->preferences->set(&AppSettings::singleKeys, false);
        QCOMPARE(loop()->shortcuts(), QList{key("Ctrl+K")});
        QCOMPARE(w_->window->keys().keys(loop()), (QList{key("Z"), key("Ctrl+K")}));
        w_->preferences->set(&AppSettings::singleKeys, true);
        QCOMPARE(loop()->shortcuts(), (QList{key("Z"), key("Ctrl+K")}));
    }

    void storedKeysOfWorkspacesCountForNothing() {
        w_->store->setValue(QStringLiteral("keys/of/loop"), QStringLiteral("Ctrl+1; Ctrl+K"));
        w_->destroyWindow();
        w_->makeWindow();
        QCOMPARE(loop()->shortcuts(), QList{key("Ctrl+K")});
    }

    void damagedAndDoubleEntriesCountForNothing() {
        w_->store->setValue(QStringLiteral("keys/of/loop"), QStringLiteral("no key at all"));
        w_->store->setValue(QStringLiteral("keys/of/open-file"), QStringLiteral("Ctrl+J"));
        w_->store->setValue(QStringLiteral("keys/of/open-stream"), QStringLiteral("Ctrl+J"));
        w_->store->setValue(QStringLiteral("keys/of/stop"), QString());
        w_->destroyWindow();
        w_->makeWindow();
        QCOMPARE(loop()->shortcuts(), loopStandard_);
        QCOMPARE(w_->action(LiveAction::OpenFile)->shortcuts(), QList{key("Ctrl+J")});
        QCOMPARE(w_->action(LiveAction::OpenStream)->shortcuts(), QList{key("Ctrl+N")});
        QVERIFY(w_->action(LiveAction::Stop)->shortcuts().isEmpty()); // a person took them away
    }

    void theDialogTakesKeysAsTheyArePressed() {
        ShortcutsDialog dialog(w_->window->keys(), w_->window.get());
        dialog.show();
        choose(dialog, loop());
        KeyField* const field = dialog.findChild<KeyField*>(QStringLiteral("key0"));
        field->setFocus();
        QTest::keyClick(field, Qt::Key_Shift);
        QCOMPARE(loop()->shortcuts(), loopStandard_); // not yet
        QTest::keyClick(field, Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(loop()->shortcuts().first(), key("Ctrl+K"));
        QVERIFY(dialog.findChild<QPushButton*>(QStringLiteral("standardKeys"))->isEnabled());
        QTest::keyClick(field, Qt::Key_Delete);
        QVERIFY(!loop()->shortcuts().contains(key("Ctrl+K")));
        QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("standardKeys")), Qt::LeftButton);
        QCOMPARE(loop()->shortcuts(), loopStandard_);
        QTest::keyClick(field, Qt::Key_Escape);
        QVERIFY(dialog.isVisible());
        QVERIFY(!field->hasFocus());
    }

    void signsThatNeedShiftAreKeysOfTheirOwn() {
        KeyField field;
        field.show();
        QTest::keyClick(&field, Qt::Key_Exclam,
                        Qt::ControlModifier | Qt::ShiftModifier); // Ctrl+Shift+1 on many keyboards
        QCOMPARE(field.key(), key("Ctrl+!"));
        QTest::keyClick(&field, Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(field.key(), key("Ctrl+Shift+K"));
        QTest::keyClick(&field, Qt::Key_F5, Qt::ShiftModifier);
        QCOMPARE(field.key(), key("Shift+F5"));
        for (const Qt::Key left : {Qt::Key_Return, Qt::Key_Tab}) {
            QTest::keyClick(&field, left);
            QCOMPARE(field.key(), key("Shift+F5"));
        }
        QTest::keyClick(&field, Qt::Key_U, Qt::AltModifier); // opens menus, presses buttons
        QCOMPARE(field.key(), key("Shift+F5"));
    }

    void aQuestionIsAboutTheFieldTypedInLast() {
        ShortcutsDialog dialog(w_->window->keys(), w_->window.get());
        dialog.show();
        choose(dialog, loop());
        QTest::keyClick(dialog.findChild<KeyField*>(QStringLiteral("key0")), Qt::Key_O, Qt::ControlModifier);
        QTest::keyClick(dialog.findChild<KeyField*>(QStringLiteral("key1")), Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(w_->action(LiveAction::OpenFile)->shortcuts(), QList{key("Ctrl+O")});
        QCOMPARE(loop()->shortcuts(), (QList{key("L"), key("Ctrl+K")}));
    }

    void enterAnswersTheQuestionAndElseClosesNothing() {
        ShortcutsDialog dialog(w_->window->keys(), w_->window.get());
        dialog.show();
        choose(dialog, loop());
        QTest::keyClick(dialog.findChild<QTreeWidget*>(), Qt::Key_Return);
        KeyField* const field = dialog.findChild<KeyField*>(QStringLiteral("key0"));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(dialog.isVisible());
        QTest::keyClick(field, Qt::Key_O, Qt::ControlModifier);
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(dialog.isVisible());
        QCOMPARE(loop()->shortcuts().first(), key("Ctrl+O"));
    }

    void onlyWhatIsSeenCanBeChanged() {
        ShortcutsDialog dialog(w_->window->keys(), w_->window.get());
        dialog.show();
        dialog.findChild<QLineEdit*>()->setText(loop()->statusTip());
        QTest::keyClick(dialog.findChild<KeyField*>(QStringLiteral("key0")), Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(loop()->shortcuts().first(), key("Ctrl+K"));
        dialog.findChild<QLineEdit*>()->setText(QStringLiteral("nothing is called so"));
        QVERIFY(!dialog.findChild<KeyField*>(QStringLiteral("key0"))->isEnabled());
    }

    void theDialogAsksBeforeItTakesAKeyAway() {
        QAction* const open = w_->action(LiveAction::OpenFile);
        ShortcutsDialog dialog(w_->window->keys(), w_->window.get());
        dialog.show();
        choose(dialog, loop());
        KeyField* const field = dialog.findChild<KeyField*>(QStringLiteral("key0"));
        auto* const take = dialog.findChild<QPushButton*>(QStringLiteral("takeKey"));
        auto* const note = dialog.findChild<QLabel*>(QStringLiteral("keyNote"));
        QVERIFY(!take->isVisible());
        QTest::keyClick(field, Qt::Key_O, Qt::ControlModifier);
        QCOMPARE(open->shortcuts(), QList{key("Ctrl+O")});
        QVERIFY2(note->text().contains(QStringLiteral("Open File")), qPrintable(note->text()));
        QVERIFY(take->isVisible());
        QTest::mouseClick(take, Qt::LeftButton);
        QVERIFY(open->shortcuts().isEmpty());
        QCOMPARE(loop()->shortcuts().first(), key("Ctrl+O"));
        QVERIFY(!take->isVisible());
        QTest::keyClick(field, Qt::Key_1, Qt::ControlModifier);
        QVERIFY2(note->text().contains(QStringLiteral("Live")), qPrintable(note->text()));
        QVERIFY(!take->isVisible());
        QCOMPARE(loop()->shortcuts().first(), key("Ctrl+O"));
    }

private:
    static QKeySequence key(const char* text) { return QKeySequence(QString::fromLatin1(text)); }
    QAction* loop() { return w_->action(LiveAction::Loop); }
    void pressAndExpectLoop(Qt::Key pressed, Qt::KeyboardModifiers modifiers, bool checked) {
        QTest::keyClick(w_->window.get(), pressed, modifiers);
        QCOMPARE(loop()->isChecked(), checked);
    }
    static void choose(ShortcutsDialog& dialog, const QAction* action) {
        auto* list = dialog.findChild<QTreeWidget*>();
        const auto rows = list->findItems(action->text().remove(QLatin1Char('&')), Qt::MatchExactly, 0);
        QCOMPARE(rows.size(), 1);
        list->setCurrentItem(rows.front());
    }

    std::unique_ptr<WindowFixture> w_;
    const QList<QKeySequence> loopStandard_ = QList{key("L"), key("Ctrl+L")};
};

QTEST_MAIN(TestActionKeys)
#include "tst_action_keys.moc"
