#include "base/decimal.h"
#include "comma_locale.h"

#include <QtTest>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <random>

using namespace livegloss;

class TestDecimal : public QObject {
    Q_OBJECT

private slots:
    void numbers_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("value");
        QTest::newRow("fraction") << "12.5" << 12.5;
        QTest::newRow("whole") << "25" << 25.0;
        QTest::newRow("negative") << "-0.125" << -0.125;
        QTest::newRow("exponent") << "1e-3" << 0.001;
        QTest::newRow("many digits") << "0.1000000000000000055511151231257827" << 0.1;
    }
    void numbers() {
        QFETCH(QString, text);
        QFETCH(double, value);
        const auto number = decimalNumber(text.toStdString());
        QVERIFY(number.has_value());
        QCOMPARE(*number, value);
    }

    void otherTexts_data() {
        QTest::addColumn<QString>("text");
        for (const char* text : {"", " ", "12,5", "12.5 ", " 12.5", "12.5x", "fast", "1e", "0x10p", "--1", "1.2.3"}) {
            QTest::newRow(text) << text;
        }
    }
    void otherTexts() {
        QFETCH(QString, text);
        QVERIFY(!decimalNumber(text.toStdString()));
    }

    void everyNumberComesBack() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937_64 random(seed);
        for (int i = 0; i < 10000; ++i) {
            const auto value = std::bit_cast<double>(random());
            if (std::isfinite(value)) {
                QCOMPARE(decimalNumber(decimalText(value)), std::optional(value));
            }
        }
    }

    void fixedPlacesAreAsPrinted() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937_64 random(seed);
        for (int i = 0; i < 10000; ++i) {
            const auto value = std::bit_cast<double>(random());
            const int places = i % 7;
            if (std::isfinite(value)) {
                std::array<char, 400> printed{};
                std::snprintf(printed.data(), printed.size(), "%.*f", places, value);
                QCOMPARE(fixedText(value, places), std::string(printed.data()));
            }
        }
        QCOMPARE(fixedText(0.0005, 3), std::string("0.001"));
        QCOMPARE(fixedText(-2.0, 0), std::string("-2"));
    }

    void theLocaleDoesNotMatter() {
        const test::CommaLocale locale;
        if (!test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        QCOMPARE(decimalText(12.5), std::string("12.5"));
        QCOMPARE(fixedText(12.5, 2), std::string("12.50"));
        QCOMPARE(decimalNumber("12.5"), std::optional(12.5));
        QVERIFY(!decimalNumber("12,5"));
    }
};

QTEST_GUILESS_MAIN(TestDecimal)
#include "tst_decimal.moc"
