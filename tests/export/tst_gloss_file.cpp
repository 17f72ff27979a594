#include "comma_locale.h"
#include "export/gloss_file.h"

#include <QTest>

using namespace livegloss;
using namespace livegloss::session;

class TestGlossFile : public QObject {
    Q_OBJECT

private slots:
    void theLocaleDoesNotMatter() {
        GlossReport report;
        report.input = "clip.mp4";
        report.fps = 12.5;
        report.durationSeconds = 1234.5;
        CaptionGloss gloss;
        gloss.text = "HOUSE";
        gloss.start = MediaTime(160'000);
        gloss.end = MediaTime(1'234'500'000);
        gloss.confidence = 0.875F;
        gloss.alternatives = {{"TREE", 0.125F}};
        report.glosses = {gloss};
        const std::string csv = formatGlosses(report, GlossFormat::Csv);
        QCOMPARE(csv, std::string("gloss,start_s,end_s,confidence,alternatives\n"
                                  "HOUSE,0.160,1234.500,0.875,TREE 0.125\n"));
        const std::string ctm = formatGlosses(report, GlossFormat::Ctm);
        const std::string json = formatGlosses(report, GlossFormat::Json);
        const test::CommaLocale locale;
        if (!test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        QCOMPARE(formatGlosses(report, GlossFormat::Csv), csv);
        QCOMPARE(formatGlosses(report, GlossFormat::Ctm), ctm);
        QCOMPARE(formatGlosses(report, GlossFormat::Json), json);
    }
};

QTEST_GUILESS_MAIN(TestGlossFile)
#include "tst_gloss_file.moc"
