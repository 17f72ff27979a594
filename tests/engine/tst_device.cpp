#include "engine/streaming_encoder.h"
#include "other_device.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <stdexcept>

using namespace livegloss;
using namespace livegloss::engine;

namespace {

struct Collected {
    std::vector<float> features;
    std::vector<std::int64_t> indices;
    std::vector<SpatialAttention> attention;
    std::vector<Error> failures;
};

std::vector<float> joined(const std::vector<SpatialAttention>& attention) {
    std::vector<float> all;
    for (const SpatialAttention& map : attention) {
        all.insert(all.end(), map.weights.begin(), map.weights.end());
        all.push_back(map.classShare);
        all.push_back(map.prefixShare);
    }
    return all;
}

} // namespace

/// The way of a GPU, taken with a device of LibTorch that computes on the CPU, with memory of its own.
class TestDevice : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        device_ = "torch:" + test::addOtherDevice();
        random_ = std::make_unique<test::RandomModel>(test::announcedSeed());
        random_->config.width = 128;
        random_->config.heads = 2;
        path_ = folder_.filePath("model.safetensors").toStdString();
        QVERIFY(random_->save(path_));
        processor_ = load("cpu");
        clip_ = random_->uniform(static_cast<std::size_t>(frames) * frameValues());
    }

    void saysWhereItRuns() {
        const LoadedModelPtr model = load("torch:cpu");
        QCOMPARE(computeDevice(model).name, std::string("cpu"));
        QCOMPARE(model->compute().device, std::string("cpu"));
        QVERIFY(describe(model->compute()).starts_with("encoder on cpu by LibTorch in f32"));
        QVERIFY(processor_->compute().device.empty());
        QCOMPARE(computeDevice(processor_).name, computeDevice().name);
        QVERIFY(computeDevice(LoadedModelPtr()).name.empty());
    }

    void unknownDevicesAreRefused_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"torch:nonsense", "gpu", "cuda:99", "cuda:x", ""}) {
            QTest::newRow(name) << name;
        }
    }
    void unknownDevicesAreRefused() {
        QFETCH(QString, name);
        const auto refused = loadModel(path_, request(name.toStdString(), Precision::Auto));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QVERIFY(QString::fromStdString(refused.error().message).contains('\'' + name + '\''));
        QVERIFY(!refused.error().hint.empty());
    }

    void givesWhatTheProcessorGives_data() {
        QTest::addColumn<int>("batch");
        QTest::addColumn<bool>("gelu");
        QTest::newRow("frame by frame") << 1 << false;
        QTest::newRow("fives") << 5 << false;
        QTest::newRow("all at once, more than one launch") << frames << false;
        QTest::newRow("GELU and CLIP's normalisation") << 7 << true;
    }
    void givesWhatTheProcessorGives() {
        QFETCH(int, batch);
        QFETCH(bool, gelu);
        random_->config.activation = gelu ? model::Activation::Gelu : model::Activation::QuickGelu;
        random_->config.normalisation = gelu ? model::clipNormalisation : model::plainNormalisation;
        const std::filesystem::path path = folder_.filePath("other.safetensors").toStdString();
        QVERIFY(random_->save(path));
        const Collected expected = stream(load("cpu", path), batch, {});
        const Collected found = stream(load(device_, path), batch, {});
        QVERIFY2(found.failures.empty(), found.failures.empty() ? "" : found.failures.front().message.c_str());
        QCOMPARE(found.indices, expected.indices);
        QVERIFY(test::relativeError(found.features, expected.features) < 1e-5);
        QVERIFY(test::relativeError(joined(found.attention), joined(expected.attention)) < 1e-5);
    }

    /// bf16 products of pictures that crossed as bytes.
    void narrowArithmeticStaysClose() {
        const Collected expected = stream(processor_, 4, {});
        const auto narrow = loadModel(path_, request(device_, Precision::Bf16));
        QVERIFY(narrow);
        const Collected found = stream(*narrow, 4, {});
        const double error = test::relativeL2(found.features, expected.features);
        qInfo("relative error of the frame features: %.2e", error);
        QVERIFY2(error < 5e-2 && error > 1e-4, qPrintable(QString::number(error)));
    }

    /// A device that fails at any pass loses no frame: those in hand go through the processor, as do all that follow.
    void theProcessorGoesOnWhenTheDeviceFails_data() {
        QTest::addColumn<int>("failingPass");
        QTest::addColumn<bool>("memory");
        for (const int pass : {0, 1, 3}) {
            QTest::addRow("pass %d fails", pass) << pass << false;
            QTest::addRow("no memory in pass %d", pass) << pass << true;
        }
    }
    void theProcessorGoesOnWhenTheDeviceFails() {
        QFETCH(int, failingPass);
        QFETCH(bool, memory);
        const LoadedModelPtr model = load(device_);
        int passes = 0;
        EncoderOptions options;
        options.beforeDevicePass = [&] {
            if (passes++ == failingPass) {
                throw std::runtime_error(memory ? "CUDA out of memory. Tried to allocate\nbacktrace" : "unplugged");
            }
        };
        const Collected expected = stream(processor_, 3, {});
        const Collected found = stream(model, 3, options);
        QCOMPARE(passes, failingPass + 1);
        QCOMPARE(found.indices, expected.indices);
        QVERIFY(test::relativeError(found.features, expected.features) < 1e-5);
        QVERIFY(test::relativeError(joined(found.attention), joined(expected.attention)) < 1e-5);
        QCOMPARE(found.failures.size(), std::size_t(1));
        QCOMPARE(found.failures.front().code, memory ? ErrorCode::OutOfMemory : ErrorCode::Internal);
        QVERIFY(found.failures.front().message.starts_with(device_.substr(6) + " "));
        QVERIFY(found.failures.front().message.find('\n') == std::string::npos);
        // The next clip does not try again, and says nothing again.
        QCOMPARE(computeDevice(model).name, computeDevice().name);
        const Collected next = stream(model, 3, options);
        QCOMPARE(passes, failingPass + 1);
        QVERIFY(next.failures.empty());
        QVERIFY(test::relativeError(next.features, expected.features) < 1e-5);
    }

    /// What the device cannot answer is answered by the processor, and the device goes on.
    void requestedAttentionComesFromTheProcessor() {
        AttentionRequest wanted;
        wanted.spatial.push_back({});
        std::vector<std::vector<float>> answers;
        for (const LoadedModelPtr& model : {processor_, load(device_)}) {
            int passes = 0;
            EncoderOptions options;
            options.beforeDevicePass = [&] { ++passes; };
            const auto encoder = makeStreamingEncoder(model, options);
            QVERIFY(encoder->requestAttention(wanted));
            const auto output = encoder->push(std::span(clip_).first(frameValues()), 1, false);
            QVERIFY(output);
            QCOMPARE(output->requested.size(), std::size_t(1));
            answers.push_back(output->requested.front().spatial.front().weights);
            QCOMPARE(passes, 0);
            encoder->requestAttention({});
            QVERIFY(encoder->push(std::span(clip_).first(frameValues()), 1, false));
            QCOMPARE(passes, model == processor_ ? 0 : 1);
        }
        QVERIFY(test::relativeError(answers[1], answers[0]) < 1e-5);
    }

private:
    static constexpr int frames = 19;
    std::string device_;

    static ComputeRequest request(const std::string& device, Precision precision) {
        ComputeRequest result;
        result.device = device;
        result.precision = precision;
        return result;
    }
    LoadedModelPtr load(const std::string& device) const { return load(device, path_); }
    static LoadedModelPtr load(const std::string& device, const std::filesystem::path& path) {
        auto model = loadModel(path, request(device, Precision::F32));
        if (!model) {
            qFatal("%s", model.error().message.c_str());
        }
        return *model;
    }
    std::size_t frameValues() const {
        const auto side = static_cast<std::size_t>(random_->config.resolution);
        return 3 * side * side;
    }
    Collected stream(const LoadedModelPtr& model, int batch, const EncoderOptions& options) const {
        Collected all;
        const auto encoder = makeStreamingEncoder(model, options);
        const auto collect = [&](Result<EncoderOutput> output) {
            QVERIFY2(output, output ? "" : output.error().message.c_str());
            for (const FrameFeature& feature : output->features) {
                all.indices.push_back(feature.frameIndex);
                all.features.insert(all.features.end(), feature.values.begin(), feature.values.end());
            }
            std::ranges::move(output->attention, std::back_inserter(all.attention));
            if (output->deviceFailure) {
                all.failures.push_back(*output->deviceFailure);
            }
        };
        for (int start = 0; start < frames; start += batch) {
            const int count = std::min(batch, frames - start);
            collect(encoder->push(std::span(clip_).subspan(static_cast<std::size_t>(start) * frameValues(),
                                                           static_cast<std::size_t>(count) * frameValues()),
                                  count, true));
        }
        collect(encoder->finish());
        return all;
    }

    QTemporaryDir folder_;
    std::filesystem::path path_;
    std::unique_ptr<test::RandomModel> random_;
    LoadedModelPtr processor_;
    std::vector<float> clip_;
};

QTEST_APPLESS_MAIN(TestDevice)
#include "tst_device.moc"
