#include "model_files.h"
#include "refusal_check.h"

#include <QtTest>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;

namespace {

void one(const Row& row, const char* name, const std::function<void(TensorParts&)>& change, const char* message) {
    TensorParts parts;
    change(parts);
    row(name, torchZip(pickle(textDict({{"w", tensor(parts)}}))), message);
}

/// Arguments of a tensor, all of them right.
std::vector<std::string> arguments() {
    return {storageId({}), integer(0), integers({4}), integers({1}), truth(false), orderedDict()};
}

void changed(const Row& row, const char* name, std::size_t index, const std::string& argument, const char* message) {
    auto all = arguments();
    all[index] = argument;
    row(name, torchZip(pickle(textDict({{"w", call(global("torch._utils", "_rebuild_tensor_v2"), all)}}))), message);
}

void addTensors(const Row& row) {
    one(
        row, "negative size", [](TensorParts& t) { t.shape = {-4}; }, "'w' has the negative size -4");
    one(
        row, "negative stride", [](TensorParts& t) { t.strides = {-1}; }, "'w' has the negative stride -1");
    one(
        row, "negative offset", [](TensorParts& t) { t.offset = -1; }, "'w' begins at element -1");
    one(
        row, "offset past the storage", [](TensorParts& t) { t.offset = 4; }, "past its storage 'data/0' of 4");
    one(
        row, "offset near 2^63", [](TensorParts& t) { t.offset = INT64_MAX; }, "begins at element");
    one(
        row, "shape past the storage", [](TensorParts& t) { t.shape = {5}; }, "past its storage");
    one(
        row, "stride past the storage", [](TensorParts& t) { t.strides = {2}; }, "past its storage");
    one(
        row, "second row past the storage",
        [](TensorParts& t) {
            t.shape = t.strides = {2, 3};
        },
        "past its storage");
    one(
        row, "fewer strides than sizes",
        [](TensorParts& t) {
            t.shape = {2, 2};
        },
        "2 dimensions, but 1 strides");
    one(
        row, "shape overflow",
        [](TensorParts& t) {
            t.shape = {1LL << 40, 1LL << 40};
            t.strides = {0, 0};
        },
        "more than can be addressed");
    one(
        row, "stride overflow",
        [](TensorParts& t) {
            t.shape = {1LL << 40};
            t.strides = {1LL << 40};
        },
        "past its storage");
    one(
        row, "huge expansion",
        [](TensorParts& t) {
            t.shape = {1LL << 40};
            t.strides = {0};
        },
        "values of a storage of 4");
    one(
        row, "65 dimensions",
        [](TensorParts& t) {
            t.shape.assign(65, 1);
            t.strides.assign(65, 1);
        },
        "65 dimensions");
    TensorParts expanded;
    expanded.shape = {1 << 20};
    expanded.strides = {0};
    row("many expansions", torchZip(pickle(list(std::vector<std::string>(17, tensor(expanded))))), "are repeated");
    TensorParts shared;
    shared.elements = 1 << 16;
    shared.shape = {1 << 16};
    row("one storage for 300 tensors",
        zip(torchItems(pickle(list(std::vector<std::string>(300, tensor(shared)))),
                       {{"0", std::string(1 << 18, '1')}})),
        "share the 65536 stored values");
    one(
        row, "missing storage", [](TensorParts& t) { t.key = std::string("7"); }, "'archive/data/7'");
    one(
        row, "storage key that leaves the archive", [](TensorParts& t) { t.key = "../../x"; },
        "'archive/data/../../x'");
    one(
        row, "storage shorter than said", [](TensorParts& t) { t.elements = 5; },
        "needs 20 bytes, but the archive has 16");
    one(
        row, "storage longer than said",
        [](TensorParts& t) {
            t.elements = 3;
            t.shape = {3};
        },
        "needs 12 bytes");
    one(
        row, "storage of another type", [](TensorParts& t) { t.storageType = "DoubleStorage"; }, "needs 32 bytes");
    one(
        row, "negative count", [](TensorParts& t) { t.elements = -1; }, "-1 elements");
    one(
        row, "count near 2^63", [](TensorParts& t) { t.elements = INT64_MAX; }, "elements");
    one(
        row, "complex numbers", [](TensorParts& t) { t.storageType = "ComplexFloatStorage"; },
        "torch ComplexFloatStorage");
    one(
        row, "quantised numbers", [](TensorParts& t) { t.storageType = "QInt8Storage"; }, "torch QInt8Storage");
    one(
        row, "a storage type that is a dtype", [](TensorParts& t) { t.storageType = "float32"; }, "which is none");
    one(
        row, "view of two values",
        [](TensorParts& t) {
            t.view = integers({1, 2});
        },
        "view of the storage '0'");
    one(
        row, "view past the storage",
        [](TensorParts& t) {
            t.view = tuple({text("v"), integer(2), integer(3)});
        },
        "view of the storage '0'");
    one(
        row, "view before the storage",
        [](TensorParts& t) {
            t.view = tuple({text("v"), integer(-1), integer(3)});
        },
        "view of the storage '0'");
    changed(row, "a number for a storage", 0, integer(1), "argument 1 of a call is an integer");
    changed(row, "a text for an offset", 1, text("0"), "argument 2 of a call is a text");
    changed(row, "a number for a shape", 2, integer(4), "a tensor's shape is an integer");
    changed(row, "texts for a shape", 2, tuple({text("4")}), "a tensor's shape holds a text");
    changed(row, "fractions for a shape", 2, tuple({real(4.0)}), "a tensor's shape holds a number");
    changed(row, "size past 64 bits", 2, tuple({std::string("\x8A\x0A\1\2\3\4\5\6\7\1\2\3", 12)}),
            "a tensor's shape holds");
    changed(row, "None for strides", 3, none(), "a tensor's strides is None");
    changed(row, "a number for requires_grad", 4, integer(1), "argument 5 of a call is an integer");
    changed(row, "backward hooks", 5, orderedDict({{"h", integer(1)}}), "backward hooks");
    changed(row, "a list of hooks", 5, "]", "backward hooks");
    auto all = arguments();
    all.push_back(textDict({{"neg", truth(true)}}));
    const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
    row("negated view", torchZip(pickle(call(rebuild, all))), "conjugated or negated");
    all.resize(5);
    row("tensor of five arguments", torchZip(pickle(call(rebuild, all))), "5 values instead of 6");
    row("tensor of no arguments", torchZip(pickle(call(rebuild, {}))), "0 values instead of 6");
    TensorParts other;
    other.storageType = "IntStorage";
    row("storage of two types", torchZip(pickle(list({tensor({}), tensor(other)}))), "described in two ways");
    other = {};
    other.elements = 3;
    other.shape = {3};
    row("storage of two lengths", torchZip(pickle(list({tensor({}), tensor(other)}))), "described in two ways");
    row("two tensors of one name",
        torchZip(pickle(textDict({{"m", textDict({{"a.b", tensor({})}, {"a", textDict({{"b", tensor({})}})}})}}))),
        "two tensors are named 'm/a.b'");
    row("tensor under a tuple", torchZip(pickle(dict({{integers({1}), tensor({})}}))), "key that is a tuple");
    row("tensor under None", torchZip(pickle(textDict({{"m", dict({{none(), list({tensor({})})}})}}))),
        "key that is None");
}

void addIds(const Row& row) {
    const auto id = [&row](const char* name, const std::string& ops) {
        row(name, torchZip(pickle(ops)), "a persistent id is not a storage tuple");
    };
    const std::string type = global("torch", "FloatStorage");
    id("persistent id that is a text", text("0") + "Q");
    id("persistent id that is a list", list({text("storage"), type, text("0"), text("cpu"), integer(4)}) + "Q");
    id("persistent id of a module", tuple({text("module"), type, text("a"), text("b"), integer(4)}) + "Q");
    id("persistent id of four parts", tuple({text("storage"), type, text("0"), text("cpu")}) + "Q");
    id("persistent id of seven parts",
       tuple({text("storage"), type, text("0"), text("cpu"), integer(4), none(), none()}) + "Q");
    id("persistent id with a text for a type",
       tuple({text("storage"), text("f"), text("0"), text("cpu"), integer(4)}) + "Q");
    id("persistent id with a number for a key",
       tuple({text("storage"), type, integer(0), text("cpu"), integer(4)}) + "Q");
    id("persistent id with a text for a count",
       tuple({text("storage"), type, text("0"), text("cpu"), text("4")}) + "Q");
    row("persistent id in a line", torchZip(pickle("P0\n")), "a persistent id is a text");
    row("top level is a number", torchZip(pickle(integer(5))), "it holds an integer, not tensors");
    row("top level is None", torchZip(pickle(none())), "it holds None");
    row("top level is a storage", torchZip(pickle(storageId({}))), "it holds a storage");
}

} // namespace

/// PyTorch checkpoints whose tensors or storages are wrong, in archives that are otherwise right.
class TestTorchRefusals : public QObject {
    Q_OBJECT

private slots:
    void refuses_data() {
        const Row row = rowAdder();
        addTensors(row);
        addIds(row);
    }

    void refuses() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, message);
        const QString problem = refusalProblem(folder_, contents, message, openAndRead);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestTorchRefusals)
#include "tst_torch_refusals.moc"
