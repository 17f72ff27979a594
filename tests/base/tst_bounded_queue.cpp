#include "base/bounded_queue.h"

#include <QTest>
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace livegloss;

class TestBoundedQueue : public QObject {
    Q_OBJECT

private slots:
    void capacityOfNothingHoldsOne() {
        BoundedQueue<int> queue(0, OverflowPolicy::DropOldest);
        QVERIFY(queue.push(1));
        QVERIFY(queue.push(2));
        QCOMPARE(queue.tryPop(), std::optional(2));
        QVERIFY(!queue.tryPop());
    }

    void entriesComeOutInOrder() {
        BoundedQueue<int> queue(4, OverflowPolicy::Block);
        for (int value = 0; value < 4; ++value) {
            QVERIFY(queue.push(value));
        }
        QCOMPARE(queue.size(), 4U);
        for (int value = 0; value < 4; ++value) {
            QCOMPARE(queue.pop(), std::optional(value));
        }
        QCOMPARE(queue.tryPop(), std::nullopt);
        QCOMPARE(queue.popFor(std::chrono::milliseconds(1)), std::nullopt);
    }

    void dropOldestCountsWhatItLoses() {
        BoundedQueue<int> queue(2, OverflowPolicy::DropOldest);
        for (int value = 0; value < 5; ++value) {
            QVERIFY(queue.push(value));
        }
        QCOMPARE(queue.dropped(), 3);
        QCOMPARE(queue.pop(), std::optional(3));
        QCOMPARE(queue.pop(), std::optional(4));
    }

    void blockingLosesNothing() {
        constexpr int kValues = 20000;
        BoundedQueue<int> queue(3, OverflowPolicy::Block);
        std::size_t longest = 0;
        std::vector<int> received;
        std::thread producer([&] {
            for (int value = 0; value < kValues; ++value) {
                queue.push(value);
            }
            queue.close();
        });
        while (const auto value = queue.pop()) {
            longest = std::max(longest, queue.size());
            received.push_back(*value);
        }
        producer.join();
        QCOMPARE(received.size(), static_cast<std::size_t>(kValues));
        QVERIFY(std::is_sorted(received.begin(), received.end()));
        QVERIFY(longest <= 3);
        QCOMPARE(queue.dropped(), 0);
    }

    void manyThreadsShareOneQueue() {
        constexpr int kThreads = 4;
        constexpr int kValues = 2000;
        for (const OverflowPolicy policy : {OverflowPolicy::Block, OverflowPolicy::DropOldest}) {
            BoundedQueue<std::unique_ptr<int>> queue(5, policy);
            std::atomic<int> popped{0};
            std::vector<std::thread> producers;
            std::vector<std::thread> consumers;
            for (int thread = 0; thread < kThreads; ++thread) {
                producers.emplace_back([&] {
                    for (int value = 0; value < kValues; ++value) {
                        queue.push(std::make_unique<int>(value));
                    }
                });
                consumers.emplace_back([&] {
                    while (queue.pop()) {
                        ++popped;
                    }
                });
            }
            for (std::thread& producer : producers) {
                producer.join();
            }
            queue.close();
            for (std::thread& consumer : consumers) {
                consumer.join();
            }
            QCOMPARE(popped + queue.dropped(), kThreads * kValues);
        }
    }

    void closingWakesAWaitingProducer() {
        BoundedQueue<int> queue(1, OverflowPolicy::Block);
        QVERIFY(queue.push(1));
        bool accepted = true;
        std::thread producer([&] { accepted = queue.push(2); });
        queue.close();
        producer.join();
        QVERIFY(!accepted);
        QCOMPARE(queue.pop(), std::optional(1)); // what was in stays
        QCOMPARE(queue.pop(), std::nullopt);
    }

    void closingWakesAWaitingConsumer() {
        BoundedQueue<int> queue(1, OverflowPolicy::DropOldest);
        std::optional<int> value = 7;
        std::thread consumer([&] { value = queue.pop(); });
        queue.close();
        consumer.join();
        QCOMPARE(value, std::nullopt);
        QVERIFY(queue.closed());
        QVERIFY(!queue.push(3));
        QCOMPARE(queue.size(), 0U);
    }

    void clearingMakesRoomAndIsNoLoss() {
        BoundedQueue<int> queue(1, OverflowPolicy::Block);
        QVERIFY(queue.push(1));
        std::thread producer([&] { queue.push(2); });
        queue.clear();
        producer.join();
        QCOMPARE(queue.tryPop(), std::optional(2));
        QCOMPARE(queue.dropped(), 0);
    }
};

QTEST_APPLESS_MAIN(TestBoundedQueue)
#include "tst_bounded_queue.moc"
