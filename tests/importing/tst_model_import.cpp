#include "import_builders.h"
#include "reference_data.h"

#include <QDir>
#include <limits>

using namespace livegloss;
using namespace livegloss::test;
using importing::ImportKind;

/// Checkpoints of trained recognisers.
class TestModelImport : public QObject, private ImportFixture {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        torch::manual_seed(1);
        makeModel();
    }

    void referenceCheckpointGivesReferenceTensors() {
        const QDir golden(QStringLiteral(LIVEGLOSS_SHARED_DIR "/golden"));
        if (!golden.exists("tiny-p16.pt")) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the reference data is not here");
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

    /// The file says nothing of it: the language does, or the glosses, and a person has the last word.
    void theFrameRateIsThatOfTheDataSet() {
        const auto rate = [](const ImportOptions& options, const char* note) {
            const ModelImport import = valueOf(ModelImport::open(options));
            return note == nullptr || mentions(import.preview().notes, note) ? import.preview().config.fps : -1.0;
        };
        ImportOptions options = from(model_);
        QCOMPARE(rate(options, "25 per second"), 25.0);
        options.signLanguage = "CSL";
        QCOMPARE(rate(options, "30 per second"), 30.0);
        options.fps = 12.5;
        QCOMPARE(rate(options, nullptr), 12.5);
        options = from(model_);
        QFile list(at("chinese.txt"));
        QVERIFY(list.open(QIODevice::WriteOnly));
        list.write("我\n你\n今天\n明天\n1\n");
        list.close();
        options.glosses = at("chinese.txt").toStdString();
        QCOMPARE(rate(options, "30 per second"), 30.0);
        valueOf(valueOf(ModelImport::open(options)).write(at("chinese.safetensors").toStdString()));
        // A model that says its rate keeps it.
        options = from(at("chinese.safetensors"));
        options.signLanguage = "DGS";
        QCOMPARE(rate(options, nullptr), 30.0);
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
