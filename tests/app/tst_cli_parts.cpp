#include "comma_locale.h"
#include "decimal_range.h"
#include "drawing_application.h"
#include "output_file.h"
#include "terminal.h"

#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <cstdlib>

using namespace livegloss;

/// Functions of the command line, without a start of it.
class TestCliParts : public QObject {
    Q_OBJECT

private slots:
    void timeLeftFollowsThePaceSinceTheWorkWasTakenUp() {
        using namespace std::chrono_literals;
        const std::chrono::steady_clock::time_point start{1h};
        cli::TimeLeft resumed;
        QCOMPARE(resumed.after(start, 0.5), std::string());
        QCOMPARE(resumed.after(start + 1s, 0.55), std::string());
        QCOMPARE(resumed.after(start + 10s, 0.6), std::string("40 s left"));
        QCOMPARE(resumed.after(start + 20s, 1.0), std::string());
        cli::TimeLeft slow;
        QCOMPARE(slow.after(start, 0.0), std::string());
        QCOMPARE(slow.after(start + 20s, 0.009), std::string());
        QCOMPARE(slow.after(start + 20s, 0.2), std::string("1 min 20 s left"));
        QCOMPARE(slow.after(start + 100min, 0.5), std::string("1 h 40 min left"));
        QCOMPARE(slow.after(start + 100min, -1.0), std::string());
        QCOMPARE(slow.after(start + 101min, 0.1), std::string()); // another piece of work
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
