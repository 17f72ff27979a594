// LibTorch comes first: Qt's `slots` is a word in its headers.
#include "model/adapt_sign.h"

#define QT_NO_KEYWORDS
#include "importing/model_import.h"
#include "model/model_layout.h"
#include "random_model.h"
#include "tensorfile/tensor_source.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>
#include <limits>

using namespace livegloss;
using importing::ImportKind;
using importing::ImportOptions;
using importing::ModelImport;
using tensorfile::DataType;

namespace {

template <class T>
T valueOf(Result<T> result) {
    if (!result) {
        qFatal("%s", result.error().message.c_str());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

struct Change {
    std::string name; ///< empty: leave the tensor out
    tensorfile::Shape shape;
    std::vector<float> values;
    DataType storeAs = DataType::F32;
};

/// Copies a model tensor by tensor, each as `change` wants it; metadata is left behind, as in a checkpoint.
void rewrite(const QString& from, const QString& to, const std::function<void(Change&)>& change,
             const std::vector<Change>& more = {}) {
    const auto reader = valueOf(tensorfile::SafetensorsReader::open(from.toStdString()));
    tensorfile::SafetensorsWriter writer;
    for (const tensorfile::TensorInfo& tensor : reader.tensors()) {
        if (tensor.type == DataType::I64) {
            const auto values = valueOf(reader.readIntegers(tensor.name));
            Change renamed{tensor.name, tensor.shape, {}, DataType::F32};
            change(renamed);
            if (!renamed.name.empty()) {
                writer.addIntegers(renamed.name, tensor.shape, values);
            }
            continue;
        }
        Change changed{tensor.name, tensor.shape, valueOf(reader.readFloats(tensor.name)), DataType::F32};
        change(changed);
        if (!changed.name.empty()) {
            writer.addFloats(changed.name, changed.shape, changed.values, changed.storeAs);
        }
    }
    for (const Change& tensor : more) {
        writer.addFloats(tensor.name, tensor.shape, tensor.values, tensor.storeAs);
    }
    valueOf(writer.save(to.toStdString()));
}

bool ofImageTower(const std::string& name) {
    for (const char* part : {"Adapter", "prefix_embedding", "aggblocks", "taggblocks", "ada_weight", "query",
                             "ln_post_cls", "conv1d.", "temporal_model", "classifier"}) {
        if (name.find(part) != std::string::npos) {
            return false;
        }
    }
    return true;
}

/// As OpenAI's and open_clip's files name it: without `conv2d.`, nothing of AdaptSign.
void asClip(Change& tensor) {
    tensor.name = ofImageTower(tensor.name) ? tensor.name.substr(std::string("conv2d.").size()) : std::string();
}

/// As HuggingFace's files name and shape a CLIP model.
void writeHuggingFace(const QString& clip, const QString& to, const std::string& before = {}) {
    const auto reader = valueOf(tensorfile::SafetensorsReader::open(clip.toStdString()));
    tensorfile::SafetensorsWriter writer;
    writer.setMetadata("format", "pt");
    const auto add = [&](const std::string& name, const tensorfile::Shape& shape, std::span<const float> values) {
        writer.addFloats(before + name, shape, values);
    };
    const std::vector<std::pair<std::string, std::string>> words{
        {"visual.transformer.resblocks.", "vision_model.encoder.layers."},
        {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
        {"visual.conv1.", "vision_model.embeddings.patch_embedding."},
        {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
        {"visual.ln_pre.", "vision_model.pre_layrnorm."},
        {"visual.ln_post.", "vision_model.post_layernorm."},
        {"attn.out_proj.", "self_attn.out_proj."},
        {"ln_1.", "layer_norm1."},
        {"ln_2.", "layer_norm2."},
        {"mlp.c_fc.", "mlp.fc1."},
        {"mlp.c_proj.", "mlp.fc2."}};
    for (const tensorfile::TensorInfo& tensor : reader.tensors()) {
        const std::vector<float> values = valueOf(reader.readFloats(tensor.name));
        std::string name = tensor.name;
        for (const auto& [ours, theirs] : words) {
            if (const auto at = name.find(ours); at != std::string::npos) {
                name.replace(at, ours.size(), theirs);
            }
        }
        if (name == "visual.proj") {
            std::vector<float> turned(values.size());
            const auto rows = static_cast<std::size_t>(tensor.shape[0]);
            const auto columns = static_cast<std::size_t>(tensor.shape[1]);
            for (std::size_t i = 0; i < values.size(); ++i) {
                turned[(i % columns) * rows + i / columns] = values[i];
            }
            add("visual_projection.weight", {tensor.shape[1], tensor.shape[0]}, turned);
        } else if (const auto at = name.find("attn.in_proj_"); at != std::string::npos) {
            tensorfile::Shape shape = tensor.shape;
            shape[0] /= 3;
            const std::string kind = name.substr(at + std::string("attn.in_proj_").size());
            const std::size_t third = values.size() / 3;
            for (const std::size_t part : {std::size_t(1), std::size_t(2), std::size_t(0)}) { // k, v, q, as sorted
                const std::string letter(1, "qkv"[part]);
                add(name.substr(0, at) + "self_attn." + letter + "_proj." + kind, shape,
                    std::span(values).subspan(part * third, third));
            }
        } else {
            add(name, tensor.shape, values);
        }
    }
    writer.addIntegers(before + "vision_model.embeddings.position_ids", {1, 2}, std::vector<std::int64_t>{0, 1});
    const std::vector<float> one(1);
    add("text_model.final_layer_norm.bias", {1}, one);
    add("text_projection.weight", {1}, one);
    add("logit_scale", {1}, one);
    valueOf(writer.save(to.toStdString()));
}

/// The same tensors, with this metadata only.
void describe(const QString& from, const QString& to, const tensorfile::Metadata& metadata) {
    const auto reader = valueOf(tensorfile::SafetensorsReader::open(from.toStdString()));
    tensorfile::SafetensorsWriter writer;
    for (const auto& [key, value] : metadata) {
        writer.setMetadata(key, value);
    }
    for (const tensorfile::TensorInfo& tensor : reader.tensors()) {
        if (tensor.type == DataType::I64) {
            writer.addIntegers(tensor.name, tensor.shape, valueOf(reader.readIntegers(tensor.name)));
        } else {
            writer.addFloats(tensor.name, tensor.shape, valueOf(reader.readFloats(tensor.name)));
        }
    }
    valueOf(writer.save(to.toStdString()));
}

void onlyTrainedParts(Change& tensor) {
    if (ofImageTower(tensor.name)) {
        tensor.name.clear();
    }
}

Change zeros(std::string name, tensorfile::Shape shape) {
    std::vector<float> values(static_cast<std::size_t>(tensorfile::elementCount(shape)));
    return {std::move(name), std::move(shape), std::move(values), DataType::F32};
}

bool mentions(const std::vector<importing::Remark>& remarks, const char* what) {
    return std::any_of(remarks.begin(), remarks.end(), [what](const importing::Remark& remark) {
        return importing::remarkText(remark).find(what) != std::string::npos;
    });
}

void compareTensors(const QString& a, const QString& b) {
    const auto first = valueOf(tensorfile::SafetensorsReader::open(a.toStdString()));
    const auto second = valueOf(tensorfile::SafetensorsReader::open(b.toStdString()));
    QCOMPARE(first.tensors().size(), second.tensors().size());
    for (const tensorfile::TensorInfo& tensor : first.tensors()) {
        const tensorfile::TensorInfo* other = second.find(tensor.name);
        QVERIFY2(other != nullptr, tensor.name.c_str());
        QCOMPARE(other->shape, tensor.shape);
        QVERIFY2(valueOf(first.readFloats(tensor.name)) == valueOf(second.readFloats(tensor.name)),
                 tensor.name.c_str());
    }
}

} // namespace

class TestModelImport : public QObject {
    Q_OBJECT

private:
    QTemporaryDir folder_;
    QString model_; ///< an AdaptSign file with random weights

    QString at(const char* name) const { return folder_.filePath(QString::fromUtf8(name)); }
    ImportOptions from(const QString& checkpoint) const {
        ImportOptions options;
        options.checkpoint = checkpoint.toStdString();
        return options;
    }
    QString glossList(int count) const {
        const QString path = at("list.txt");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly)) {
            qFatal("cannot write the list");
        }
        for (int i = 1; i <= count; ++i) {
            file.write("GLOSS-" + QByteArray::number(i) + '\n');
        }
        return path;
    }
    /// An AdaptSign model on the tower of `backbone`, run on a few frames: finite logits.
    static void runs(const QString& path, int classes) {
        auto network = valueOf(model::loadAdaptSign(path.toStdString()));
        const torch::NoGradGuard guard;
        const int side = network->config().resolution;
        const torch::Tensor frames = torch::rand({1, 20, 3, side, side}) * 2 - 1;
        const auto output = network->forward(frames, torch::tensor({20}, torch::kInt64));
        QCOMPARE(output.sequenceLogits.size(2), static_cast<std::int64_t>(classes));
        QVERIFY(torch::isfinite(output.sequenceLogits).all().item<bool>());
    }

private Q_SLOTS:
    void initTestCase() {
        torch::manual_seed(1);
        test::RandomModel random(test::announcedSeed());
        random.withMetadata = false;
        model_ = at("model.safetensors");
        valueOf(random.save(model_.toStdString()));
    }

    void referenceCheckpointGivesReferenceTensors() {
        const QDir golden(QStringLiteral(LIVEGLOSS_SHARED_DIR "/golden"));
        if (!golden.exists("tiny-p16.pt")) {
            QSKIP("the reference data is not here");
        }
        ImportOptions options = from(golden.filePath("tiny-p16.pt"));
        options.glosses = glossList(20).toStdString();
        options.name = "Tiny";
        options.signLanguage = "DGS";
        options.licence = "none";
        options.fps = 30.0;
        const ModelImport import = valueOf(ModelImport::open(options));
        QVERIFY(import.preview().kind == ImportKind::Recogniser);
        QCOMPARE(import.preview().problems.size(), 0U);
        QVERIFY(import.preview().epoch.has_value());
        const QString output = at("tiny.safetensors");
        valueOf(import.write(output.toStdString()));
        compareTensors(golden.filePath("tiny-p16.safetensors"), output);
        const auto config =
            valueOf(model::readModelConfig(valueOf(tensorfile::SafetensorsReader::open(output.toStdString()))));
        QCOMPARE(config.name, std::string("Tiny"));
        QCOMPARE(config.signLanguage, std::string("DGS"));
        QCOMPARE(config.licence, std::string("none"));
        QCOMPARE(config.fps, 30.0);
        QCOMPARE(config.vocabulary.at(20), std::string("GLOSS-20"));
        QVERIFY(config.card.find("tiny-p16.pt") != std::string::npos);
    }

    void marksOfParallelTrainingAreDropped_data() {
        QTest::addColumn<QString>("start");
        QTest::addColumn<QString>("inside");
        QTest::newRow("module. in front") << "module."
                                          << "";
        QTest::newRow("model. in front") << "model."
                                         << "";
        QTest::newRow("model.module. in front") << "model.module."
                                                << "";
        QTest::newRow("inside") << ""
                                << "module.";
    }
    void marksOfParallelTrainingAreDropped() {
        QFETCH(QString, start);
        QFETCH(QString, inside);
        const QString checkpoint = at("parallel.safetensors");
        rewrite(model_, checkpoint, [&](Change& tensor) {
            tensor.name.insert(tensor.name.find('.') + 1, inside.toStdString());
            tensor.name.insert(0, start.toStdString());
        });
        valueOf(valueOf(ModelImport::open(from(checkpoint))).write(at("out.safetensors").toStdString()));
        compareTensors(model_, at("out.safetensors"));
    }

    void oneNameMeantTwiceIsRefused() {
        const QString checkpoint = at("twice.safetensors");
        rewrite(model_, checkpoint, [](Change&) {}, {zeros("module.conv2d.visual.ada_weight", {2})});
        const auto import = ModelImport::open(from(checkpoint));
        QVERIFY(!import);
        QVERIFY2(import.error().message.find("both mean") != std::string::npos, import.error().message.c_str());
    }

    void halfPrecisionStays() {
        const QString checkpoint = at("half.safetensors");
        rewrite(model_, checkpoint, [](Change& tensor) { tensor.storeAs = DataType::F16; });
        valueOf(valueOf(ModelImport::open(from(checkpoint))).write(at("out.safetensors").toStdString()));
        compareTensors(checkpoint, at("out.safetensors"));
        const auto out = valueOf(tensorfile::SafetensorsReader::open(at("out.safetensors").toStdString()));
        QVERIFY(out.find("conv2d.visual.proj")->type == DataType::F16);
        runs(at("out.safetensors"), 6);
    }

    void glossesHaveToFitTheClasses() {
        ImportOptions options = from(model_);
        options.glosses = glossList(4).toStdString();
        const ModelImport import = valueOf(ModelImport::open(options));
        QVERIFY(mentions(import.preview().problems, "has 4 glosses, but the model knows 5"));
        const auto written = import.write(at("never.safetensors").toStdString());
        QVERIFY(!written);
        QVERIFY(!QFile::exists(at("never.safetensors")));
    }

    void withoutGlossesNumbersAreAnnounced() {
        QVERIFY(mentions(valueOf(ModelImport::open(from(model_))).preview().warnings, "shown as numbers"));
    }

    void missingAndMisshapenTensorsAreProblems() {
        const QString checkpoint = at("damaged.safetensors");
        rewrite(model_, checkpoint, [](Change& tensor) {
            if (tensor.name.ends_with("resblocks.1.ln_2.bias")) {
                tensor.name.clear();
            } else if (tensor.name.ends_with("resblocks.0.ln_2.bias")) {
                tensor.shape = {static_cast<std::int64_t>(tensor.values.size()), 1};
            }
        });
        const ModelImport import = valueOf(ModelImport::open(from(checkpoint)));
        QVERIFY(mentions(import.preview().problems, "resblocks.1.ln_2.bias"));
        QVERIFY(mentions(import.preview().problems, "has the shape [64, 1]"));
        QVERIFY(!mentions(import.preview().problems, "Others like it"));
        QVERIFY(!import.write(at("never.safetensors").toStdString()));
    }

    void weightsThatAreNotNumbersAreRefused() {
        const QString checkpoint = at("nan.safetensors");
        rewrite(model_, checkpoint, [](Change& tensor) {
            if (tensor.name == "conv2d.visual.proj") {
                tensor.values[3] = std::numeric_limits<float>::quiet_NaN();
            }
        });
        const auto written = valueOf(ModelImport::open(from(checkpoint))).write(at("never.safetensors").toStdString());
        QVERIFY(!written);
        QVERIFY(written.error().message.find("conv2d.visual.proj") != std::string::npos);
        QVERIFY(!QFile::exists(at("never.safetensors")));
    }

    void cancellingLeavesNothing() {
        const ModelImport import = valueOf(ModelImport::open(from(model_)));
        int calls = 0;
        const auto written =
            import.write(at("never.safetensors").toStdString(), [&calls](double) { return ++calls < 5; });
        QVERIFY(!written);
        QVERIFY(written.error().code == ErrorCode::Cancelled);
        QCOMPARE(QDir(folder_.path()).entryList({"never*"}).size(), 0);
    }

    /// Writing the file takes long, too: it is left when asked, up to the moment before it gets its name.
    void cancellingStopsTheWriting_data() {
        QTest::addColumn<double>("share");
        QTest::newRow("amid the tensors") << 0.8;
        QTest::newRow("before the rename") << 1.0;
    }
    void cancellingStopsTheWriting() {
        QFETCH(double, share);
        const ModelImport import = valueOf(ModelImport::open(from(model_)));
        double last = 0.0;
        int after = 0;
        const auto written = import.write(at("never.safetensors").toStdString(), [&](double reached) {
            after += last >= share ? 1 : 0;
            last = reached;
            return reached < share;
        });
        QVERIFY(!written);
        QVERIFY(written.error().code == ErrorCode::Cancelled);
        QVERIFY(last >= share);
        QCOMPARE(after, 0);
        QCOMPARE(QDir(folder_.path()).entryList({"never*"}).size(), 0);
    }

    void progressRises() {
        double last = -1.0;
        bool rises = true;
        valueOf(valueOf(ModelImport::open(from(model_))).write(at("out.safetensors").toStdString(), [&](double share) {
            rises = rises && share >= last;
            last = share;
            return true;
        }));
        QVERIFY(rises);
        QCOMPARE(last, 1.0);
    }

    void theInputIsNeverOverwritten() {
        const auto written = valueOf(ModelImport::open(from(model_))).write(model_.toStdString());
        QVERIFY(!written);
        QVERIFY(written.error().code == ErrorCode::InvalidArgument);
        QVERIFY(!valueOf(ModelImport::open(from(model_))).write(at("model.pt").toStdString()));
    }

    void plainClipBecomesABackbone() {
        const QString clip = at("clip.safetensors");
        rewrite(model_, clip, asClip,
                {zeros("text_projection", {24, 24}), zeros("transformer.resblocks.0.ln_1.weight", {24}),
                 zeros("positional_embedding", {77, 24}), zeros("logit_scale", {}), zeros("input_resolution", {})});
        const ModelImport import = valueOf(ModelImport::open(from(clip)));
        QVERIFY(import.preview().kind == ImportKind::Backbone);
        QVERIFY(import.preview().config.normalisation == model::clipNormalisation);
        QVERIFY(mentions(import.preview().notes, "4 tensors of CLIP's text side"));
        const QString backbone = at("backbone.safetensors");
        valueOf(import.write(backbone.toStdString()));
        const auto loaded = model::loadAdaptSign(backbone.toStdString());
        QVERIFY(!loaded);
        QVERIFY2(loaded.error().message.find("backbone for training") != std::string::npos,
                 loaded.error().message.c_str());
        auto network = valueOf(model::loadAdaptSign(model_.toStdString()));
        const torch::NoGradGuard guard;
        const torch::Tensor before = network->visual->proj.clone();
        network->visual->proj.zero_();
        valueOf(model::loadBackbone(network, backbone.toStdString()));
        QVERIFY(torch::equal(network->visual->proj, before));
    }

    void backboneAndTrainedPartsJoin() {
        const QString clip = at("tower.safetensors");
        const QString parts = at("parts.safetensors");
        rewrite(model_, clip, asClip);
        rewrite(model_, parts, onlyTrainedParts);
        const auto alone = ModelImport::open(from(parts));
        QVERIFY(!alone);
        QVERIFY(alone.error().message.find("without their backbone") != std::string::npos);
        ImportOptions options = from(parts);
        options.backbone = clip.toStdString();
        valueOf(valueOf(ModelImport::open(options)).write(at("out.safetensors").toStdString()));
        compareTensors(model_, at("out.safetensors"));
        options = from(clip);
        options.backbone = parts.toStdString();
        QVERIFY(!ModelImport::open(options));
    }

    void anotherBackboneIsNamedOnce() {
        rewrite(model_, at("narrow.safetensors"), asClip);
        rewrite(at("narrow.safetensors"), at("wide.safetensors"), [](Change& tensor) {
            if (tensor.name.ends_with("ln_1.bias")) {
                tensor.values.insert(tensor.values.end(), 64, 0.5F);
                tensor.shape = {static_cast<std::int64_t>(tensor.values.size())};
            }
        });
        rewrite(model_, at("parts.safetensors"), onlyTrainedParts);
        ImportOptions options = from(at("parts.safetensors"));
        options.backbone = at("wide.safetensors").toStdString();
        const ModelImport import = valueOf(ModelImport::open(options));
        QCOMPARE(import.preview().problems.size(), std::size_t{2});
        QVERIFY(mentions(import.preview().problems, "'wide.safetensors' is not the backbone"));
        QVERIFY(mentions(import.preview().problems, "Others like it"));
    }

    void classifiersThatDifferAreRefusedWithAdvice() {
        const QString path = at("two.safetensors");
        Change second;
        rewrite(model_, at("unused.safetensors"), [&second](Change& tensor) {
            if (tensor.name == model::classifierName) {
                second = tensor;
            }
        });
        second.name = model::secondClassifierName;
        second.values.front() += 1.0F;
        rewrite(model_, path, [](Change&) {}, {second});
        const auto written = valueOf(ModelImport::open(from(path))).write(at("never.safetensors").toStdString());
        QVERIFY(!written);
        QVERIFY(written.error().message.find("two.safetensors") != std::string::npos);
        QVERIFY(!written.error().hint.empty());
    }

    /// What is missing of the trained parts never comes from another model, nor do its facts.
    void onlyTheTowerComesFromTheBackbone() {
        const QString parts = at("parts.safetensors");
        rewrite(model_, at("bare.safetensors"), [](Change& tensor) {
            onlyTrainedParts(tensor);
            if (tensor.name.ends_with("resblocks.1.S_Adapter.mlp.c_in.bias")) {
                tensor.name.clear();
            }
        });
        describe(at("bare.safetensors"), parts, {{"fps", "12.5"}});
        rewrite(model_, at("second.safetensors"), [](Change& tensor) {
            if (tensor.name == model::classifierName) {
                tensor.name = model::secondClassifierName; // comes before all other names
            }
        });
        describe(at("second.safetensors"), at("other.safetensors"), {{"fps", "30"}, {"licence", "of another"}});
        ImportOptions options = from(parts);
        options.backbone = at("other.safetensors").toStdString();
        const ModelImport import = valueOf(ModelImport::open(options));
        QVERIFY(mentions(import.preview().problems, "Missing: 1 tensor"));
        QVERIFY(mentions(import.preview().problems, "resblocks.1.S_Adapter.mlp.c_in.bias"));
        QCOMPARE(import.preview().config.fps, 12.5);
        QCOMPARE(import.preview().config.licence, std::string());
    }

    void aJoinedBackboneSaysItsActivation() {
        const QString clip = at("tower.safetensors");
        const QString parts = at("parts.safetensors");
        rewrite(model_, clip, asClip);
        rewrite(model_, parts, onlyTrainedParts);
        ImportOptions options = from(clip);
        options.activation = model::Activation::Gelu;
        valueOf(valueOf(ModelImport::open(options)).write(at("gelu.safetensors").toStdString()));

        options = from(parts);
        options.backbone = at("gelu.safetensors").toStdString();
        const ModelImport stated = valueOf(ModelImport::open(options));
        QVERIFY(stated.preview().config.activation == model::Activation::Gelu);
        QVERIFY(stated.preview().config.normalisation == model::plainNormalisation);
        QVERIFY(!mentions(stated.preview().warnings, "QuickGELU is assumed"));

        options.backbone = clip.toStdString();
        const ModelImport open = valueOf(ModelImport::open(options));
        QVERIFY(open.preview().config.activation == model::Activation::QuickGelu);
        QVERIFY(mentions(open.preview().warnings, "QuickGELU is assumed"));

        rewrite(model_, at("openai.safetensors"), asClip, {zeros("input_resolution", {})});
        options.backbone = at("openai.safetensors").toStdString();
        QVERIFY(!mentions(valueOf(ModelImport::open(options)).preview().warnings, "QuickGELU is assumed"));

        describe(parts, at("stated.safetensors"), {{"activation", "quick_gelu"}});
        options.checkpoint = at("stated.safetensors").toStdString();
        options.backbone = at("gelu.safetensors").toStdString();
        QVERIFY(valueOf(ModelImport::open(options)).preview().config.activation == model::Activation::QuickGelu);
    }

    void epochAndFirstSourceStay() {
        describe(model_, at("ours.safetensors"),
                 {{"format", "livegloss-1"}, {"epoch", "34"}, {"source", "best_model.pt"}});
        const ModelImport again = valueOf(ModelImport::open(from(at("ours.safetensors"))));
        QCOMPARE(again.preview().epoch, std::optional<std::int64_t>(34));
        valueOf(again.write(at("out.safetensors").toStdString()));
        const auto out = valueOf(tensorfile::SafetensorsReader::open(at("out.safetensors").toStdString()));
        QCOMPARE(out.metadata().at("epoch"), std::string("34"));
        QCOMPARE(out.metadata().at("source"), std::string("best_model.pt"));
        describe(model_, at("theirs.safetensors"), {{"format", "pt"}, {"source", "elsewhere"}, {"epoch", "late"}});
        const ModelImport foreign = valueOf(ModelImport::open(from(at("theirs.safetensors"))));
        QVERIFY(!foreign.preview().epoch);
        QCOMPARE(foreign.preview().source, std::string("theirs.safetensors"));
    }

    /// CLIP's towers in small: their patches, grids, width against features, and activation.
    void everyLayoutImportsAndRuns_data() {
        QTest::addColumn<int>("patch");
        QTest::addColumn<int>("grid");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("embed");
        QTest::addColumn<bool>("pooled");
        QTest::newRow("ViT-B/32") << 32 << 7 << 64 << 32 << false;
        QTest::newRow("ViT-B/16") << 16 << 14 << 64 << 32 << false;
        QTest::newRow("ViT-L/14") << 14 << 16 << 128 << 96 << false;
        QTest::newRow("ViT-L/14@336") << 14 << 24 << 128 << 96 << false;
        QTest::newRow("CoCa ViT-B/32") << 32 << 7 << 64 << 32 << true;
    }
    void everyLayoutImportsAndRuns() {
        QFETCH(int, patch);
        QFETCH(int, grid);
        QFETCH(int, width);
        QFETCH(int, embed);
        QFETCH(bool, pooled);
        test::RandomModel random(7);
        random.withMetadata = false;
        random.config.patch = patch;
        random.config.resolution = patch * grid;
        random.config.width = width;
        random.config.heads = width / 64;
        random.config.embedDim = embed;
        const QString whole = at("whole.safetensors");
        valueOf(random.save(whole.toStdString()));
        std::vector<Change> more;
        if (pooled) {
            more = {zeros("visual.attn_pool.query", {16, embed}), zeros("visual.attn_pool.ln_k.weight", {width}),
                    zeros("visual.ln_post.weight", {embed}),      zeros("visual.ln_post.bias", {embed}),
                    zeros("visual.proj", {embed, embed}),         zeros("text_decoder.ln_final.weight", {embed})};
        }
        const QString clip = at("tower.safetensors");
        rewrite(
            whole, clip,
            [pooled](Change& tensor) {
                asClip(tensor);
                if (pooled && (tensor.name == "visual.proj" || tensor.name.starts_with("visual.ln_post"))) {
                    tensor.name.clear();
                }
            },
            more);
        const ModelImport tower = valueOf(ModelImport::open(from(clip)));
        QVERIFY(tower.preview().problems.empty());
        const model::ModelConfig& config = tower.preview().config;
        QCOMPARE(config.patch, patch);
        QCOMPARE(config.resolution, patch * grid);
        QCOMPARE(config.width, width);
        QCOMPARE(config.embedDim, embed);
        QVERIFY(config.activation == (pooled ? model::Activation::Gelu : model::Activation::QuickGelu));
        QCOMPARE(mentions(tower.preview().notes, "attentional pooler"), pooled);
        const QString backbone = at("backbone.safetensors");
        valueOf(tower.write(backbone.toStdString()));

        // AdaptSign with this tower, its facts kept.
        auto network = valueOf(model::loadAdaptSign(whole.toStdString()));
        valueOf(model::loadBackbone(network, backbone.toStdString()));
        model::ModelConfig adapted = network->config();
        adapted.activation = config.activation;
        adapted.normalisation = config.normalisation;
        model::AdaptSign fresh(adapted, random.adapterWidth);
        valueOf(model::loadBackbone(fresh, backbone.toStdString()));
        fresh->eval();
        const QString out = at("out.safetensors");
        valueOf(model::saveAdaptSign(fresh, out.toStdString(), DataType::F32, {}));
        runs(out, 6);
    }

    /// CoCa's pooler lets a backbone go without its last norm and projection; a trained model never.
    void nothingOfATrainedModelIsInvented() {
        const QString checkpoint = at("pooled.safetensors");
        rewrite(model_, checkpoint,
                [](Change& tensor) {
                    if (tensor.name == "conv2d.visual.ada_weight" ||
                        tensor.name.starts_with("conv2d.visual.ln_post.")) {
                        tensor.name.clear();
                    }
                },
                {zeros("conv2d.visual.attn_pool.query", {16, 24})});
        const ModelImport import = valueOf(ModelImport::open(from(checkpoint)));
        QVERIFY(import.preview().kind == ImportKind::Recogniser);
        QVERIFY(mentions(import.preview().problems, "Missing: 3 tensors"));
        QVERIFY(!import.write(at("never.safetensors").toStdString()));
    }

    void aBackboneOfOursKeepsItsFacts() {
        const QString clip = at("tower.safetensors");
        rewrite(model_, clip, asClip);
        ImportOptions options = from(clip);
        options.normalisation = model::plainNormalisation;
        valueOf(valueOf(ModelImport::open(options)).write(at("once.safetensors").toStdString()));
        const ModelImport again = valueOf(ModelImport::open(from(at("once.safetensors"))));
        QVERIFY(again.preview().kind == ImportKind::Backbone);
        QVERIFY(again.preview().config.normalisation == model::plainNormalisation);
        QVERIFY(again.preview().warnings.empty());
    }

    void activationCanBeChosen() {
        const QString clip = at("tower.safetensors");
        rewrite(model_, clip, asClip);
        ImportOptions options = from(clip);
        QVERIFY(mentions(valueOf(ModelImport::open(options)).preview().warnings, "QuickGELU is assumed"));
        options.activation = model::Activation::Gelu;
        options.normalisation = model::plainNormalisation;
        valueOf(valueOf(ModelImport::open(options)).write(at("out.safetensors").toStdString()));
        const auto reader = valueOf(tensorfile::SafetensorsReader::open(at("out.safetensors").toStdString()));
        const auto config = valueOf(model::readBackboneConfig(model::shapeTable(reader)));
        QVERIFY(config.activation == model::Activation::Gelu);
        QVERIFY(config.normalisation == model::plainNormalisation);
    }

    /// The same tower from HuggingFace's layout, bare and inside of a larger model.
    void huggingFaceLayout_data() {
        QTest::addColumn<QString>("before");
        QTest::newRow("bare") << "";
        QTest::newRow("inside of a larger model") << "model.";
    }
    void huggingFaceLayout() {
        QFETCH(QString, before);
        const QString clip = at("tower.safetensors");
        rewrite(model_, clip, asClip);
        const QString theirs = at("theirs.safetensors");
        writeHuggingFace(clip, theirs, before.toStdString());
        valueOf(valueOf(ModelImport::open(from(clip))).write(at("a.safetensors").toStdString()));
        const ModelImport import = valueOf(ModelImport::open(from(theirs)));
        QVERIFY(import.preview().problems.empty());
        QVERIFY(import.preview().kind == ImportKind::Backbone);
        QVERIFY(mentions(import.preview().warnings, "QuickGELU is assumed"));
        QVERIFY(mentions(import.preview().notes, "text side"));
        valueOf(import.write(at("b.safetensors").toStdString()));
        compareTensors(at("a.safetensors"), at("b.safetensors"));
    }

    void huggingFaceWithoutValues() {
        const QString clip = at("tower.safetensors");
        rewrite(model_, clip, asClip);
        writeHuggingFace(clip, at("theirs.safetensors"));
        rewrite(at("theirs.safetensors"), at("cut.safetensors"), [](Change& tensor) {
            if (tensor.name == "vision_model.encoder.layers.1.self_attn.v_proj.weight") {
                tensor.name.clear();
            }
        });
        const ModelImport import = valueOf(ModelImport::open(from(at("cut.safetensors"))));
        QVERIFY(mentions(import.preview().problems, "conv2d.visual.transformer.resblocks.1.attn.in_proj_weight"));
        QVERIFY(!import.write(at("never.safetensors").toStdString()));
    }

    void strangersAreNamed_data() {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<QString>("says");
        QTest::newRow("timm") << "visual.trunk.blocks.0.norm1.weight"
                              << "its tower is one of timm's";
        QTest::newRow("half a tower") << "visual.proj"
                                      << "'visual.conv1.weight' is missing";
        QTest::newRow("other") << "backbone.stem.weight"
                               << "its first tensor is 'backbone.stem.weight'";
    }
    void strangersAreNamed() {
        QFETCH(QString, tensor);
        QFETCH(QString, says);
        tensorfile::SafetensorsWriter writer;
        const std::vector<float> values(4);
        writer.addFloats(tensor.toStdString(), {4}, values);
        valueOf(writer.save(at("stranger.safetensors").toStdString()));
        const auto import = ModelImport::open(from(at("stranger.safetensors")));
        QVERIFY(!import);
        QVERIFY2(import.error().message.find(says.toStdString()) != std::string::npos, import.error().message.c_str());
        QVERIFY(!import.error().hint.empty());
    }

    void factsOfALiveGlossModelStay() {
        test::RandomModel random(3);
        random.config.fps = 12.5;
        random.config.signLanguage = "ISL";
        random.config.activation = model::Activation::Gelu;
        valueOf(random.save(at("ours.safetensors").toStdString()));
        valueOf(valueOf(ModelImport::open(from(at("ours.safetensors")))).write(at("out.safetensors").toStdString()));
        const auto reader = valueOf(tensorfile::SafetensorsReader::open(at("out.safetensors").toStdString()));
        const auto config = valueOf(model::readModelConfig(reader));
        QCOMPARE(config.fps, 12.5);
        QCOMPARE(config.signLanguage, std::string("ISL"));
        QVERIFY(config.activation == model::Activation::Gelu);
    }
};

QTEST_GUILESS_MAIN(TestModelImport)
#include "tst_model_import.moc"
