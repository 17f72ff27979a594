#include "comma_locale.h"
#include "decimal_range.h"
#include "drawing_application.h"
#include "output_file.h"
#include "terminal.h"

#include <QTemporaryDir>
#include <QTest>
#include <cstdlib>

using namespace livegloss;

/// Functions of the command line, without a start of it.
class TestCliParts : public QObject {
    Q_OBJECT

private slots:
    void timeLeftIsToldInTheUnitsThatMatter() {
        QCOMPARE(cli::timeLeftText(0.2), std::string("1 s left"));
        QCOMPARE(cli::timeLeftText(59.4), std::string("59 s left"));
        QCOMPARE(cli::timeLeftText(80.0), std::string("1 min 20 s left"));
        QCOMPARE(cli::timeLeftText(6000.0), std::string("1 h 40 min left"));
    }

    void rangesRefuseWhatIsNoNumber_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("accepted");
        for (const char* text : {"0", "0.5", "1", "5e-1"}) {
            QTest::newRow(text) << text << true;
        }
        for (const char* text : {"nan", "-nan", "NAN", "inf", "-inf", "1.01", "-0.1", "0,5", "half", ""}) {
            QTest::newRow(*text == 0 ? "empty" : text) << text << false;
        }
    }
    void rangesRefuseWhatIsNoNumber() {
        QFETCH(QString, text);
        QFETCH(bool, accepted);
        CLI::App app;
        double value = -5.0;
        app.add_option("--value", value)->check(cli::decimalRange(0.0, 1.0));
        try {
            std::vector<std::string> arguments{"--value=" + text.toStdString()};
            app.parse(arguments);
            QVERIFY2(accepted, qPrintable(text));
            QVERIFY(value >= 0.0 && value <= 1.0);
        } catch (const CLI::ParseError&) {
            QVERIFY2(!accepted, qPrintable(text));
        }
        QVERIFY(app.help().find("in [0 - 1]") != std::string::npos);
    }

    /// Qt takes the user's locale, in which C's functions would print a comma.
    void drawingLeavesTheDecimalPoint() {
        const test::CommaLocale locale;
        if (!test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        locale.makeUsers();
        const cli::DrawingApplication application;
        QVERIFY(!test::CommaLocale::isActive());
        QCOMPARE(std::strtod("0.5", nullptr), 0.5);
    }

    void outputsAreNoInputs() {
        const QTemporaryDir folder;
        const auto path = [&](const char* name) { return folder.filePath(name).toStdString(); };
        QVERIFY(cli::writeOutput(path("list.tsv"), "x"));
        QVERIFY(QFile::link(folder.filePath("list.tsv"), folder.filePath("link.tsv")));
        QCOMPARE(cli::checkOutput(path("link.tsv"), {path("none"), path("list.tsv")}).error().code,
                 ErrorCode::InvalidArgument);
        QVERIFY(cli::checkOutput(path("new.tsv"), {path("list.tsv"), ""}));
        QVERIFY(cli::checkOutput(path("list.tsv"), {path("none"), ""}));
    }
};

QTEST_APPLESS_MAIN(TestCliParts)
#include "tst_cli_parts.moc"
