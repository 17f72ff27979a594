#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>

/// The window's program when the system or a terminal ends it.
class TestWindowEnd : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void signalsCloseTheWindow_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl+C") << SIGINT;
        QTest::newRow("the terminal closes") << SIGHUP;
        QTest::newRow("the system shuts down") << SIGTERM;
    }
    /// As by its button: with exit code 0, and what it remembers is written.
    void signalsCloseTheWindow() {
        QFETCH(int, signal);
        QTemporaryDir home;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("HOME"), home.path());
        environment.insert(QStringLiteral("XDG_CONFIG_HOME"), home.filePath(QStringLiteral("config")));
        environment.insert(QStringLiteral("XDG_DATA_HOME"), home.filePath(QStringLiteral("data")));
        environment.insert(QStringLiteral("LIVEGLOSS_LOG"), QStringLiteral("info"));
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        QProcess window;
        window.setProcessEnvironment(environment);
        window.setProcessChannelMode(QProcess::MergedChannels);
        window.setChildProcessModifier([] {
            for (const int ending : {SIGINT, SIGHUP, SIGTERM}) {
                std::signal(ending, SIG_DFL); // whatever the tests run under
            }
        });
        window.start(QStringLiteral(LIVEGLOSS_WINDOW), {});
        QByteArray told;
        QTRY_VERIFY2_WITH_TIMEOUT(
            (window.waitForReadyRead(100), told += window.readAll(), told.contains("first picture after")),
            told.constData(), 60'000);
        const auto process = static_cast<pid_t>(window.processId());
        QVERIFY(::kill(process, signal) == 0);
        if (signal == SIGHUP) {
            QVERIFY(::kill(process, signal) == 0); // once by the shell and once by the system
        }
        QVERIFY(window.waitForFinished(60'000));
        QCOMPARE(window.exitStatus(), QProcess::NormalExit);
        QCOMPARE(window.exitCode(), 0);
        QFile settings(home.filePath(QStringLiteral("config/LiveGloss/livegloss.conf")));
        QVERIFY(settings.open(QIODevice::ReadOnly));
        QVERIFY(settings.readAll().contains("geometry="));
    }
};

QTEST_GUILESS_MAIN(TestWindowEnd)
#include "tst_window_end.moc"
