#include "ui/actions/live_actions.h"
#include "ui/actions/window_actions.h"
#include "ui/settings/preferences.h"
#include "ui/setup.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/widgets/time_left_label.h"

#include <QApplication>
#include <QDir>
#include <QImage>
#include <QProgressBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss::ui;

/// Colours, icons and stored settings.
class TestLook : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }

    void contrastFormulaIsWcag() {
        QCOMPARE(contrastRatio(Qt::white, Qt::black), 21.0);
        QCOMPARE(contrastRatio(Qt::white, Qt::white), 1.0);
        QVERIFY(std::abs(contrastRatio(QColor(0x76, 0x76, 0x76), Qt::white) - 4.54) < 0.01);
    }

    void textAndSignsStandOut_data() {
        QTest::addColumn<bool>("dark");
        QTest::newRow("dark") << true;
        QTest::newRow("light") << false;
    }
    void textAndSignsStandOut() {
        QFETCH(bool, dark);
        const ThemeColours& c = themeColours(dark);
        constexpr double text = 4.5;
        constexpr double sign = 3.0;
        for (const QColor& ground : {c.window, c.surface, c.raised}) {
            QVERIFY(contrastRatio(c.text, ground) >= text);
            QVERIFY(contrastRatio(c.muted, ground) >= text);
            QVERIFY(contrastRatio(c.accent, ground) >= text);
            QVERIFY(contrastRatio(c.warning, ground) >= text);
            QVERIFY(contrastRatio(c.error, ground) >= text);
        }
        QVERIFY(contrastRatio(c.line, c.window) >= sign);
        QVERIFY(contrastRatio(c.onAccent, c.accent) >= text);
        QVERIFY(contrastRatio(c.onRecording, c.recording) >= text);
        QVERIFY(contrastRatio(c.stageText, c.stage) >= 7.0);
        QVERIFY(contrastRatio(c.stageMuted, c.stage) >= 7.0);
    }

    void themeIsKnownFromThePalette() {
        applyTheme(*qApp, ThemeChoice::Dark, false);
        QCOMPARE(&themeColours(QApplication::palette()), &themeColours(true));
        applyTheme(*qApp, ThemeChoice::System, false);
        QCOMPARE(&themeColours(QApplication::palette()), &themeColours(false));
        applyTheme(*qApp, ThemeChoice::System, true);
        QCOMPARE(&themeColours(QApplication::palette()), &themeColours(true));
        QVERIFY(!qApp->styleSheet().contains(QLatin1Char('@')));
    }

    void everyIconDrawsSomethingInThePalettesColour() {
        applyTheme(*qApp, ThemeChoice::Light, false);
        const QStringList names = QDir(QStringLiteral(":/icons")).entryList();
        QVERIFY(names.size() > 30);
        for (const QString& file : names) {
            const QString name = file.chopped(4);
            const QImage picture = iconPixmap(name, 24, 2.0, Qt::red).toImage();
            QCOMPARE(picture.size(), QSize(48, 48));
            int ink = 0;
            for (int y = 0; y < picture.height(); ++y) {
                for (int x = 0; x < picture.width(); ++x) {
                    ink += qAlpha(picture.pixel(x, y)) > 128 ? 1 : 0;
                }
            }
            QVERIFY2(ink > 40, qPrintable(name));
        }
        QVERIFY(icon(QStringLiteral("no-such-icon")).isNull());
    }

    void everyActionHasAnIconOfTheFamily() {
        QWidget window;
        const LiveActions live(&window);
        const WindowActions own(&window);
        for (const ActionSet* set : {static_cast<const ActionSet*>(&live), static_cast<const ActionSet*>(&own)}) {
            for (const QAction* action : set->all()) {
                QVERIFY2(!action->icon().isNull(), qPrintable(action->objectName()));
            }
        }
    }

    void settingsComeBack() {
        const QTemporaryDir folder;
        QSettings store(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        AppSettings settings;
        settings.captionPixels = 48;
        settings.captionColour = CaptionColour::Cyan;
        settings.captionGround = CaptionGround::Blue;
        settings.captionFont = QStringLiteral("DejaVu Serif");
        settings.stability = 4;
        settings.minConfidence = 70;
        settings.theme = ThemeChoice::Light;
        settings.language = QStringLiteral("de");
        settings.singleKeys = false;
        settings.attention = false;
        settings.attentionStrength = 35;
        settings.captions = false;
        settings.mirrorCamera = false;
        settings.framingGuide = false;
        settings.sidePanel = false;
        settings.loop = true;
        settings.hintsDismissed = true;
        saveSettings(store, settings, AppSettings());
        store.sync();
        const QSettings again(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        QVERIFY(loadSettings(again) == settings);
    }

    void damagedSettingsBecomeDefaults() {
        const QTemporaryDir folder;
        QSettings store(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        AppSettings other;
        other.captionPixels = smallestCaption;
        other.stability = 1;
        other.minConfidence = 10;
        other.theme = ThemeChoice::Dark;
        other.captionColour = CaptionColour::Cyan;
        other.captionGround = CaptionGround::Black;
        other.computing = Computing::F32;
        saveSettings(store, other, AppSettings());
        QVERIFY(store.allKeys().size() >= 6);
        for (const QString& key : store.allKeys()) {
            if (store.value(key).typeId() != QMetaType::Bool && store.value(key).typeId() != QMetaType::QString) {
                store.setValue(key, QStringLiteral("nonsense"));
            }
        }
        QVERIFY(loadSettings(store) == AppSettings());
        store.setValue(QStringLiteral("captions/pixels"), 4);
        store.setValue(QStringLiteral("look/theme"), 99);
        QVERIFY(loadSettings(store) == AppSettings());
    }

    void onlyWhatWasChangedIsStored() {
        const QTemporaryDir folder;
        QSettings store(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        Preferences first(store);
        Preferences second(store); // another window, that was open before
        first.set(&AppSettings::theme, ThemeChoice::Light);
        second.set(&AppSettings::loop, true);
        const AppSettings stored = loadSettings(store);
        QVERIFY(stored.theme == ThemeChoice::Light);
        QVERIFY(stored.loop);
    }

    void preferencesAnnounceOnlyChanges() {
        const QTemporaryDir folder;
        QSettings store(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        Preferences preferences(store);
        QSignalSpy changes(&preferences, &Preferences::changed);
        preferences.set(&AppSettings::loop, true);
        preferences.set(&AppSettings::loop, true);
        QCOMPARE(changes.count(), 1);
    }

    void timeLeftFollowsTheBar() {
        QWidget window;
        auto* bar = new QProgressBar(&window);
        bar->setRange(0, 1000);
        auto* left = new TimeLeftLabel(bar, &window);
        bar->hide();
        window.show();
        QVERIFY(!left->isVisible());
        bar->show();
        QVERIFY(left->isVisible());
        bar->setValue(1);
        bar->setValue(200);
        QCOMPARE(left->text(), QString()); // too early
        QTest::qWait(2100);
        bar->setValue(500);
        QVERIFY2(left->text().contains(QStringLiteral(" s left")), qPrintable(left->text()));
        bar->setValue(1000);
        QCOMPARE(left->text(), QString());
        bar->setValue(0); // the next piece of work
        bar->setValue(500);
        QCOMPARE(left->text(), QString());
        bar->hide();
        QVERIFY(!left->isVisible());
    }
};

QTEST_MAIN(TestLook)
#include "tst_look.moc"
