#include "base/log.h"

#include <QCoreApplication>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>
#include <string>
#include <thread>
#include <vector>

using namespace livegloss;

namespace {

constexpr int kThreads = 8;
constexpr int kLines = 200;

/// What the test starts itself with: writes to standard error and ends.
int child(const std::string& task) {
    if (task == "threads") {
        std::vector<std::thread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([thread] {
                const std::string word(40, static_cast<char>('a' + thread));
                for (int line = 0; line < kLines; ++line) {
                    log(LogLevel::Error, word);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return 0;
    }
    if (task == "set") {
        setLogLevel(LogLevel::Info);
    }
    log(LogLevel::Debug, "one");
    log(LogLevel::Info, "two");
    log(LogLevel::Warning, "three");
    log(LogLevel::Error, "four");
    log(LogLevel::Off, "never");
    return 0;
}

QStringList linesOf(const QString& task, const QString& level = {}) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove("LIVEGLOSS_LOG");
    if (!level.isEmpty()) {
        environment.insert("LIVEGLOSS_LOG", level);
    }
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(), {"--child", task});
    process.waitForFinished();
    return QString::fromUtf8(process.readAllStandardError()).split('\n', Qt::SkipEmptyParts);
}

} // namespace

class TestLog : public QObject {
    Q_OBJECT

private slots:
    void levelDecidesWhatIsWritten_data() {
        QTest::addColumn<QString>("task");
        QTest::addColumn<QString>("level");
        QTest::addColumn<int>("lines");
        QTest::newRow("default") << "write"
                                 << "" << 2;
        QTest::newRow("debug") << "write"
                               << "debug" << 4;
        QTest::newRow("info") << "write"
                              << "info" << 3;
        QTest::newRow("error") << "write"
                               << "error" << 1;
        QTest::newRow("off") << "write"
                             << "off" << 0;
        QTest::newRow("unknown word") << "write"
                                      << "loud" << 2;
        QTest::newRow("program decides") << "set"
                                         << "off" << 3;
    }
    void levelDecidesWhatIsWritten() {
        QFETCH(QString, task);
        QFETCH(QString, level);
        QFETCH(int, lines);
        QCOMPARE(linesOf(task, level).size(), lines);
    }

    void linesCarryTimeAndLevel() {
        const QStringList lines = linesOf("write", "debug");
        QCOMPARE(lines.size(), 4);
        static const QRegularExpression form(R"(^\[ *\d+\.\d{3}\] (debug: one|info: two|warning: three|error: four)$)");
        for (const QString& line : lines) {
            QVERIFY2(form.match(line).hasMatch(), qPrintable(line));
        }
    }

    void linesOfDifferentThreadsDoNotMix() {
        const QStringList lines = linesOf("threads");
        QCOMPARE(lines.size(), kThreads * kLines);
        static const QRegularExpression form(R"(\] error: ([a-h])\1{39}$)");
        for (const QString& line : lines) {
            QVERIFY2(form.match(line).hasMatch(), qPrintable(line));
        }
    }
};

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "--child") {
        return child(argv[2]);
    }
    const QCoreApplication application(argc, argv);
    TestLog test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_log.moc"
