#include "reference_data.h"
#include "tensorfile/npy.h"
#include "tensorfile/tensor_source.h"
#include "tensorfile/torch_file.h"

#include <QFileInfo>
#include <QtTest>
#include <algorithm>
#include <cstring>

using namespace livegloss;
using namespace livegloss::tensorfile;

namespace {

std::string shared(const char* name) {
    return std::string(LIVEGLOSS_SHARED_DIR) + "/" + name;
}

} // namespace

/// The files that the authors' own code made: a checkpoint as it is released, and the four gloss dictionaries.
class TestReferenceFiles : public QObject {
    Q_OBJECT

private slots:
    void checkpointEqualsItsSafetensors() {
        const std::string path = shared("golden/tiny-p16.pt");
        if (!QFileInfo::exists(QString::fromStdString(path))) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the folder with reference data is not there");
        }
        const auto checkpoint = openTensorFile(path);
        QVERIFY2(checkpoint, checkpoint ? "" : checkpoint.error().message.c_str());
        const auto expected = openTensorFile(shared("golden/tiny-p16.safetensors"));
        QVERIFY2(expected, expected ? "" : expected.error().message.c_str());
        QCOMPARE((*checkpoint)->format(), TensorFileFormat::TorchZip);
        QCOMPARE((*expected)->format(), TensorFileFormat::Safetensors);
        QCOMPARE(std::get<std::int64_t>((*checkpoint)->scalars().at("epoch")), std::int64_t(34));
        std::size_t ofModel = 0;
        for (const SourceTensor& tensor : (*checkpoint)->tensors()) {
            if (tensor.group != "model_state_dict") {
                continue;
            }
            ++ofModel;
            const SourceTensor* twin = (*expected)->find(tensor.key);
            QVERIFY2(twin != nullptr, tensor.key.c_str());
            QVERIFY2(twin->shape == tensor.shape, tensor.key.c_str());
            const auto values = (*checkpoint)->readFloats(tensor.name);
            const auto twinValues = (*expected)->readFloats(tensor.key);
            QVERIFY2(values, values ? "" : values.error().message.c_str());
            QVERIFY(twinValues);
            QVERIFY2(std::memcmp(values->data(), twinValues->data(), values->size() * sizeof(float)) == 0,
                     tensor.key.c_str());
        }
        QCOMPARE(ofModel, (*expected)->tensors().size());
        QVERIFY((*checkpoint)->find("rng_state/torch") != nullptr);
        QCOMPARE((*checkpoint)->readIntegers("rng_state/torch")->size(), std::size_t(5056));
    }

    void glossDictionaries_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("index");
        QTest::addColumn<QString>("gloss");
        QTest::addColumn<int>("occurrences");
        QTest::newRow("PHOENIX14") << "phoenix2014.npy" << 1295 << 2 << "AACHEN" << 3;
        QTest::newRow("PHOENIX14-T") << "phoenix2014-T.npy" << 1115 << 2 << "A+Z" << 1;
        QTest::newRow("CSL-Daily") << "CSL-Daily.npy" << 2000 << 2 << "1" << 1508;
        QTest::newRow("CSL") << "CSL.npy" << 179 << 1 << "丈夫" << 750;
    }

    void glossDictionaries() {
        QFETCH(QString, file);
        QFETCH(int, count);
        QFETCH(int, index);
        QFETCH(QString, gloss);
        QFETCH(int, occurrences);
        const std::string path = shared("data/glosses/") + file.toStdString();
        if (!QFileInfo::exists(QString::fromStdString(path))) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the folder with reference data is not there");
        }
        const auto glosses = readGlossDictionary(path);
        QVERIFY2(glosses, glosses ? "" : glosses.error().message.c_str());
        QCOMPARE(glosses->size(), std::size_t(count));
        for (std::size_t i = 0; i < glosses->size(); ++i) {
            QCOMPARE((*glosses)[i].index, static_cast<std::int64_t>(i + 1));
        }
        const GlossEntry& entry = (*glosses)[static_cast<std::size_t>(index - 1)];
        QCOMPARE(QString::fromStdString(entry.gloss), gloss);
        QCOMPARE(entry.count, std::int64_t(occurrences));
    }

    void germanAndChineseLetters() {
        const std::string path = shared("data/glosses/phoenix2014.npy");
        if (!QFileInfo::exists(QString::fromStdString(path))) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the folder with reference data is not there");
        }
        const auto holds = [](const std::string& file, const char* gloss) {
            const auto glosses = readGlossDictionary(file);
            return glosses && std::any_of(glosses->begin(), glosses->end(),
                                          [gloss](const GlossEntry& entry) { return entry.gloss == gloss; });
        };
        QVERIFY(holds(path, "MUENCHEN"));
        QVERIFY(holds(shared("data/glosses/CSL.npy"), "丰富"));
        QVERIFY(holds(shared("data/glosses/CSL-Daily.npy"), "我"));
    }
};

QTEST_GUILESS_MAIN(TestReferenceFiles)
#include "tst_reference_files.moc"
