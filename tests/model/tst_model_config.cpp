#include "comma_locale.h"
#include "model/model_config.h"
#include "model/model_layout.h"
#include "random_model.h"
#include "refusal_check.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace livegloss;
using namespace livegloss::model;

class TestModelConfig : public QObject {
    Q_OBJECT

private slots:
    void temporalLayouts_data() {
        QTest::addColumn<int>("convType");
        QTest::addColumn<int>("stride");
        QTest::addColumn<int>("receptiveField");
        QTest::addColumn<int>("leftPad");
        QTest::newRow("K3") << 0 << 1 << 3 << 1;
        QTest::newRow("K5 P2") << 1 << 2 << 6 << 2;
        QTest::newRow("K5 P2 K5 P2") << 2 << 4 << 16 << 6;
        QTest::newRow("K5 K5 P2") << 3 << 2 << 10 << 4;
        QTest::newRow("K5 K5") << 4 << 1 << 9 << 4;
        QTest::newRow("K5 P2 K5") << 5 << 2 << 14 << 6;
        QTest::newRow("P2 K5 K5") << 6 << 2 << 18 << 6;
        QTest::newRow("P2 K5 P2 K5") << 7 << 4 << 28 << 6;
        QTest::newRow("P2 P2 K5 K5") << 8 << 4 << 36 << 6;
        QTest::newRow("K5 P2 K5 again") << 9 << 2 << 14 << 6;
    }
    void temporalLayouts() {
        QFETCH(int, convType);
        QFETCH(int, stride);
        QFETCH(int, receptiveField);
        QFETCH(int, leftPad);
        const TemporalLayout layout = temporalLayout(convType);
        QCOMPARE(layout.stride, stride);
        QCOMPARE(layout.receptiveField, receptiveField);
        QCOMPARE(layout.leftPad, leftPad);
        QCOMPARE(temporalSteps(convType, receptiveField - 1), 0);
        for (int frames = receptiveField; frames < receptiveField + 60; ++frames) {
            QCOMPARE(temporalSteps(convType, frames), (frames - receptiveField) / stride + 1);
        }
        QCOMPARE(temporalSteps(convType, 0), 0);
        QCOMPARE(temporalSteps(convType, -5), 0);
    }

    void activationAndNormalisationComeBack() {
        test::RandomModel random(1);
        random.config.activation = Activation::Gelu;
        random.config.normalisation = clipNormalisation;
        const auto config = saveAndRead(random);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QVERIFY(config->activation == Activation::Gelu);
        QVERIFY(config->normalisation == clipNormalisation);
    }

    void unknownActivationIsRefused() {
        test::RandomModel random(1);
        random.extraMetadata = {{"activation", "mish"}};
        const auto config = saveAndRead(random);
        QVERIFY(!config);
        QVERIFY2(config.error().message.find("mish") != std::string::npos, config.error().message.c_str());
        random.extraMetadata = {{"input_mean", "[0.5, 0.5]"}};
        QVERIFY(!saveAndRead(random));
        random.extraMetadata = {{"input_deviation", "[0.5, 0, 0.5]"}};
        QVERIFY(!saveAndRead(random));
    }

    /// Sizes come from the shapes alone; the rest has defaults.
    void readsFilesWithoutMetadata() {
        test::RandomModel random(1);
        random.withMetadata = false;
        random.config.width = 128;
        random.config.heads = 2;
        random.config.classes = 9;
        const auto config = saveAndRead(random);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QCOMPARE(config->width, 128);
        QCOMPARE(config->heads, 2);
        QCOMPARE(config->layers, 2);
        QCOMPARE(config->patch, 8);
        QCOMPARE(config->resolution, 32);
        QCOMPARE(config->resize, 37);
        QCOMPARE(config->embedDim, 24);
        QCOMPARE(config->hidden, 16);
        QCOMPARE(config->classes, 9);
        QCOMPARE(config->convType, 2);
        QCOMPARE(config->prefix, 3);
        QCOMPARE(config->window, 5);
        QCOMPARE(config->fps, 25.0);
        QVERIFY(config->vocabulary.empty());
        QCOMPARE(QString::fromStdString(config->name), QString("model"));
        QCOMPARE(QString::fromStdString(glossText(*config, 7)), QString("7"));
    }

    void convTypeFromPositions_data() {
        QTest::addColumn<int>("stored");
        QTest::addColumn<int>("derived");
        const int derived[] = {0, 1, 2, 3, 3,
                               2, 6, 7, 8, 2}; // 3 and 4, and 2, 5 and 9, have their weights in the same places
        for (int convType = 0; convType <= 9; ++convType) {
            QTest::addRow("%d", convType) << convType << derived[convType];
        }
    }
    void convTypeFromPositions() {
        QFETCH(int, stored);
        QFETCH(int, derived);
        test::RandomModel random(1);
        random.config.convType = stored;
        const auto stated = saveAndRead(random);
        QVERIFY2(stated, stated ? "" : stated.error().message.c_str());
        QCOMPARE(stated->convType, stored);
        random.withMetadata = false;
        const auto guessed = saveAndRead(random);
        QVERIFY2(guessed, guessed ? "" : guessed.error().message.c_str());
        QCOMPARE(guessed->convType, derived);
    }

    void descriptionSurvives() {
        test::RandomModel random(1);
        random.config.name = "Demo";
        random.config.signLanguage = "made up";
        random.config.licence = "Apache-2.0";
        random.config.card = "# Card\n\"quoted\"";
        random.config.fps = 12.5;
        random.config.vocabulary = {"", "HAUS", "GRÜN", "手", "A-B", "x"};
        const auto config = saveAndRead(random);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QCOMPARE(config->name, random.config.name);
        QCOMPARE(config->signLanguage, random.config.signLanguage);
        QCOMPARE(config->licence, random.config.licence);
        QCOMPARE(config->card, random.config.card);
        QCOMPARE(config->fps, 12.5);
        QCOMPARE(config->resize, 40);
        QCOMPARE(config->vocabulary, random.config.vocabulary);
        QCOMPARE(glossText(*config, 2), random.config.vocabulary[2]);
        QCOMPARE(glossText(*config, 60), std::string("60"));
    }

    void metadataIsChecked_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QStringList>("message");
        const auto row = [](const char* key, const char* value, QStringList message) {
            QTest::addRow("%s = %s", key, value) << QString(key) << QString(value) << message;
        };
        row("width", "128", {"width = 128", "conv2d.visual.conv1.weight", "[64, 3, 8, 8]", "64"});
        row("layers", "3", {"layers = 3", "means 2"});
        row("heads", "2", {"heads = 2", "means 1"});
        row("patch", "16", {"patch = 16", "means 8"});
        row("resolution", "64", {"resolution = 64", "[17, 64]", "means 32"});
        row("embed_dim", "512", {"embed_dim = 512", "means 24"});
        row("hidden", "7", {"hidden = 7", "means 16"});
        row("classes", "7", {"classes = 7", "[16, 6]", "means 6"});
        row("prefix", "8", {"prefix = 8", "means 3"});
        row("conv_type", "0", {"conv_type = 0", "temporal_conv.0 over 5 frames"});
        row("conv_type", "77", {"conv_type = 77"});
        row("width", "wide", {"width = 'wide'", "not a whole number"});
        row("window", "4", {"window 4", "odd"});
        row("window", "5.5", {"not a whole number"});
        row("resize", "31", {"resize 31", "resolution 32"});
        row("fps", "fast", {"fps = 'fast'"});
        row("fps", "0", {"fps"});
        row("fps", "nan", {"fps"});
        row("format", "other-9", {"other-9", "livegloss-1"});
        row("vocabulary", "[\"A\"]", {"1 glosses", "6 classes"});
        row("vocabulary", "[1,2,3,4,5]", {"array of strings"});
        row("vocabulary", "[\"A\"", {"array of strings"});
        row("vocabulary", "{}", {"array of strings"});
        row("vocabulary", "\"ABCDE\"", {"array of strings"});
        row("vocabulary", "[\"A\",[\"B\"],\"C\",\"D\",\"E\"]", {"array of strings"});
        row("vocabulary", "[]", {"0 glosses", "6 classes"});
        row("resize", "100000", {"resize 100000"});
        row("window", "100001", {"window 100001"});
        row("fps", "12,5", {"fps = '12,5'"});
        row("fps", "25 ", {"fps = '25 '"});
        row("input_mean", "[[0.5],0.5,0.5]", {"input_mean", "three numbers"});
        row("input_deviation", "[0,0,0]", {"not a sensible number"});
    }
    void metadataIsChecked() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(QStringList, message);
        test::RandomModel random(1);
        random.extraMetadata[key.toStdString()] = value.toStdString();
        const auto config = saveAndRead(random);
        QVERIFY(!config);
        const QString text = QString::fromStdString(config.error().message);
        for (const QString& part : message) {
            QVERIFY2(text.contains(part), qPrintable(text));
        }
        QVERIFY2(text.contains("model.safetensors"), qPrintable(text));
    }

    /// What a person chose as decimal sign for the desktop says nothing about files.
    void numbersAreReadUnderACommaLocale() {
        test::RandomModel random(1);
        random.config.fps = 12.5;
        random.config.normalisation = clipNormalisation;
        const test::CommaLocale locale;
        if (!test::CommaLocale::isActive()) {
            QSKIP("no locale with a decimal comma can be had here");
        }
        const auto config = saveAndRead(random);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QCOMPARE(config->fps, 12.5);
        QVERIFY(config->normalisation == clipNormalisation);
    }

    /// Millions of brackets or texts in an entry take no more memory than the entry.
    void hostileEntriesAreRefused_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QByteArray>("value");
        QTest::newRow("nested vocabulary") << "vocabulary" << QByteArray(10'000'000, '[');
        QTest::newRow("vocabulary of lists") << "vocabulary"
                                             << "[" + QByteArray("[],").repeated(5'000'000) + "[]]";
        QTest::newRow("long vocabulary") << "vocabulary"
                                         << "[" + QByteArray("\"\",").repeated(2'000'000) + "\"\"]";
        QTest::newRow("nested mean") << "input_mean" << QByteArray(10'000'000, '[');
        QTest::newRow("long deviation") << "input_deviation"
                                        << "[" + QByteArray("1,").repeated(5'000'000) + "1]";
        QTest::newRow("long number") << "fps" << QByteArray(10'000'000, '1');
    }
    void hostileEntriesAreRefused() {
        QFETCH(QString, key);
        QFETCH(QByteArray, value);
        test::RandomModel random(1);
        random.extraMetadata[key.toStdString()] = value.toStdString();
        const std::filesystem::path path = folder_.filePath("hostile.safetensors").toStdString();
        QVERIFY(random.save(path));
        QFile file(folder_.filePath("hostile.safetensors"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto open = [](const std::filesystem::path& bad) -> Result<void> {
            const auto reader = tensorfile::SafetensorsReader::open(bad);
            const auto config = reader ? readModelConfig(*reader) : tl::unexpected(reader.error());
            return config ? Result<void>() : tl::unexpected(config.error());
        };
        const QString problem = testfiles::refusalProblem(folder_, file.readAll(), key, open);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    /// Sizes that no network has are refused before one of them is built, whatever the file's length.
    void sizesHaveLimits_data() {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<QVector<qint64>>("shape");
        QTest::addColumn<QString>("message");
        QTest::newRow("width") << "conv2d.visual.conv1.weight" << QVector<qint64>{12800, 0, 8, 8} << "width 12800";
        QTest::newRow("layers") << "layers" << QVector<qint64>{0} << "layers 201";
        QTest::newRow("patch") << "conv2d.visual.conv1.weight" << QVector<qint64>{64, 0, 2048, 2048} << "patch 2048";
        QTest::newRow("tokens") << "conv2d.visual.positional_embedding" << QVector<qint64>{10001, 0}
                                << "number of patches a side 100";
        QTest::newRow("frame feature") << "conv2d.visual.proj" << QVector<qint64>{0, 20000} << "embedDim 20000";
        QTest::newRow("no frame feature") << "conv2d.visual.proj" << QVector<qint64>{64, 0} << "embedDim 0";
        QTest::newRow("prefix") << "conv2d.visual.transformer.resblocks.0.prefix_embedding_k"
                                << QVector<qint64>{2000, 1, 0} << "prefix 2000";
        QTest::newRow("hidden") << "conv1d.fc.weight" << QVector<qint64>{20000, 6} << "hidden 20000";
        QTest::newRow("classes") << "conv1d.fc.weight" << QVector<qint64>{16, 1'000'001} << "sensible size";
        QTest::newRow("one class") << "conv1d.fc.weight" << QVector<qint64>{16, 1} << "classes 1";
    }
    void sizesHaveLimits() {
        QFETCH(QString, tensor);
        QFETCH(QVector<qint64>, shape);
        QFETCH(QString, message);
        ShapeTable table = plainTable();
        table.shapes[tensor.toStdString()] = tensorfile::Shape(shape.begin(), shape.end());
        for (int layer = 2; tensor == "layers" && layer <= 200; ++layer) {
            table.shapes["conv2d.visual.transformer.resblocks." + std::to_string(layer) + ".ln_1.weight"] = {0};
        }
        const bool ofTower = tensor.startsWith("conv2d.") && !tensor.contains("prefix");
        for (const bool backbone : {false, true}) {
            const auto config = backbone ? readBackboneConfig(table) : readModelConfig(table);
            QCOMPARE(config.has_value(), backbone && !ofTower && tensor != "layers");
            if (!config) {
                const QString text = QString::fromStdString(config.error().message);
                QVERIFY2(text.contains(message), qPrintable(text));
                QVERIFY(!config.error().hint.empty());
            }
        }
    }

    void backbonesAreChecked_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::newRow("deviation") << "input_deviation"
                                   << "[0,0,0]";
        QTest::newRow("mean") << "input_mean"
                              << "[1e999,0,0]";
        QTest::newRow("resize") << "resize"
                                << "3";
        QTest::newRow("frame rate") << "fps"
                                    << "-1";
    }
    void backbonesAreChecked() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        ShapeTable table = plainTable();
        QVERIFY(readBackboneConfig(table));
        table.metadata[key.toStdString()] = value.toStdString();
        QVERIFY(!readBackboneConfig(table));
    }

    /// Escape sequences in a name would reach the terminal.
    void namesHoldNoControlCharacters() {
        ShapeTable table = plainTable();
        table.metadata = {{"name", "a\x1B[31mb"}, {"card", "a\n\tb\r"}, {"licence", "\x7F"}};
        const auto config = readModelConfig(table);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QCOMPARE(config->name, std::string("a [31mb"));
        QCOMPARE(config->card, std::string("a\n\tb "));
        QCOMPARE(config->licence, std::string(" "));
    }

    /// A file that has the right sizes in the tensors that they are read from may still lack others.
    void layoutIsCompared() {
        ShapeTable table = plainTable();
        const auto config = readModelConfig(table);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        const int adapterWidth = adapterWidthOf(table);
        QVERIFY(checkModelLayout(table, *config, adapterWidth));
        QVERIFY(!checkModelLayout(table, *config, adapterWidth + 1));
        table.shapes["classifier.weight"] = table.shapes["conv1d.fc.weight"];
        table.shapes.erase("conv1d.fc.weight");
        QVERIFY(checkModelLayout(table, *config, adapterWidth));
        table.shapes["conv2d.visual.transformer.aggblocks.1.mlp.c_fc.weight"] = {64, 0};
        const auto misshapen = checkModelLayout(table, *config, adapterWidth);
        QVERIFY(!misshapen);
        QVERIFY2(misshapen.error().message.find("[64, 0]") != std::string::npos, misshapen.error().message.c_str());
        table.shapes.erase("classifier.weight");
        table.shapes["conv2d.visual.transformer.aggblocks.1.mlp.c_fc.weight"] = {64, 64};
        const auto missing = checkModelLayout(table, *config, adapterWidth);
        QVERIFY(!missing);
        QVERIFY2(missing.error().message.find("lacks the tensor 'conv1d.fc.weight'") != std::string::npos,
                 missing.error().message.c_str());
    }

    /// A vocabulary may name the blank or leave it out.
    void vocabularyWithBlank() {
        test::RandomModel random(1);
        random.extraMetadata["vocabulary"] = R"(["<blank>","A","B","C","D","E"])";
        const auto config = saveAndRead(random);
        QVERIFY2(config, config ? "" : config.error().message.c_str());
        QCOMPARE(config->vocabulary, (std::vector<std::string>{"", "A", "B", "C", "D", "E"}));
    }

private:
    /// Of a right model without metadata.
    ShapeTable plainTable() {
        test::RandomModel random(1);
        random.withMetadata = false;
        const std::filesystem::path path = folder_.filePath("plain.safetensors").toStdString();
        if (!random.save(path)) {
            qFatal("cannot write the model");
        }
        return shapeTable(*tensorfile::SafetensorsReader::open(path));
    }
    Result<ModelConfig> saveAndRead(test::RandomModel& random) {
        const std::filesystem::path path = folder_.filePath("model.safetensors").toStdString();
        if (auto saved = random.save(path); !saved) {
            return tl::unexpected(saved.error());
        }
        const auto reader = tensorfile::SafetensorsReader::open(path);
        return reader ? readModelConfig(*reader) : tl::unexpected(reader.error());
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestModelConfig)
#include "tst_model_config.moc"
