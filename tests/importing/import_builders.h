#pragma once

// LibTorch comes first: Qt's `slots` is a word in its headers.
#include "model/adapt_sign.h"

#define QT_NO_KEYWORDS
#include "importing/model_import.h"
#include "model/model_layout.h"
#include "random_model.h"
#include "tensorfile/tensor_source.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

/// Model files changed tensor by tensor, and a model to change.
namespace livegloss::test {

using importing::ImportOptions;
using importing::ModelImport;
using tensorfile::DataType;

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
inline void rewrite(const QString& from, const QString& to, const std::function<void(Change&)>& change,
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

/// The same tensors, with this metadata only.
inline void describe(const QString& from, const QString& to, const tensorfile::Metadata& metadata) {
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

inline Change zeros(std::string name, tensorfile::Shape shape) {
    std::vector<float> values(static_cast<std::size_t>(tensorfile::elementCount(shape)));
    return {std::move(name), std::move(shape), std::move(values), DataType::F32};
}

inline bool mentions(const std::vector<importing::Remark>& remarks, const char* what) {
    return std::any_of(remarks.begin(), remarks.end(), [what](const importing::Remark& remark) {
        return importing::remarkText(remark).find(what) != std::string::npos;
    });
}

inline void compareTensors(const QString& a, const QString& b) {
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

class ImportFixture {
protected:
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
    void makeModel() {
        RandomModel random(announcedSeed());
        random.withMetadata = false;
        model_ = at("model.safetensors");
        valueOf(random.save(model_.toStdString()));
    }

    QTemporaryDir folder_;
    QString model_; ///< an AdaptSign file with random weights
};

} // namespace livegloss::test
