#include "model/model_description.h"
#include "model/quantisation.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <limits>

using namespace livegloss;
using namespace livegloss::model;

/// What a model file says about running in 8 bits.
class TestQuantisation : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { random_ = std::make_unique<test::RandomModel>(test::announcedSeed()); }

    void readsWhatItWrote() {
        Quantisation written = scales();
        written.layers.begin()->second.keepF32 = true;
        written.check = QuantisationCheck{"signer, test", 50, "bf16", 4.25, 4.5};
        const auto read = readQuantisation({{quantisationKey, quantisationText(written)}}, random_->config);
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QVERIFY(read->has_value());
        QCOMPARE((*read)->layers.size(), written.layers.size());
        for (const auto& [name, layer] : written.layers) {
            const LayerScales& own = (*read)->layers.find(name)->second;
            QCOMPARE(own.channels, layer.channels);
            QCOMPARE(own.keepF32, layer.keepF32);
        }
        QCOMPARE((*read)->frames, written.frames);
        QCOMPARE((*read)->levels, written.levels);
        QCOMPARE((*read)->clips, written.clips);
        QCOMPARE((*read)->featureError, written.featureError);
        QCOMPARE((*read)->check->data, written.check->data);
        QCOMPARE((*read)->check->baseline, written.check->baseline);
        QVERIFY((*read)->check->passed());
        QVERIFY(!*readQuantisation({}, random_->config));
    }

    /// Files from before scales of channels: their layers run without, and their check was of another way of rounding.
    void readsOlderFiles() {
        Quantisation written = scales();
        written.check = QuantisationCheck{"signer, test", 50, "f32", 4.25, 4.5};
        QString text = QString::fromStdString(quantisationText(written));
        text.replace("\"channels\":[0,-3,7]", "\"low\":-1.5,\"high\":2.0");
        text.replace("steps of each row, scaled channels", "smallest and largest value");
        const auto read = readQuantisation({{quantisationKey, text.toStdString()}}, random_->config);
        QVERIFY2(read && *read, read ? "" : read.error().message.c_str());
        QVERIFY((*read)->layers.begin()->second.channels.empty());
        QVERIFY(!(*read)->check);
    }

    void channelsAreQuarterOctaves() {
        const std::vector<float> expected{1.0F, 0.5F, 2.0F};
        QCOMPARE(channelScales({{0, -4, 4}, false}), expected);
        for (const double scale : {1e-4, 0.3, 1.0, 77.0}) {
            const double stored = static_cast<double>(channelScales({{channelStep(scale)}, false}).front());
            QVERIFY(std::abs(std::log2(stored / scale)) < 0.126);
        }
        QCOMPARE(channelStep(0.0), channelStep(1e-300));
        QCOMPARE(channelStep(INFINITY), channelStep(1e300));
    }

    void aCheckPassesByItsNumbers() {
        QuantisationCheck check{"data", 10, "f32", 10.0, 10.5};
        QVERIFY(check.passed());
        check.int8Wer = 10.6;
        QVERIFY(!check.passed());
        check.int8Wer = 3.0;
        check.clips = 0;
        QVERIFY(!check.passed());
    }

    void refusesWhatDoesNotFit_data() {
        QTest::addColumn<QString>("text");
        const QString good = QString::fromStdString(quantisationText(scales()));
        QTest::newRow("no JSON") << "{\"layers\"";
        QTest::newRow("a list") << "[1, 2]";
        QTest::newRow("no layers") << QString(good).replace("\"layers\"", "\"other\"");
        QTest::newRow("a layer missing") << QString(good).replace("blocks.1.expand", "blocks.1.expanded");
        QTest::newRow("another architecture")
            << QString(good).replace("\"blocks.0.expand\"", "\"blocks.7.expand\":{\"channels\":[]},"
                                                            "\"blocks.0.expand\"");
        QTest::newRow("a list as a layer") << QString(good).replace("{\"channels\":[0,-3,", "[{\"channels\":[0,-3,");
        QTest::newRow("a number as channels") << QString(good).replace("\"channels\":[0,-3,7]", "\"channels\":3");
        QTest::newRow("channels of text") << QString(good).replace("[0,-3,7]", "[0,\"a\",7]");
        QTest::newRow("a broken channel") << QString(good).replace("[0,-3,7]", "[0,1.5,7]");
        QTest::newRow("a huge channel") << QString(good).replace("[0,-3,7]", "[0,1000,7]");
        QTest::newRow("half a check") << QString(good).replace("\"layers\"", "\"check\":{\"clips\":3},\"layers\"");
        QTest::newRow("deep nesting") << QString("[").repeated(200'000);
        QTest::newRow("too long") << QString(" ").repeated(9'000'000) + good;
    }
    void refusesWhatDoesNotFit() {
        QFETCH(QString, text);
        const auto read = readQuantisation({{quantisationKey, text.toStdString()}}, random_->config);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Unsupported);
        QVERIFY(!read.error().hint.empty());
    }

    /// The copy has the same tensors and facts, and says what was found.
    void writesACopy() {
        const std::filesystem::path from = folder_.filePath("model.safetensors").toStdString();
        const std::filesystem::path to = folder_.filePath("model8.safetensors").toStdString();
        QVERIFY(random_->save(from));
        QVERIFY(writeQuantised(from, to, scales()));
        const auto before = tensorfile::SafetensorsReader::open(from);
        const auto after = tensorfile::SafetensorsReader::open(to);
        QVERIFY(before && after);
        QCOMPARE(after->tensors().size(), before->tensors().size());
        for (const tensorfile::TensorInfo& tensor : before->tensors()) {
            QVERIFY(after->find(tensor.name) != nullptr);
            QVERIFY(after->find(tensor.name)->shape == tensor.shape);
            QVERIFY(*after->readBytes(tensor.name) == *before->readBytes(tensor.name));
        }
        for (const auto& [key, value] : before->metadata()) {
            QCOMPARE(after->metadata().at(key), value);
        }
        const auto described = describeModelFile(to);
        QVERIFY(described && described->quantisation && described->quantisationProblem.empty());
        QVERIFY(!describeModelFile(from)->quantisation);
        QVERIFY(!writeQuantised(folder_.filePath("none").toStdString(), to, scales()));
    }

private:
    Quantisation scales() const {
        Quantisation quantisation;
        quantisation.levels = 127;
        quantisation.frames = 40;
        quantisation.clips = {"a.mp4", "b.mp4"};
        quantisation.featureError = 0.0078125;
        for (const std::string& name : quantisableLayers(random_->config)) {
            quantisation.layers[name] = {{0, -3, 7}, false};
        }
        return quantisation;
    }

    QTemporaryDir folder_;
    std::unique_ptr<test::RandomModel> random_;
};

QTEST_GUILESS_MAIN(TestQuantisation)
#include "tst_quantisation.moc"
