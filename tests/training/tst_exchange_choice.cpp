#include "exchange_choice.h"

#include <QtTest>

using namespace livegloss;
using namespace livegloss::training;

namespace {

ExchangeWish onCard(std::int64_t card, Exchange exchange = Exchange::Auto) {
    return {exchange, true, true, {card, 7}};
}

} // namespace

class TestExchangeChoice : public QObject {
    Q_OBJECT

private slots:
    void ncclWhereEveryProcessHasACard() {
        for (const Exchange exchange : {Exchange::Auto, Exchange::Nccl}) {
            const auto choice = chooseExchange({onCard(1, exchange), onCard(2, exchange), onCard(3, exchange)});
            QVERIFY(choice && choice->nccl);
            QCOMPARE(choice->text, std::string("3 processes talk through nccl"));
        }
    }

    void glooOnRequest() {
        const auto choice = chooseExchange({onCard(1, Exchange::Gloo), onCard(2, Exchange::Gloo)});
        QVERIFY(choice && !choice->nccl);
        QCOMPARE(choice->text, std::string("2 processes talk through gloo"));
    }

    void obstaclesAreNamed_data() {
        QTest::addColumn<int>("second");
        QTest::addColumn<QString>("told");
        QTest::newRow("one card") << 0 << "processes 0 and 1 share a graphics card";
        QTest::newRow("no card") << 1 << "process 1 trains on the processor";
        QTest::newRow("no nccl") << 2 << "the build that process 1 runs has no nccl";
    }
    void obstaclesAreNamed() {
        QFETCH(int, second);
        QFETCH(QString, told);
        std::vector<ExchangeWish> wishes{onCard(1), onCard(second == 0 ? 1 : 2)};
        wishes[1].onCard = second != 1;
        wishes[1].nccl = second != 2;
        const auto choice = chooseExchange(wishes);
        QVERIFY(choice && !choice->nccl);
        QCOMPARE(QString::fromStdString(choice->text), QString("2 processes talk through gloo (%1)").arg(told));
        for (ExchangeWish& wish : wishes) {
            wish.exchange = Exchange::Nccl;
        }
        const auto refused = chooseExchange(wishes);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Unsupported);
        QVERIFY2(QString::fromStdString(refused.error().message).contains(told), refused.error().message.c_str());
    }

    /// Nobody expects cards of processes on processors.
    void processorsSayNoMore() {
        const auto choice = chooseExchange({ExchangeWish(), ExchangeWish()});
        QVERIFY(choice && !choice->nccl);
        QCOMPARE(choice->text, std::string("2 processes talk through gloo"));
    }

    void differentWishesAreRefused() {
        const auto refused = chooseExchange({onCard(1), onCard(2), onCard(3, Exchange::Gloo)});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QVERIFY2(refused.error().message.find("process 2") != std::string::npos, refused.error().message.c_str());
    }
};

QTEST_GUILESS_MAIN(TestExchangeChoice)
#include "tst_exchange_choice.moc"
