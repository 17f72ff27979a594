// LibTorch comes first: Qt's `slots` is a word in its headers.
#include "model/adapt_sign.h"
#include "model/model_layout.h"

#define QT_NO_KEYWORDS
#include "peak_memory.h"
#include "random_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <set>

using namespace livegloss;
using namespace livegloss::model;

namespace {

ModelConfig smallConfig() {
    return test::RandomModel(0).config;
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

AdaptSign valueOf(Result<AdaptSign> network) {
    if (!network) {
        qFatal("%s", network.error().message.c_str());
    }
    return std::move(*network);
}

} // namespace

class TestAdaptSign : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(test::announcedSeed()); }

    /// A file under the released names, written independently of the network, fills every parameter and buffer.
    void loadsReleasedNames() {
        test::RandomModel random(7);
        QVERIFY(random.save(path()));
        const auto network = loadAdaptSign(path());
        QVERIFY2(network, network ? "" : network.error().message.c_str());
        QVERIFY(!(*network)->is_training());
        const auto reader = tensorfile::SafetensorsReader::open(path());
        std::set<std::string> names;
        for (const auto& [name, tensor] : namedTensors(*network)) {
            if (name == "classifier.weight") {
                continue;
            }
            names.insert(name);
            const auto* info = reader->find(name);
            QVERIFY2(info != nullptr, name.c_str());
            const auto values = reader->readFloats(name);
            const torch::Tensor flat = tensor.to(torch::kFloat32).flatten();
            QVERIFY2(std::equal(values->begin(), values->end(), flat.data_ptr<float>()), name.c_str());
        }
        QCOMPARE(names.size(), reader->tensors().size());
        QVERIFY(names.contains("conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_in.weight"));
        const auto parameters = (*network)->named_parameters();
        QVERIFY(parameters.contains("conv1d.fc.weight"));
        QVERIFY(!parameters.contains("classifier.weight"));
    }

    /// The list of tensors that an importer checks against is the list that the network has.
    void layoutIsTheNetworks_data() {
        QTest::addColumn<int>("convType");
        for (const int convType : {0, 2, 7}) {
            QTest::addRow("conv type %d", convType) << convType;
        }
    }
    void layoutIsTheNetworks() {
        QFETCH(int, convType);
        ModelConfig config = smallConfig();
        config.convType = convType;
        const AdaptSign network(config, 20);
        std::map<std::string, tensorfile::Shape> expected;
        for (const auto& [name, tensor] : namedTensors(network)) {
            if (name != "classifier.weight") {
                expected[name] = tensor.sizes().vec();
            }
        }
        std::map<std::string, tensorfile::Shape> actual;
        std::int64_t parameters = 0;
        for (const LayoutTensor& tensor : modelLayout(config, 20)) {
            QVERIFY2(actual.emplace(tensor.name, tensor.shape).second, tensor.name.c_str());
            parameters += tensor.statistic ? 0 : tensorfile::elementCount(tensor.shape);
        }
        QVERIFY(actual == expected);
        std::int64_t counted = 0;
        for (const PartCost& cost : partCosts(config, 20)) {
            counted += cost.parameters;
        }
        QCOMPARE(counted, parameters);
    }

    /// ViT-B/16's published size: 17.56 G multiplications of the image tower at 224 pixels, 85.8 M parameters.
    void costsOfTheUsualBackbone() {
        ModelConfig config;
        config.width = 768;
        config.layers = 12;
        config.heads = 12;
        config.patch = 16;
        config.resolution = 224;
        config.resize = 256;
        config.embedDim = 512;
        config.hidden = 1024;
        config.classes = 1296;
        const std::vector<PartCost> costs = partCosts(config, 192);
        const PartCost& backbone = costs[static_cast<std::size_t>(ModelPart::Backbone)];
        QVERIFY(backbone.part == ModelPart::Backbone);
        QVERIFY(std::abs(backbone.multiplicationsAsDrawn / 1e9 - 17.56) < 0.02);
        QVERIFY(std::abs(static_cast<double>(backbone.parameters) / 1e6 - 85.8) < 0.05);
        QCOMPARE(backbone.trained, std::int64_t{0});
    }

    void savedNetworkIsTheSame_data() {
        QTest::addColumn<int>("convType");
        for (int convType = 0; convType <= 9; ++convType) {
            QTest::addRow("conv type %d", convType) << convType;
        }
    }
    void savedNetworkIsTheSame() {
        QFETCH(int, convType);
        ModelConfig config = smallConfig();
        config.convType = convType;
        AdaptSign fresh(config, 5);
        fresh->eval();
        QVERIFY(saveAdaptSign(fresh, path(), tensorfile::DataType::F32, {{"note", "kept"}}));
        QCOMPARE(tensorfile::SafetensorsReader::open(path())->metadata().at("note"), std::string("kept"));
        auto loaded = loadAdaptSign(path());
        QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
        const torch::NoGradGuard guard;
        const int length = temporalLayout(convType).receptiveField + 3;
        const torch::Tensor frames = torch::rand({2, length, 3, 32, 32}) * 2 - 1;
        const torch::Tensor lengths = torch::tensor({length, length - 2}, torch::kInt64);
        const ForwardOutput expected = fresh->forward(frames, lengths);
        const ForwardOutput actual = (*loaded)->forward(frames, lengths);
        QVERIFY(torch::equal(actual.sequenceLogits, expected.sequenceLogits));
        QVERIFY(torch::equal(actual.convLogits, expected.convLogits));
        QCOMPARE(expected.sequenceLogits.size(0), std::int64_t(temporalSteps(convType, length)));

        QVERIFY(saveAdaptSign(fresh, path(), tensorfile::DataType::F16));
        auto halves = loadAdaptSign(path());
        QVERIFY(halves);
        QVERIFY(difference((*halves)->forward(frames, lengths).frameFeatures, expected.frameFeatures) < 1e-2);
    }

    /// At the start the adapters change nothing, and the plain path is the image tower that CLIP has.
    void freshNetworkStartsAsClip() {
        const torch::NoGradGuard guard;
        ModelConfig config = smallConfig();
        config.prefix = 0;
        AdaptSign network(config);
        network->eval();
        network->visual->adaWeight.copy_(torch::tensor({1.0, 0.0}));
        const torch::Tensor images = torch::rand({5, 3, 32, 32}) * 2 - 1;
        const torch::Tensor plain = network->clipFeatures(images);
        QCOMPARE(plain.sizes().vec(), (std::vector<std::int64_t>{5, config.embedDim}));
        QVERIFY(difference(network->encodeFrames(images.unsqueeze(0)).squeeze(0), plain) < 1e-5);
    }

    void gradientsReachWhatTheyShould() {
        AdaptSign network(smallConfig());
        const torch::Tensor frames = torch::rand({1, 16, 3, 32, 32}) * 2 - 1;
        const ForwardOutput output = network->forward(frames, torch::tensor({16}, torch::kInt64));
        (output.sequenceLogits.sum() + output.convLogits.square().sum()).backward();
        for (const auto& entry : network->named_parameters()) {
            QVERIFY2(entry.value().grad().defined(), entry.key().c_str());
        }
        network->zero_grad();
        for (auto& parameter : network->parameters()) {
            parameter.mutable_grad() = torch::Tensor();
        }
        network->clipFeatures(frames[0]).square().sum().backward();
        const auto parameters = network->named_parameters();
        QVERIFY(parameters["conv2d.visual.conv1.weight"].grad().abs().sum().item<float>() > 0.0F);
        QVERIFY(!parameters["conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_out.weight"].grad().defined());
        QVERIFY(!parameters["conv2d.visual.transformer.resblocks.0.prefix_embedding_k"].grad().defined());
    }

    void trainModeActsOnBatchNormAndDropout() {
        const torch::NoGradGuard guard;
        AdaptSign network(smallConfig());
        network->train();
        const torch::Tensor features = torch::randn({2, 24, network->config().embedDim});
        const torch::Tensor lengths = torch::tensor({24, 24}, torch::kInt64);
        const auto buffers = network->named_buffers();
        const torch::Tensor before = buffers["conv1d.temporal_conv.1.running_mean"].clone();
        const torch::Tensor first = network->recognise(features, lengths).sequenceLogits;
        const torch::Tensor second = network->recognise(features, lengths).sequenceLogits;
        QVERIFY(!torch::equal(first, second));
        QVERIFY(!torch::equal(before, buffers["conv1d.temporal_conv.1.running_mean"]));
        network->eval();
        QVERIFY(torch::equal(network->recognise(features, lengths).sequenceLogits,
                             network->recognise(features, lengths).sequenceLogits));
    }

    /// A backbone that wants CLIP's normalisation sees frames in [-1, 1] as one that takes them as they are sees them
    /// normalised beforehand.
    void normalisationIsApplied() {
        test::RandomModel random(3);
        QVERIFY(random.save(path()));
        AdaptSign plain = valueOf(loadAdaptSign(path()));
        random = test::RandomModel(3);
        random.config.normalisation = clipNormalisation;
        QVERIFY(random.save(path()));
        AdaptSign clip = valueOf(loadAdaptSign(path()));
        const torch::Tensor frames = torch::rand({1, 3, 3, 32, 32}) * 2 - 1;
        const auto channels = [](const std::array<double, 3>& values) {
            return torch::tensor({values[0], values[1], values[2]}, torch::kFloat32).view({3, 1, 1});
        };
        const torch::Tensor normalised =
            ((frames + 1) / 2 - channels(clipNormalisation.mean)) / channels(clipNormalisation.deviation);
        const torch::NoGradGuard guard;
        QVERIFY(difference(clip->encodeFrames(frames), plain->encodeFrames(normalised)) < 1e-5);
        QVERIFY(difference(clip->encodeFrames(frames), plain->encodeFrames(frames)) > 1e-3);
    }

    void activationIsTheBackbonesAlone() {
        const torch::Tensor x = torch::randn({4, 8}) * 2;
        TwoLayer quick("a", "b", 8, 8);
        TwoLayer gelu("a", "b", 8, 8, Activation::Gelu);
        const torch::NoGradGuard guard;
        gelu->in->weight.copy_(quick->in->weight);
        gelu->in->bias.copy_(quick->in->bias);
        const torch::Tensor inner = gelu->in->forward(x);
        const torch::Tensor expected = gelu->out->forward(0.5 * inner * (1 + torch::erf(inner / std::sqrt(2.0))));
        QVERIFY(difference(gelu->forward(x), expected) < 1e-5);
        ModelConfig config = smallConfig();
        config.activation = Activation::Gelu;
        const AdaptSign network(config);
        const auto& block = network->visual->transformer->blocks[0];
        QVERIFY(block->mlp->activation == Activation::Gelu);
        QVERIFY(block->spatialAdapter->mlp->activation == Activation::QuickGelu);
        QVERIFY(network->visual->transformer->aggregations[0]->mlp->activation == Activation::QuickGelu);
    }

    void sequencesTooShortAreRefused() {
        AdaptSign network(smallConfig());
        const torch::Tensor features = torch::randn({1, 15, network->config().embedDim});
        QVERIFY_EXCEPTION_THROWN(network->recognise(features, torch::tensor({15}, torch::kInt64)),
                                 std::invalid_argument);
        ModelConfig wrong = smallConfig();
        wrong.width = 65;
        QVERIFY_EXCEPTION_THROWN(AdaptSign{wrong}, std::invalid_argument);
    }

    void damagedModelsAreNamed_data() {
        QTest::addColumn<QString>("drop");
        QTest::addColumn<QString>("reshape");
        QTest::addColumn<QStringList>("message");
        QTest::newRow("missing tensor") << "conv2d.visual.ln_post.bias"
                                        << "" << QStringList{"lacks", "'conv2d.visual.ln_post.bias'"};
        QTest::newRow("missing block weight") << "conv2d.visual.transformer.aggblocks.1.mlp.c_fc.weight"
                                              << "" << QStringList{"lacks", "aggblocks.1.mlp.c_fc.weight"};
        QTest::newRow("wrong shape") << ""
                                     << "conv2d.visual.transformer.resblocks.1.ln_2.weight"
                                     << QStringList{"resblocks.1.ln_2.weight", "[3]", "[64]"};
        QTest::newRow("two classifiers") << ""
                                         << "classifier.weight" << QStringList{"classifier.weight", "[3]"};
    }
    void damagedModelsAreNamed() {
        QFETCH(QString, drop);
        QFETCH(QString, reshape);
        QFETCH(QStringList, message);
        AdaptSign fresh(smallConfig());
        const torch::NoGradGuard guard;
        tensorfile::SafetensorsWriter writer;
        for (const auto& [name, tensor] : namedTensors(fresh)) {
            if (name == reshape.toStdString()) {
                writer.addFloats(name, {3}, std::vector<float>(3));
            } else if (name != drop.toStdString()) {
                const torch::Tensor values = tensor.to(torch::kFloat32).contiguous();
                writer.addFloats(name, values.sizes().vec(),
                                 {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
            }
        }
        QVERIFY(writer.save(path()));
        auto loaded = loadAdaptSign(path());
        QVERIFY(!loaded);
        const QString text = QString::fromStdString(loaded.error().message);
        for (const QString& part : message) {
            QVERIFY2(text.contains(part), qPrintable(text));
        }
    }

    /// Tensors without elements cost a file nothing, whatever sizes they claim: no network is built for them.
    void claimedSizesTakeNoMemory() {
        tensorfile::SafetensorsWriter writer;
        const std::vector<float> nothing;
        const std::string visual = "conv2d.visual.";
        const std::string blocks = visual + "transformer.resblocks.";
        writer.addFloats(visual + "conv1.weight", {2048, 0, 16, 16}, nothing);
        writer.addFloats(visual + "positional_embedding", {197, 0}, nothing);
        writer.addFloats(visual + "proj", {0, 512}, nothing);
        writer.addFloats(blocks + "0.prefix_embedding_k", {8, 1, 0}, nothing);
        writer.addFloats(blocks + "0.S_Adapter.mlp.c_in.weight", {512, 0}, nothing);
        for (int layer = 0; layer < 12; ++layer) {
            writer.addFloats(blocks + std::to_string(layer) + ".ln_1.weight", {0}, nothing);
        }
        writer.addFloats("conv1d.temporal_conv.0.weight", {0, 0, 5}, nothing);
        writer.addFloats("conv1d.temporal_conv.4.weight", {0, 0, 5}, nothing);
        const std::vector<float> classifier(std::size_t{1024} * 100);
        writer.addFloats("conv1d.fc.weight", {1024, 100}, classifier);
        QVERIFY(writer.save(path()));
        const testfiles::PeakMemory memory;
        const auto loaded = loadAdaptSign(path());
        QVERIFY(!loaded);
        QVERIFY2(memory.growth() < (64 << 20), QByteArray::number(qint64(memory.growth())));
        const QString text = QString::fromStdString(loaded.error().message);
        QVERIFY2(text.contains("lacks the tensor 'conv2d.visual.class_embedding'"), qPrintable(text));
    }

    void eitherClassifierNameWillDo() {
        test::RandomModel random(3);
        QVERIFY(random.save(path()));
        const auto reader = tensorfile::SafetensorsReader::open(path());
        tensorfile::SafetensorsWriter renamed;
        tensorfile::SafetensorsWriter both;
        for (const auto& tensor : reader->tensors()) {
            if (tensor.type != tensorfile::DataType::F32) { // batch norm's counters
                const auto counter = reader->readIntegers(tensor.name);
                renamed.addIntegers(tensor.name, tensor.shape, *counter);
                both.addIntegers(tensor.name, tensor.shape, *counter);
                continue;
            }
            const auto values = reader->readFloats(tensor.name);
            const bool classifier = tensor.name == "conv1d.fc.weight";
            renamed.addFloats(classifier ? "classifier.weight" : tensor.name, tensor.shape, *values);
            both.addFloats(tensor.name, tensor.shape, *values);
            if (classifier) {
                std::vector<float> other = *values;
                other[0] += 1.0F;
                both.addFloats("classifier.weight", tensor.shape, other);
            }
        }
        QVERIFY(renamed.save(path()));
        const auto single = loadAdaptSign(path());
        QVERIFY2(single, single ? "" : single.error().message.c_str());
        QVERIFY(both.save(path()));
        const auto differing = loadAdaptSign(path());
        QVERIFY(!differing);
        QVERIFY(QString::fromStdString(differing.error().message).contains("differ"));
    }

    /// A model with other glosses and fewer modules gives what it has.
    void startsFromWhatAModelHas() {
        test::RandomModel random(test::announcedSeed());
        random.config.adapters = false;
        random.config.prefix = 0;
        random.config.vocabulary = {"", "A", "B", "C", "D", "E"};
        QVERIFY(random.save(path()));
        const AdaptSign source = valueOf(loadAdaptSign(path()));
        ModelConfig wanted = smallConfig();
        wanted.vocabulary = {"", "E", "NEW", "B"};
        wanted.classes = 4;
        AdaptSign network(wanted, random.adapterWidth);
        const torch::Tensor fresh = network->conv1d->fc->weight.clone();
        const auto lacking = loadWhatFits(network, path());
        QVERIFY2(lacking, lacking ? "" : lacking.error().message.c_str());
        // Two blocks: two adapters of four tensors each and two prefixes.
        QCOMPARE(lacking->size(), std::size_t{20});
        for (const std::string& name : *lacking) {
            QVERIFY2(name.find("Adapter") != std::string::npos || name.find("prefix") != std::string::npos,
                     name.c_str());
        }
        const auto has = [&](std::int64_t label, const torch::Tensor& weights, std::int64_t of) {
            return torch::equal(network->conv1d->fc->weight.select(1, label), weights.select(1, of));
        };
        const torch::Tensor& known = source->conv1d->fc->weight;
        QVERIFY(has(0, known, 0) && has(1, known, 5) && has(2, fresh, 2) && has(3, known, 2));
        QVERIFY(torch::equal(network->visual->conv1->weight, source->visual->conv1->weight));
        QVERIFY(torch::equal(network->rnn->parameters().front(), source->rnn->parameters().front()));

        wanted.hidden = 32;
        AdaptSign wider(wanted, random.adapterWidth);
        const auto refused = loadWhatFits(wider, path());
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.find("has the shape") != std::string::npos, refused.error().message.c_str());
        wanted = smallConfig();
        wanted.classes = 4;
        AdaptSign numbered(wanted, random.adapterWidth);
        QVERIFY(!loadWhatFits(numbered, path()));
    }

private:
    std::filesystem::path path() const { return folder_.filePath("network.safetensors").toStdString(); }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestAdaptSign)
#include "tst_adapt_sign.moc"
