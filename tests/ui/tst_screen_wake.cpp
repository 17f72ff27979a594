#include "ui/bridge/screen_wake.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#ifdef LIVEGLOSS_WITH_DBUS
#include <QDBusConnection>
#endif

using livegloss::ui::ScreenWake;

#ifdef LIVEGLOSS_WITH_DBUS

/// The part of a desktop that is asked, and what it was asked.
class FakeScreenSaver : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.ScreenSaver")
public:
    QStringList calls;

public Q_SLOTS:
    uint Inhibit(const QString& program, const QString& reason) {
        calls.append(QStringLiteral("inhibit %1").arg(program));
        return reason.isEmpty() ? 0U : 4711U;
    }
    void UnInhibit(uint cookie) { calls.append(QStringLiteral("release %1").arg(cookie)); }
};

/// The screen stays on while something plays, on a message bus of the test's own.
class TestScreenWake : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        const QString program = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
        if (program.isEmpty()) {
            QSKIP("dbus-daemon is not installed");
        }
        bus_.start(program,
                   {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
        QVERIFY(bus_.waitForReadyRead(10000));
        const QByteArray address = bus_.readLine().trimmed();
        qputenv("DBUS_SESSION_BUS_ADDRESS", address);
        QDBusConnection desktop =
            QDBusConnection::connectToBus(QString::fromLatin1(address), QStringLiteral("desktop"));
        QVERIFY(desktop.registerService(QStringLiteral("org.freedesktop.ScreenSaver")));
        QVERIFY(desktop.registerObject(QStringLiteral("/org/freedesktop/ScreenSaver"), &saver_,
                                       QDBusConnection::ExportAllSlots));
    }
    void cleanupTestCase() {
        QDBusConnection::disconnectFromBus(QStringLiteral("desktop"));
        bus_.terminate();
        bus_.waitForFinished();
    }
    void init() { saver_.calls.clear(); }

    void asksOnceAndLetsGo() {
        ScreenWake wake;
        wake.keepAwake(true);
        wake.keepAwake(true);
        QTRY_COMPARE(saver_.calls, QStringList{QStringLiteral("inhibit LiveGloss")});
        QTest::qWait(50); // for the answer
        wake.keepAwake(false);
        QTRY_COMPARE(saver_.calls.size(), 2);
        QCOMPARE(saver_.calls.last(), QStringLiteral("release 4711"));
    }

    void letsGoWhenTheAnswerComesTooLate() {
        ScreenWake wake;
        wake.keepAwake(true);
        wake.keepAwake(false);
        wake.keepAwake(true);
        wake.keepAwake(false);
        QTRY_COMPARE(saver_.calls, (QStringList{QStringLiteral("inhibit LiveGloss"), QStringLiteral("release 4711")}));
    }

    void theEndLetsGo() {
        {
            ScreenWake wake;
            wake.keepAwake(true);
            QTRY_COMPARE(saver_.calls.size(), 1);
            QTest::qWait(50);
        }
        QTRY_COMPARE(saver_.calls.last(), QStringLiteral("release 4711"));
    }

private:
    QProcess bus_;
    FakeScreenSaver saver_;
};

#else

class TestScreenWake : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void doesNoHarmWhereNobodyIsAsked() {
        ScreenWake wake;
        wake.keepAwake(true);
        QVERIFY(wake.keepsAwake());
    }
};

#endif

QTEST_GUILESS_MAIN(TestScreenWake)
#include "tst_screen_wake.moc"
