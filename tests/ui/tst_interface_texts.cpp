#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/address_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/setup.h"
#include "ui/style/language.h"
#include "ui/text_format.h"
#include "ui/views/source_failures.h"
#include "window_fixture.h"

#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAccessible>
#include <QComboBox>
#include <QLineEdit>
#include <QMap>
#include <QMenuBar>
#include <QProcess>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabBar>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <QXmlStreamReader>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

namespace {

struct Entry {
    QString translation;
    bool finished = true;
};
using Entries = QMap<QString, Entry>;

/// Messages of a .ts file, by context and source text.
Entries readTranslations(const QString& path) {
    Entries entries;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return entries;
    }
    QXmlStreamReader xml(&file);
    QString context;
    QString source;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) {
            continue;
        }
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QLatin1String("source")) {
            source = xml.readElementText();
        } else if (xml.name() == QLatin1String("translation")) {
            const bool finished = !xml.attributes().hasAttribute(QStringLiteral("type"));
            entries.insert(context + QLatin1Char('|') + source, {xml.readElementText(), finished});
        }
    }
    return entries;
}

QString germanFile() {
    return QStringLiteral(LIVEGLOSS_SOURCE_DIR "/translations/livegloss_de.ts");
}

QStringList placeholders(const QString& text) {
    QStringList found;
    for (int number = 1; number <= 9; ++number) {
        const QString mark = QLatin1Char('%') + QString::number(number);
        if (text.contains(mark)) {
            found.append(mark);
        }
    }
    return found;
}

QList<QAction*> allActions(WindowFixture& w) {
    QList<QAction*> actions;
    for (QAction* action : w.live->actions().all()) {
        actions.append(action);
    }
    for (QAction* action : w.window->actions().all()) {
        actions.append(action);
    }
    actions.append(w.window->rail()->actions());
    return actions;
}

} // namespace

/// Texts, shortcuts, screen-reader names and the German translation.
class TestInterfaceTexts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() {
        language_.use(QStringLiteral("en"));
        w_ = std::make_unique<WindowFixture>();
    }
    void cleanup() { w_.reset(); }

    void everyActionHasTextTooltipAndAShortcutOfItsOwn() {
        QMap<QString, QString> owners;
        for (const QAction* action : allActions(*w_)) {
            const QString name = action->objectName();
            QVERIFY2(!name.isEmpty(), qPrintable(action->text()));
            QVERIFY2(!action->text().isEmpty(), qPrintable(name));
            QVERIFY2(!action->toolTip().isEmpty() && action->toolTip() != action->text(), qPrintable(name));
            QVERIFY2(!action->statusTip().isEmpty(), qPrintable(name));
            QVERIFY2(!action->shortcuts().isEmpty(), qPrintable(name));
            for (const QKeySequence& key : action->shortcuts()) {
                const QString text = key.toString();
                QVERIFY2(!owners.contains(text),
                         qPrintable(text + QStringLiteral(": ") + name + QStringLiteral(" and ") + owners.value(text)));
                owners.insert(text, name);
            }
        }
        QVERIFY(owners.size() > 40);
    }

    void everyActionIsInAMenu() {
        QList<QAction*> inMenus;
        for (const QAction* top : w_->window->menuBar()->actions()) {
            inMenus.append(top->menu()->actions());
        }
        for (QAction* action : allActions(*w_)) {
            QVERIFY2(inMenus.contains(action), qPrintable(action->objectName()));
        }
    }

    void everyFocusableWidgetHasAName() {
        w_->playFile();
        w_->action(LiveAction::SearchVocabulary)->trigger();
        SettingsDialog settings(*w_->preferences, w_->window.get());
        AddressDialog address(w_->window.get());
        ShortcutsDialog shortcuts(w_->window->keys(), w_->window.get());
        AboutDialog about(w_->live->models().current(), w_->window.get());
        int checked = 0;
        for (QWidget* widget : w_->window->findChildren<QWidget*>()) {
            const bool inner = widget->objectName().startsWith(QStringLiteral("qt_")) ||
                               qobject_cast<QAbstractScrollArea*>(widget->parentWidget()) != nullptr ||
                               qobject_cast<QComboBox*>(widget->parentWidget()) != nullptr ||
                               qobject_cast<QLineEdit*>(widget->parentWidget()) != nullptr ||
                               widget->inherits("QComboBoxPrivateContainer") || widget->inherits("QComboBoxListView") ||
                               widget->inherits("QMenu") || widget->inherits("QMenuBar") ||
                               widget->inherits("QTabWidget") || widget->inherits("QHeaderView");
            if (inner || (widget->focusPolicy() & Qt::TabFocus) == 0) {
                continue;
            }
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            QVERIFY(interface != nullptr);
            const QString what =
                QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName();
            QVERIFY2(!interface->text(QAccessible::Name).isEmpty(), qPrintable(what));
            ++checked;
        }
        QVERIFY(checked > 20);
    }

    void customWidgetsTellScreenReadersTheirRole() {
        w_->playFile();
        const auto role = [](QWidget* widget) { return QAccessible::queryAccessibleInterface(widget)->role(); };
        QCOMPARE(role(w_->live->stage()->video()), QAccessible::Graphic);
        QCOMPARE(role(w_->live->captions()), QAccessible::StaticText);
        SeekBar* bar = w_->live->transport()->seekBar();
        QCOMPARE(role(bar), QAccessible::Slider);
        QAccessibleValueInterface* value = QAccessible::queryAccessibleInterface(bar)->valueInterface();
        QVERIFY(value != nullptr);
        QCOMPARE(value->maximumValue().toDouble(), 10.0);
        value->setCurrentValue(4.0);
        QCOMPARE(w_->script->calls.last(), QStringLiteral("seek 4000"));
    }

    void germanIsComplete() {
        const Entries german = readTranslations(germanFile());
        QVERIFY(german.size() > 150);
        for (auto entry = german.begin(); entry != german.end(); ++entry) {
            QVERIFY2(entry->finished && !entry->translation.isEmpty(), qPrintable(entry.key()));
            const QString source = entry.key().mid(entry.key().indexOf(QLatin1Char('|')) + 1);
            QVERIFY2(placeholders(source) == placeholders(entry->translation), qPrintable(entry.key()));
        }
    }

    void everySourceStringIsInTheGermanFile() {
        const QString lupdate = QStringLiteral(LIVEGLOSS_LUPDATE);
        if (!QFile::exists(lupdate)) {
            QSKIP("lupdate is not installed");
        }
        const QTemporaryDir folder;
        const QString fresh = folder.filePath(QStringLiteral("fresh.ts"));
        const QString root = QStringLiteral(LIVEGLOSS_SOURCE_DIR);
        QProcess process;
        process.start(lupdate, {QStringLiteral("-silent"), QStringLiteral("-I"), root, root + QStringLiteral("/ui"),
                                root + QStringLiteral("/app/window"), QStringLiteral("-ts"), fresh});
        QVERIFY(process.waitForFinished(60000));
        const Entries wanted = readTranslations(fresh);
        const Entries german = readTranslations(germanFile());
        QVERIFY(wanted.size() > 150);
        for (auto entry = wanted.begin(); entry != wanted.end(); ++entry) {
            QVERIFY2(german.contains(entry.key()), qPrintable(entry.key()));
        }
    }

    void germanReachesTheOpenWindow() {
        const QString english = w_->action(LiveAction::OpenFile)->text();
        language_.use(QStringLiteral("de"));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LanguageChange);
        QCoreApplication::processEvents();
        QVERIFY(w_->action(LiveAction::OpenFile)->text() != english);
        QCOMPARE(w_->window->menuBar()->actions().first()->text(), QStringLiteral("&Datei"));
        QCOMPARE(w_->live->sidePanel()->findChild<QTabBar*>()->tabText(0), QStringLiteral("Verlauf"));
        QCOMPARE(w_->live->stage()->panel()->message().buttons.front().text, QStringLiteral("Beispiel abspielen"));
        language_.use(QStringLiteral("en"));
        QCoreApplication::processEvents();
        QCOMPARE(w_->action(LiveAction::OpenFile)->text(), english);
    }

    void errorsSayInGermanWhatTheyAreAbout() {
        const Error error{ErrorCode::Unreadable, "a.safetensors: byte 8 is no header", "Fetch it again."};
        QCOMPARE(withHint(error), QStringLiteral("a.safetensors: byte 8 is no header. Fetch it again."));
        language_.use(QStringLiteral("de"));
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
            const QString text = withHint({static_cast<ErrorCode>(code), "a.safetensors", {}});
            QVERIFY2(text.endsWith(QStringLiteral(": a.safetensors")) && text.size() > 30, qPrintable(text));
        }
        const std::string facts = "the server refuses access to http://camera.example/";
        const auto refused = describeSourceFailure({ErrorCode::PermissionDenied, facts, {}}, media::SourceKind::Stream);
        QVERIFY2(refused.reason.contains(QStringLiteral("Passwort")), qPrintable(refused.reason));
        QVERIFY2(refused.advice.contains(QStringLiteral("Passwort@")), qPrintable(refused.advice));
        QCOMPARE(refused.detail, QStringLiteral("Der Server verweigert den Zugang zu http://camera.example/"));
    }

    void germanFitsASmallWindow() {
        language_.use(QStringLiteral("de"));
        QCoreApplication::processEvents();
        w_->window->resize(1024, 640);
        w_->playFile();
        QCoreApplication::processEvents();
        QCOMPARE(w_->window->width(), 1024);
        for (const QToolButton* button : w_->live->toolbar()->findChildren<QToolButton*>()) {
            QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->text()));
        }
        VideoView* video = w_->live->stage()->video();
        const int videoArea = video->width() * video->height();
        for (QWidget* other :
             {static_cast<QWidget*>(w_->live->sidePanel()), static_cast<QWidget*>(w_->live->captions())}) {
            QVERIFY(videoArea > other->width() * other->height());
        }
    }

    /// Words give way to icons one button after the other, and come back.
    void narrowToolbarShowsIconsInsteadOfCutWords() {
        language_.use(QStringLiteral("de"));
        w_->playFile();
        w_->script->snapshot.source.name = "a-long-recording-of-last-summer.mp4";
        w_->poll();
        QCoreApplication::processEvents();
        LiveToolbar* toolbar = w_->live->toolbar();
        const auto words = [&](int width) {
            w_->window->resize(width, 520);
            QCoreApplication::processEvents();
            QCoreApplication::processEvents(); // buttons that changed ask for room of their own
            int count = 0;
            for (const QToolButton* button : toolbar->findChildren<QToolButton*>()) {
                [&] {
                    QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->text()));
                    QVERIFY2(!button->toolTip().isEmpty(), qPrintable(button->text()));
                    QVERIFY2(toolbar->rect().contains(button->geometry()), qPrintable(button->text()));
                }();
                count += button->toolButtonStyle() == Qt::ToolButtonTextBesideIcon ? 1 : 0;
            }
            return count;
        };
        QCOMPARE(words(1600), 4);
        QVERIFY(words(800) < 4);
        QVERIFY(w_->window->width() <= 800);
        QCOMPARE(words(1600), 4);
        language_.use(QStringLiteral("en"));
        QCoreApplication::processEvents();
        QVERIFY(words(800) > 0);
    }

    void settingsDialogChangesAtOnceAndCancelTakesBack() {
        SettingsDialog dialog(*w_->preferences, w_->window.get());
        dialog.findChild<QSlider*>(QStringLiteral("stability"))->setValue(4);
        QCOMPARE(w_->script->settings.stability, 4);
        auto* frames = dialog.findChild<QComboBox*>(QStringLiteral("framePattern"));
        QCOMPARE(frames->count(), session::coarsestPattern + 1);
        frames->setCurrentIndex(3);
        Q_EMIT frames->activated(3);
        dialog.findChild<QSpinBox*>(QStringLiteral("skipSimilar"))->setValue(6);
        QCOMPARE(w_->script->settings.framePattern, 3);
        QCOMPARE(w_->script->settings.skipSimilar, 6.0F);
        dialog.reject();
        QCOMPARE(w_->script->settings.framePattern, session::automaticPattern);
        QCOMPARE(w_->script->settings.skipSimilar, 0.0F);
        QCOMPARE(w_->script->settings.stability, AppSettings().stability);
    }

    void settingsOpenWithTheirKey() {
        QVERIFY(QTest::qWaitForWindowActive(w_->window.get()));
        bool seen = false;
        QTimer::singleShot(0, this, [&] {
            auto* dialog = qobject_cast<SettingsDialog*>(QApplication::activeModalWidget());
            seen = dialog != nullptr;
            if (dialog != nullptr) {
                dialog->accept();
            }
        });
        QTest::keyClick(w_->window.get(), Qt::Key_Comma, Qt::ControlModifier);
        QVERIFY(seen);
    }

    void shortcutsDialogListsEveryActionAndFilters() {
        ShortcutsDialog dialog(w_->window->keys(), nullptr);
        auto* list = dialog.findChild<QTreeWidget*>();
        QCOMPARE(list->topLevelItemCount(), static_cast<int>(allActions(*w_).size()));
        QTest::keyClicks(dialog.findChild<QLineEdit*>(), QStringLiteral("F11"));
        int shown = 0;
        for (int row = 0; row < list->topLevelItemCount(); ++row) {
            shown += list->topLevelItem(row)->isHidden() ? 0 : 1;
        }
        QCOMPARE(shown, 1);
    }

    void addressDialogAcceptsOnlyAddresses() {
        AddressDialog dialog(nullptr);
        auto* edit = dialog.findChild<QLineEdit*>();
        const auto canOpen = [&](const char* text) {
            edit->setText(QString::fromLatin1(text));
            for (const auto* button : dialog.findChildren<QPushButton*>()) {
                if (button->isDefault()) {
                    return button->isEnabled();
                }
            }
            return false;
        };
        QVERIFY(!canOpen(""));
        QVERIFY(!canOpen("camera.example/live"));
        QVERIFY(!canOpen("file:///etc/passwd"));
        QVERIFY(!canOpen("rtsp://"));
        QVERIFY(canOpen("rtsp://camera.example/live"));
        QVERIFY(canOpen("rtsps://camera.example/live"));
        QVERIFY(canOpen("http://10.0.0.2:8080/video"));
    }

private:
    Language language_;
    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestInterfaceTexts)
#include "tst_interface_texts.moc"
