#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString working = QStringLiteral("at work");

QString data(const char* path) {
    return QStringLiteral(LIVEGLOSS_SOURCE_DIR) + QLatin1String(path);
}

} // namespace

/// The programs with a library before them that forbids and records every way to the network.
class TestNoNetwork : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// The trap itself: a program that is told to use the network falls into it.
    void forbiddenSocketIsRecorded() {
        const Outcome outcome =
            run(QStringLiteral(LIVEGLOSS_CLI),
                {QStringLiteral("live"), QStringLiteral("--input"), QStringLiteral("http://127.0.0.1:9/video"),
                 QStringLiteral("--model"), data("/models/demo.safetensors")});
        QVERIFY(outcome.exitCode != 0);
        const bool caught = outcome.attempts.contains(QStringLiteral("socket")) ||
                            outcome.attempts.contains(QStringLiteral("127.0.0.1"));
        QVERIFY2(caught, qPrintable(outcome.attempts.join(QLatin1Char(' ')) + outcome.errors));
    }

    void clipIsRecognisedWithoutTheNetwork() {
        const Outcome outcome =
            run(QStringLiteral(LIVEGLOSS_CLI),
                {QStringLiteral("recognize"), QStringLiteral("--input"), data("/resources/samples/sample-1.mp4"),
                 QStringLiteral("--model"), data("/models/demo.safetensors"), QStringLiteral("--format"),
                 QStringLiteral("text")});
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
        QVERIFY2(outcome.output.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts).size() >= 3,
                 qPrintable(outcome.output));
        QCOMPARE(outcome.attempts, QStringList());
    }

    /// Its Models workspace knows addresses, but asks none of them by itself.
    void windowPlaysAndRecognisesWithoutTheNetwork() {
        const QString picture = folder_.filePath(QStringLiteral("window.png"));
        const Outcome outcome = run(QStringLiteral(LIVEGLOSS_WINDOW), {QStringLiteral("--screenshot"), picture,
                                                                       QStringLiteral("--after"), QStringLiteral("4")});
        QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
        QVERIFY(QFile::exists(picture));
        QCOMPARE(outcome.attempts, QStringList());
    }

private:
    struct Outcome {
        int exitCode = -1;
        QString output;
        QString errors;
        QStringList attempts;
    };
    Outcome run(const QString& program, const QStringList& arguments) {
        const QString log = folder_.filePath(QStringLiteral("attempts.log"));
        QFile::remove(log);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("LD_PRELOAD"), QStringLiteral(LIVEGLOSS_FORBIDDEN_SOCKETS));
        environment.insert(QStringLiteral("LIVEGLOSS_SOCKET_LOG"), log);
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        environment.insert(QStringLiteral("XDG_CONFIG_HOME"), folder_.path());
        environment.insert(QStringLiteral("LIVEGLOSS_MODELS_DIR"), folder_.filePath(QStringLiteral("models")));
        environment.insert(QStringLiteral("LIVEGLOSS_DATA_DIR"), QStringLiteral(LIVEGLOSS_SOURCE_DIR));
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(program, arguments);
        Outcome outcome;
        if (process.waitForFinished(150'000) && process.exitStatus() == QProcess::NormalExit) {
            outcome.exitCode = process.exitCode();
        }
        outcome.output = QString::fromUtf8(process.readAllStandardOutput());
        outcome.errors = QString::fromUtf8(process.readAllStandardError());
        QFile file(log);
        if (file.open(QIODevice::ReadOnly)) {
            outcome.attempts = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        }
        if (outcome.attempts.removeAll(working) == 0) {
            outcome.attempts = {QStringLiteral("the trap was not set")};
        }
        return outcome;
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestNoNetwork)
#include "tst_no_network.moc"
