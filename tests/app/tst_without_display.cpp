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

    void scriptKeepsTheWindowsOptionsToItself_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("line"); // empty: there is nothing to do without a window
        QTest::addColumn<bool>("sample");
        const QString live = "live --pace realtime";
        QTest::newRow("none") << QStringList() << live << true;
        QTest::newRow("a clip") << QStringList{"my clip.mp4"} << live + " my clip.mp4" << false;
        QTest::newRow("a model") << QStringList{"--model", "a.safetensors"} << live + " --model a.safetensors" << true;
        QTest::newRow("all") << QStringList{"--no-sample", "camera:", "--model=m", "--after", "2"}
                             << live + " camera: --model=m" << false;
        QTest::newRow("a clip first") << QStringList{"clip.mp4", "--no-sample", "--after=2"} << live + " clip.mp4"
                                      << false;
        QTest::newRow("no sample") << QStringList{"--no-sample"} << QString() << false;
        QTest::newRow("a screenshot") << QStringList{"clip.mp4", "--screenshot", "a.png"} << QString() << false;
    }
    void scriptKeepsTheWindowsOptionsToItself() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, line);
        QFETCH(bool, sample);
        makeScriptFolder("exit 69");
        QProcess process;
        startScript(process, arguments);
        QVERIFY(process.waitForFinished(30'000));
        const QString output = QString::fromUtf8(process.readAllStandardOutput());
        QCOMPARE(process.exitCode(), line.isEmpty() ? 69 : 7);
        QCOMPARE(output.contains("command line: " + line + "\n"), !line.isEmpty());
        QCOMPARE(output.contains("on the command line instead"), !line.isEmpty());
        QCOMPARE(output.contains("sample clip"), sample);
    }

    void scriptTakesTheWindowAlong() {
        makeScriptFolder("trap 'touch stopped; exit 0' TERM; echo started; while :; do sleep 0.05; done");
        QProcess process;
        startScript(process);
        QByteArray told; // what the script itself says comes before what the window says
        while (!told.contains("started")) {
            QVERIFY2(process.waitForReadyRead(30'000), told.constData());
            told += process.readAllStandardOutput();
        }
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
    void startScript(QProcess& process, const QStringList& arguments = {"clip.mp4"}) {
        QProcessEnvironment with = environment({});
        with.insert("PATH", folder_.filePath("bin") + ":" + with.value("PATH"));
        process.setProcessEnvironment(with);
        process.start("bash", QStringList{folder_.filePath("run.sh")} + arguments);
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestWithoutDisplay)
#include "tst_without_display.moc"
