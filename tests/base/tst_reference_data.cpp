#include "reference_data.h"

#include <QCoreApplication>
#include <QProcess>

namespace {

class WithoutData : public QObject {
    Q_OBJECT
private slots:
    void needsData() { LIVEGLOSS_WITHOUT_REFERENCE_DATA("the data is not here"); }
};

} // namespace

/// What a test does whose reference data is missing.
class TestReferenceData : public QObject {
    Q_OBJECT

private slots:
    void missingDataFailsOnlyWhereItIsRequired_data() {
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("failures");
        QTest::newRow("not set") << QString() << 0;
        QTest::newRow("0") << "0" << 0;
        QTest::newRow("1") << "1" << 1;
        QTest::newRow("yes") << "yes" << 1;
    }
    /// In a process of its own: a failure within this one would count as this test's.
    void missingDataFailsOnlyWhereItIsRequired() {
        QFETCH(QString, value);
        QFETCH(int, failures);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove("LIVEGLOSS_REQUIRE_REFERENCE_DATA");
        if (!value.isNull()) {
            environment.insert("LIVEGLOSS_REQUIRE_REFERENCE_DATA", value);
        }
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationFilePath(), {"--without-data"});
        QVERIFY(process.waitForFinished());
        const QString output = QString::fromUtf8(process.readAllStandardOutput());
        QCOMPARE(process.exitCode(), failures);
        QVERIFY2(output.contains("the data is not here"), qPrintable(output));
        QCOMPARE(output.contains("SKIP"), failures == 0);
    }
};

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    if (application.arguments().contains("--without-data")) {
        WithoutData test;
        return QTest::qExec(&test, QStringList{"tst_reference_data"});
    }
    TestReferenceData test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_reference_data.moc"
