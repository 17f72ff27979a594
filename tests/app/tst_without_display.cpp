#include "cli_runner.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>

/// The window's program and run.sh where no window can be opened.
class TestWithoutDisplay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void programSaysWhatIsWrong_data() {
        QTest::addColumn<QStringList>("variables");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("nothing set") << QStringList() << QStringList{"DISPLAY and WAYLAND_DISPLAY are not set"};
        QTest::newRow("X that is not there")
            << QStringList{"DISPLAY=:98765"} << QStringList{"(DISPLAY=:98765)", "could not connect"};
        QTest::newRow("Wayland that is not there")
            << QStringList{"WAYLAND_DISPLAY=nowhere", "XDG_RUNTIME_DIR=" + folder_.path()}
            << QStringList{"(WAYLAND_DISPLAY=nowhere)", "qt6-wayland"};
        QTest::newRow("no such platform") << QStringList{"QT_QPA_PLATFORM=cinema"} << QStringList{"(cinema)"};
    }
    void programSaysWhatIsWrong() {
        QFETCH(QStringList, variables);
        QFETCH(QStringList, words);
        QProcess process;
        process.setProcessEnvironment(environment(variables));
        process.start(QStringLiteral(LIVEGLOSS_WINDOW), {});
        QVERIFY(process.waitForFinished(100'000));
        const QString errors = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(process.exitStatus() == QProcess::NormalExit, qPrintable(errors));
        QCOMPARE(process.exitCode(), 69);
        for (const QString& word : words + QStringList{"no window can be opened", "livegloss-cli recognize"}) {
            QVERIFY2(errors.contains(word), qPrintable(errors));
        }
        QVERIFY2(!errors.contains("reinstalling"), qPrintable(errors)); // Qt's own advice
    }

    void versionNeedsNoDisplay() {
        QProcess process;
        process.setProcessEnvironment(environment({"DISPLAY=:98765"}));
        process.start(QStringLiteral(LIVEGLOSS_WINDOW), {"--version"});
        QVERIFY(process.waitForFinished(100'000));
        QCOMPARE(process.exitCode(), 0);
    }

    void scriptGoesOnAsTheWindowEnds_data() {
        QTest::addColumn<QByteArray>("window");
        QTest::addColumn<int>("code");
        QTest::addColumn<bool>("fallsBack");
        QTest::newRow("no display") << QByteArray("exit 69") << 7 << true;
        QTest::newRow("closed") << QByteArray("exit 0") << 0 << false;
        QTest::newRow("failed") << QByteArray("exit 3") << 3 << false;
    }
    /// run.sh between stand-ins for everything that it calls.
    void scriptGoesOnAsTheWindowEnds() {
        QFETCH(QByteArray, window);
        QFETCH(int, code);
        QFETCH(bool, fallsBack);
        makeScriptFolder(window);
        QProcess process;
        startScript(process);
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitCode(), code);
        const QString output = QString::fromUtf8(process.readAllStandardOutput());
        QCOMPARE(output.contains("command line: live --pace realtime clip.mp4"), fallsBack);
        QCOMPARE(output.contains("on the command line instead"), fallsBack);
    }

    void scriptTakesTheWindowAlong() {
        makeScriptFolder("trap 'touch stopped; exit 0' TERM; echo started; while :; do sleep 0.05; done");
        QProcess process;
        startScript(process);
        QVERIFY(process.waitForReadyRead(30'000));
        process.terminate();
        QVERIFY(process.waitForFinished(30'000));
        QTRY_VERIFY(QFile::exists(folder_.filePath("stopped")));
    }

private:
    static QProcessEnvironment environment(const QStringList& variables) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE"}) {
            environment.remove(QString::fromLatin1(name));
        }
        for (const QString& variable : variables) {
            environment.insert(variable.section('=', 0, 0), variable.section('=', 1));
        }
        return environment;
    }
    void writeProgram(const QString& path, const QByteArray& body) {
        QVERIFY(QDir().mkpath(QFileInfo(folder_.filePath(path)).path()));
        writeFile(folder_.filePath(path), "#!/bin/bash\n" + body + "\n");
        QVERIFY(QFile::setPermissions(folder_.filePath(path), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    void makeScriptFolder(const QByteArray& window) {
        QFile::remove(folder_.filePath("run.sh"));
        QVERIFY(QFile::copy(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/run.sh"), folder_.filePath("run.sh")));
        writeProgram("packaging/install-packages.sh", "exit 0");
        writeProgram("bin/ninja", "echo 'ninja: no work to do.'");
        writeProgram("build/release/build.ninja", "");
        writeProgram("build/release/bin/livegloss", window);
        writeProgram("build/release/bin/livegloss-cli", "echo \"command line: $*\"; exit 7");
    }
    void startScript(QProcess& process) {
        QProcessEnvironment with = environment({});
        with.insert("PATH", folder_.filePath("bin") + ":" + with.value("PATH"));
        process.setProcessEnvironment(with);
        process.start("bash", {folder_.filePath("run.sh"), "clip.mp4"});
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestWithoutDisplay)
#include "tst_without_display.moc"
