#include "import_builders.h"

#include <limits>

using namespace livegloss;
using namespace livegloss::test;
using importing::ImportKind;

namespace {

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

void onlyTrainedParts(Change& tensor) {
    if (ofImageTower(tensor.name)) {
        tensor.name.clear();
    }
}

} // namespace

/// CLIP's image towers, alone and under trained parts.
class TestBackboneImport : public QObject, private ImportFixture {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        torch::manual_seed(1);
        makeModel();
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
};

QTEST_GUILESS_MAIN(TestBackboneImport)
#include "tst_backbone_import.moc"
