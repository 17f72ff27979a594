#include "fast_encoder.h"
#include "model/adapt_sign.h"
#include "model/model_layout.h"
#include "reference_data.h"
#include "tensorfile/safetensors.h"
#include "training/losses.h"

#include <QtTest>
#include <filesystem>
#include <map>
#include <set>

using namespace livegloss;
using torch::Tensor;

namespace {

const std::filesystem::path golden = std::filesystem::path(LIVEGLOSS_SHARED_DIR) / "golden";

Tensor readTensor(const tensorfile::SafetensorsReader& reader, const std::string& name) {
    const tensorfile::TensorInfo* info = reader.find(name);
    if (info == nullptr) {
        qFatal("%s has no tensor %s", reader.path().c_str(), name.c_str());
    }
    if (info->type == tensorfile::DataType::I64) {
        const auto values = reader.readIntegers(name).value();
        return torch::tensor(values, torch::kInt64).view(info->shape);
    }
    const auto values = reader.readFloats(name).value();
    return torch::tensor(values).view(info->shape);
}

double relativeError(const Tensor& actual, const Tensor& expected) {
    return ((actual - expected).norm() / expected.norm().clamp_min(1e-30)).item<double>();
}

model::AdaptSign smallNetwork(bool otherBackbone = false) {
    model::ModelConfig config;
    if (otherBackbone) {
        config.activation = model::Activation::Gelu;
        config.normalisation = model::clipNormalisation;
    }
    config.width = 128;
    config.layers = 2;
    config.heads = 2;
    config.patch = 16;
    config.resolution = 64;
    config.resize = 73;
    config.embedDim = 48;
    config.hidden = 32;
    config.classes = 6;
    model::AdaptSign network(config);
    const torch::NoGradGuard noGrad;
    for (auto& parameter : network->parameters()) {
        parameter.add_(torch::randn_like(parameter) * 0.05); // zero-initialised parts would hide mistakes
    }
    network->eval();
    return network;
}

} // namespace

class TestLosses : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        torch::manual_seed(20240408);
        qInfo("seed 20240408");
    }

    void goldenLossesAndGradients_data() {
        QTest::addColumn<bool>("fast");
        QTest::newRow("reference path") << false;
        QTest::newRow("training path") << true;
    }

    void goldenLossesAndGradients() {
        QFETCH(bool, fast);
        if (!std::filesystem::exists(golden / "tiny-p16.loss.safetensors")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the golden tensors are not beside the project");
        }
        const auto inputs = tensorfile::SafetensorsReader::open(golden / "tiny-p16.io.safetensors").value();
        const auto expected = tensorfile::SafetensorsReader::open(golden / "tiny-p16.loss.safetensors").value();
        model::AdaptSign network = model::loadAdaptSign(golden / "tiny-p16.safetensors").value();
        const auto trained = training::applyFreezeRule(*network, false);

        const Tensor frames = readTensor(inputs, "frames");
        const Tensor lengths = readTensor(inputs, "lengths");
        Tensor features;
        if (fast) {
            std::vector<std::int64_t> order(static_cast<std::size_t>(frames.size(1)));
            std::iota(order.begin(), order.end(), 0);
            std::vector<Tensor> clips;
            for (std::int64_t clip = 0; clip < frames.size(0); ++clip) {
                clips.push_back(training::encodeClip(*network->visual, frames[clip], order));
            }
            features = torch::stack(clips);
        } else {
            features = network->encodeFrames(frames);
        }
        const auto output = network->recognise(features, lengths);
        const auto terms =
            training::alignmentLosses(output.sequenceLogits, output.convLogits, output.featureLengths,
                                      readTensor(expected, "labels"), readTensor(expected, "label_lengths"), {});
        QVERIFY(relativeError(terms.sequenceCtc, readTensor(expected, "loss_sequence_ctc")) < 1e-5);
        QVERIFY(relativeError(terms.convCtc, readTensor(expected, "loss_conv_ctc")) < 1e-5);
        // The divergence is a small difference of large terms: the reference's own float32 value is 3.4e-4 off the one
        // in double precision. goldenLossesOfGoldenLogits() holds the formula itself to 1e-5.
        QVERIFY(relativeError(terms.distillation, readTensor(expected, "loss_distillation")) < 5e-4);
        QVERIFY(relativeError(terms.total, readTensor(expected, "loss_total")) < 1e-5);

        terms.total.backward();
        std::map<std::string, Tensor> gradients;
        for (const auto& parameter : trained) {
            gradients[parameter.name] = parameter.value.grad();
        }
        int compared = 0;
        for (const auto& info : expected.tensors()) {
            if (!info.name.starts_with("grad.")) {
                continue;
            }
            const Tensor gradient = gradients[info.name.substr(5)];
            QVERIFY2(gradient.defined(), info.name.c_str());
            const double error = relativeError(gradient, readTensor(expected, info.name));
            QVERIFY2(error < 1e-4, qPrintable(QString("%1: %2").arg(info.name.c_str()).arg(error)));
            ++compared;
        }
        QCOMPARE(compared, 10);
    }

    void goldenLossesOfGoldenLogits() {
        if (!std::filesystem::exists(golden / "tiny-p16.loss.safetensors")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the golden tensors are not beside the project");
        }
        const auto inputs = tensorfile::SafetensorsReader::open(golden / "tiny-p16.io.safetensors").value();
        const auto expected = tensorfile::SafetensorsReader::open(golden / "tiny-p16.loss.safetensors").value();
        const auto terms =
            training::alignmentLosses(readTensor(inputs, "sequence_logits"), readTensor(inputs, "conv_logits"),
                                      readTensor(inputs, "feature_lengths"), readTensor(expected, "labels"),
                                      readTensor(expected, "label_lengths"), {});
        QVERIFY(relativeError(terms.sequenceCtc, readTensor(expected, "loss_sequence_ctc")) < 1e-5);
        QVERIFY(relativeError(terms.convCtc, readTensor(expected, "loss_conv_ctc")) < 1e-5);
        QVERIFY(relativeError(terms.distillation, readTensor(expected, "loss_distillation")) < 1e-5);
        QVERIFY(relativeError(terms.total, readTensor(expected, "loss_total")) < 1e-5);
    }

    void goldenTrainedParameters() {
        if (!std::filesystem::exists(golden / "tiny-p16.loss.safetensors")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the golden tensors are not beside the project");
        }
        const auto expected = tensorfile::SafetensorsReader::open(golden / "tiny-p16.loss.safetensors").value();
        const QJsonArray names =
            QJsonDocument::fromJson(QByteArray::fromStdString(expected.metadata().at("trained_parameters"))).array();
        std::set<std::string> wanted;
        for (const auto& name : names) {
            wanted.insert(name.toString().toStdString());
        }
        model::AdaptSign network = model::loadAdaptSign(golden / "tiny-p16.safetensors").value();
        std::set<std::string> actual;
        for (const auto& parameter : training::applyFreezeRule(*network, false)) {
            actual.insert(parameter.name);
        }
        QVERIFY(actual == wanted);
        std::set<std::string> withQuery = wanted;
        withQuery.insert("conv2d.visual.transformer.query");
        actual.clear();
        for (const auto& parameter : training::applyFreezeRule(*network, true)) {
            actual.insert(parameter.name);
        }
        QVERIFY(actual == withQuery);
    }

    void freezeRuleByName() {
        using training::isTrained;
        QVERIFY(!isTrained("conv2d.visual.transformer.resblocks.0.attn.in_proj_weight", false));
        QVERIFY(!isTrained("conv2d.visual.transformer.resblocks.0.mlp.c_proj.weight", false));
        QVERIFY(!isTrained("conv2d.visual.transformer.query", false));
        QVERIFY(isTrained("conv2d.visual.transformer.query", true));
        QVERIFY(isTrained("conv2d.visual.proj", false));
        QVERIFY(isTrained("conv2d.visual.ln_post_cls.bias", false));
        QVERIFY(isTrained("conv2d.visual.transformer.resblocks.0.MLP_Adapter.mlp.c_in.weight", false));
        QVERIFY(isTrained("temporal_model.rnn.weight_ih_l0", false));
    }

    void trainingPathEqualsNetwork() {
        model::AdaptSign network = smallNetwork();
        const auto trained = training::applyFreezeRule(*network, true);
        const Tensor images = torch::rand({11, 3, 64, 64}) * 2 - 1;
        const std::vector<std::int64_t> order = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 10};
        const Tensor frames = images.index_select(0, torch::tensor(order)).unsqueeze(0);
        const Tensor direction = torch::randn({static_cast<std::int64_t>(order.size()), 48});

        std::vector<Tensor> inputs;
        for (const auto& parameter : trained) {
            if (parameter.name.starts_with("conv2d.")) {
                inputs.push_back(parameter.value);
            }
        }
        const Tensor expected = network->encodeFrames(frames)[0];
        const auto expectedGradients = torch::autograd::grad({expected}, inputs, {direction});
        const Tensor actual = training::encodeClip(*network->visual, images, order);
        const auto gradients = torch::autograd::grad({actual}, inputs, {direction});
        QVERIFY(relativeError(actual, expected) < 1e-5);
        for (std::size_t index = 0; index < inputs.size(); ++index) {
            // The aggregation's key bias has no influence; its gradient is rounding noise on both paths.
            const double size = expectedGradients[index].norm().item<double>();
            const double error = (gradients[index] - expectedGradients[index]).norm().item<double>();
            QVERIFY2(error < 1e-4 * size + 1e-5, qPrintable(QString("%1 %2 %3").arg(index).arg(error).arg(size)));
        }
    }

    /// Blocks that run a second time for their gradients, and models without some modules, give what the network gives.
    void everySettingEqualsNetwork_data() {
        QTest::addColumn<QString>("modules");
        QTest::addColumn<bool>("forget");
        for (const bool forget : {false, true}) {
            const char* const name = forget ? "recomputed" : "kept";
            QTest::addRow("all, %s", name) << "adapters prefixes aggregation cross-frame" << forget;
            QTest::addRow("none, %s", name) << "" << forget;
            QTest::addRow("no aggregation, %s", name) << "adapters prefixes cross-frame" << forget;
            QTest::addRow("adapters, %s", name) << "adapters" << forget;
        }
    }
    void everySettingEqualsNetwork() {
        QFETCH(QString, modules);
        QFETCH(bool, forget);
        model::ModelConfig config = smallNetwork()->config();
        QVERIFY(model::applyModuleList(config, modules.toStdString()));
        model::AdaptSign network(config);
        std::vector<Tensor> inputs;
        {
            const torch::NoGradGuard noGrad;
            for (const auto& entry : network->named_parameters()) {
                const bool here = entry.key().starts_with("conv2d.") && !model::inAbsentModule(config, entry.key());
                if (here) {
                    entry.value().add_(torch::randn_like(entry.value()) * 0.05);
                    inputs.push_back(entry.value());
                }
            }
        }
        const Tensor images = torch::rand({11, 3, 64, 64}) * 2 - 1;
        const std::vector<std::int64_t> order = {0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 10};
        const Tensor frames = images.index_select(0, torch::tensor(order)).unsqueeze(0);
        const Tensor direction = torch::randn({static_cast<std::int64_t>(order.size()), 48});
        const Tensor expected = network->encodeFrames(frames)[0];
        const auto expectedGradients = torch::autograd::grad({expected}, inputs, {direction}, false, false, true);
        training::EncoderSettings settings;
        settings.adapters = config.adapters;
        settings.prefixes = config.prefix > 0;
        settings.aggregation = config.aggregation;
        settings.crossFrame = config.window > 0;
        settings.forget = forget;
        training::EncodedClip clip(*network->visual, settings, images, order);
        QVERIFY(relativeError(clip.features(), expected) < 1e-5);
        const auto gradients = clip.gradients(inputs, direction);
        for (std::size_t index = 0; index < inputs.size(); ++index) {
            const Tensor zero = torch::zeros_like(inputs[index]);
            const Tensor wanted = expectedGradients[index].defined() ? expectedGradients[index] : zero;
            const Tensor actual = gradients[index].defined() ? gradients[index] : zero;
            const double size = wanted.norm().item<double>();
            const double error = (actual - wanted).norm().item<double>();
            QVERIFY2(error < 1e-4 * size + 1e-4, qPrintable(QString("%1 %2 %3").arg(index).arg(error).arg(size)));
        }
    }

    void stillPathEqualsNetwork_data() {
        QTest::addColumn<bool>("otherBackbone");
        QTest::newRow("QuickGELU") << false;
        QTest::newRow("GELU and CLIP's normalisation") << true;
    }
    void stillPathEqualsNetwork() {
        QFETCH(bool, otherBackbone);
        model::AdaptSign network = smallNetwork(otherBackbone);
        for (auto& parameter : network->visual->parameters()) {
            parameter.set_requires_grad(true);
        }
        const Tensor images = torch::rand({5, 3, 64, 64}) * 2 - 1;
        const Tensor direction = torch::randn({5, 48});
        const std::vector<Tensor> inputs = {network->visual->conv1->weight,
                                            network->visual->positionalEmbedding,
                                            network->visual->transformer->blocks[0]->attn->inProjWeight,
                                            network->visual->transformer->blocks[1]->attn->inProjBias,
                                            network->visual->transformer->blocks[1]->mlp->in->weight,
                                            network->visual->proj};
        const Tensor expected = network->clipFeatures(images);
        const auto expectedGradients = torch::autograd::grad({expected}, inputs, {direction});
        const int patch = network->config().patch;
        const std::int64_t grid = 64 / patch;
        const Tensor patches =
            images.view({5, 3, grid, patch, grid, patch}).permute({0, 2, 4, 1, 3, 5}).reshape({5, grid * grid, -1});
        const Tensor positions = torch::arange(grid * grid).expand({5, -1});
        const Tensor actual = training::encodeStills(*network->visual, patches, positions, false).squeeze(1);
        const auto gradients = torch::autograd::grad({actual}, inputs, {direction});
        QVERIFY(relativeError(actual, expected) < 1e-5);
        for (std::size_t index = 0; index < inputs.size(); ++index) {
            QVERIFY(relativeError(gradients[index], expectedGradients[index]) < 1e-4);
        }
    }

    void equalCaptionsShareTheTarget() {
        const Tensor images = torch::eye(3);
        const Tensor scale = torch::full({}, 20.0);
        const Tensor same = torch::tensor({1, 1, 0, 1, 1, 0, 0, 0, 1}).view({3, 3}).to(torch::kBool);
        const Tensor captions = torch::stack({images[0], images[0], images[2]});
        const Tensor apart = torch::eye(3).to(torch::kBool);
        QVERIFY(training::contrastiveLoss(images, images, scale, apart).item<double>() < 1e-6);
        // Two equal captions cannot be told apart: as single targets they would cost log 2.
        const Tensor twins = torch::stack({images[0], images[0], images[2]});
        QVERIFY(std::abs(training::contrastiveLoss(twins, captions, scale, same).item<double>() -
                         2.0 / 3.0 * std::log(2.0)) < 1e-5);
    }
};

QTEST_GUILESS_MAIN(TestLosses)
#include "tst_losses.moc"
