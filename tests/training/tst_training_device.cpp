#include "other_device.h"
#include "run_fixture.h"

#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace livegloss;
using namespace livegloss::test;

/// Training on a device with memory of its own, as a graphics card: nothing is left on the processor, or read from the
/// device without a copy.
class TestTrainingDevice : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { device_ = addOtherDevice(); }

    void keepsItsTensorsApart() {
        const torch::Tensor there = torch::ones({3}).to(torch::Device(device_));
        QCOMPARE((there * 2).sum().item<float>(), 6.0F);
        QVERIFY_EXCEPTION_THROWN(there + torch::ones({3}), c10::Error);
        QVERIFY_EXCEPTION_THROWN(torch::ones({3}).index({torch::tensor({0, 2}).to(there.device())}), c10::Error);
    }

    /// Pre-training, head and adaptation. Adam makes much of the rounding of small gradients, so losses drift apart.
    void everyStageRunsThere() {
        auto recipe = nlohmann::json::parse(tinyRecipe);
        recipe["pretrain"]["steps"] = 8;
        recipe["head"]["steps"] = 8;
        recipe["adapt"]["steps"] = 4;
        compareLosses(recipe, 0.05, SquareSource(), 5'000);
    }

    void adaptationIsTheSameThere_data() {
        QTest::addColumn<QString>("change");
        QTest::newRow("adaptsign") << QString("{}");
        QTest::newRow("accumulated, averaged, frozen norms")
            << R"({"adapt": {"accumulate": 2, "average_decay": 0.9, "freeze_norms": true}})";
        QTest::newRow("gradient checkpointing") << R"({"gradient_checkpointing": true})";
        QTest::newRow("fine-tuning") << R"({"method": "fine-tuning"})";
        QTest::newRow("past only, shared prefixes")
            << R"({"modules": {"direction": "past", "window": 3, "shared_prefixes": true}})";
    }
    void adaptationIsTheSameThere() {
        QFETCH(QString, change);
        auto recipe = smallRecipe();
        recipe["adapt"]["rate"]["rate"] = 1e-4;
        recipe.merge_patch(nlohmann::json::parse(change.toStdString()));
        compareLosses(recipe, 1e-3, SquareSource(6), 1'000);
    }

private:
    void compareLosses(nlohmann::json recipe, double tolerance, const SquareSource& source,
                       std::int64_t operators) const {
        const QTemporaryDir here;
        const QTemporaryDir there;
        finished(recipe, source, here.path());
        recipe["device"] = "torch:" + device_;
        const std::int64_t before = otherDeviceOperators();
        finished(recipe, source, there.path());
        QVERIFY(otherDeviceOperators() - before > operators);
        const auto expected = losses(here.path());
        const auto actual = losses(there.path());
        QVERIFY(!expected.empty() && actual.size() == expected.size());
        for (const auto& [key, value] : expected) {
            const double allowed = key.second == 0 && expected.size() < 4 ? 1e-5 : tolerance;
            QVERIFY2(std::abs(actual.at(key) - value) <= allowed * std::abs(value),
                     qPrintable(QString("%1 %2: %3, not %4")
                                    .arg(key.first.c_str())
                                    .arg(key.second)
                                    .arg(actual.at(key))
                                    .arg(value)));
        }
    }

    std::string device_;
};

QTEST_GUILESS_MAIN(TestTrainingDevice)
#include "tst_training_device.moc"
