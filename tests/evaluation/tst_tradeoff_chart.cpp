#include "comma_locale.h"
#include "evaluation/tradeoff_chart.h"

#include <QTest>
#include <QXmlStreamReader>

using namespace livegloss::evaluation;

namespace {

/// How often each element occurs; empty where the text is no XML.
QMap<QString, int> elementsOf(const std::string& svg) {
    QMap<QString, int> counts;
    QXmlStreamReader reader(QByteArray::fromStdString(svg));
    while (!reader.atEnd()) {
        if (reader.readNext() == QXmlStreamReader::StartElement) {
            ++counts[reader.name().toString()];
        }
    }
    return reader.hasError() ? QMap<QString, int>() : counts;
}

TradeoffChart chart(bool timed) {
    TradeoffChart chart{{}, 8.4};
    for (const int window : {32, 64, 96}) {
        for (const int stride : {4, 8}) {
            chart.points.push_back({window, stride, 20.0 - window / 10.0 + stride / 4.0,
                                    timed ? std::optional(0.5 + window / 100.0) : std::nullopt});
        }
    }
    return chart;
}

} // namespace

class TestTradeoffChart : public QObject {
    Q_OBJECT

private slots:
    void drawsACurveAStride() {
        const QMap<QString, int> both = elementsOf(chartSvg(chart(true)));
        QCOMPARE(both["path"], 4);
        QCOMPARE(both["circle"], 6 * 2 + 2);
        const QMap<QString, int> one = elementsOf(chartSvg(chart(false)));
        QCOMPARE(one["path"], 2);
        QCOMPARE(one["circle"], 6 + 2);
    }

    void staysInThePicture() {
        const std::string svg = chartSvg(chart(true));
        QXmlStreamReader reader(QByteArray::fromStdString(svg));
        int seen = 0;
        while (!reader.atEnd()) {
            if (reader.readNext() == QXmlStreamReader::StartElement && reader.name() == QStringLiteral("circle")) {
                const double x = reader.attributes().value("cx").toDouble();
                const double y = reader.attributes().value("cy").toDouble();
                QVERIFY2(x > 60 && x < 965 && y > 50 && y < 430, qPrintable(QStringLiteral("%1 %2").arg(x).arg(y)));
                ++seen;
            }
        }
        QVERIFY(seen > 0);
    }

    void theLocaleDoesNotMatter() {
        const std::string before = chartSvg(chart(true));
        const livegloss::test::CommaLocale locale;
        if (!livegloss::test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        QCOMPARE(chartSvg(chart(true)), before);
    }

    void oddInputIsDrawnToo() {
        QVERIFY(!elementsOf(chartSvg({})).isEmpty());
        const std::string one = chartSvg({{{64, 8, 0.0, 0.0}}, 0.0});
        QVERIFY(!elementsOf(one).isEmpty());
        QVERIFY(one.find("nan") == std::string::npos && one.find("inf") == std::string::npos);
        const std::string high = chartSvg({{{64, 8, 140.0, 2.0}, {32, 8, 140.0, 2.0}}, 140.0});
        QVERIFY(high.find("nan") == std::string::npos && high.find("inf") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestTradeoffChart)
#include "tst_tradeoff_chart.moc"
