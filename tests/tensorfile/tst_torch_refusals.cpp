#include "model_files.h"
#include "refusal_check.h"
#include "tensorfile/tensor_source.h"

#include <QtTest>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;

namespace {

Result<void> openAndRead(const std::filesystem::path& path) {
    const auto file = tensorfile::openTensorFile(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    for (const tensorfile::SourceTensor& tensor : (*file)->tensors()) {
        if (const auto values = (*file)->readFloats(tensor.name); !values) {
            return tl::unexpected(values.error());
        }
    }
    return {};
}

using Row = std::function<void(const std::string&, const std::string&, const char*)>;

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
    one(
        row, "missing storage", [](TensorParts& t) { t.key = "7"; }, "'archive/data/7'");
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

using Change = std::function<void(std::vector<ZipItem>&, ZipParts&)>;

/// An archive with one change to its entries or end records. Entries: data.pkl, data/0, version.
void archive(const Row& row, const char* name, const Change& change, const char* message) {
    auto items = torchItems(pickle(tensor({})), {{"0", fourFloats()}});
    ZipParts parts;
    change(items, parts);
    row(name, zip(items, parts), message);
}

void addEntries(const Row& row) {
    const auto items = [&row](const char* name, const std::function<void(std::vector<ZipItem>&)>& change,
                              const char* message) {
        archive(
            row, name, [&change](auto& all, auto&) { change(all); }, message);
    };
    using Items = std::vector<ZipItem>;
    items(
        "no data.pkl", [](Items& all) { all.erase(all.begin()); }, "holds no data.pkl");
    items(
        "no version", [](Items& all) { all.pop_back(); }, "'archive/version' is missing");
    items(
        "no storage", [](Items& all) { all.erase(all.begin() + 1); }, "'archive/data/0'");
    items(
        "version is a word", [](Items& all) { all[2].data = "new\n"; }, "'new' is not a number");
    items(
        "version is empty", [](Items& all) { all[2].data = ""; }, "'' is not a number");
    items(
        "version 99", [](Items& all) { all[2].data = "99\n"; }, "99 is newer");
    items(
        "version of 1000 letters", [](Items& all) { all[2].data = std::string(1000, '3'); }, "1000 bytes");
    items(
        "big-endian",
        [](Items& all) {
            all.push_back({"archive/byteorder", "big"});
        },
        "byte order 'big'");
    items(
        "unknown byte order",
        [](Items& all) {
            all.push_back({"archive/byteorder", "middle"});
        },
        "'middle'");
    items(
        "entry twice", [](Items& all) { all.push_back(all[1]); }, "'archive/data/0' twice");
    items(
        "two data.pkl",
        [](Items& all) {
            all.push_back({"other/data.pkl", all[0].data});
        },
        "could hold the model");
    items(
        "entry that leads out",
        [](Items& all) {
            all.push_back({"archive/../../x", "1"});
        },
        "leads out");
    items(
        "entry named ..",
        [](Items& all) {
            all.push_back({"..", "1"});
        },
        "leads out");
    items(
        "absolute entry",
        [](Items& all) {
            all.push_back({"/etc/passwd", "1"});
        },
        "absolute");
    items(
        "entry with a drive",
        [](Items& all) {
            all.push_back({"C:x", "1"});
        },
        "absolute");
    items(
        "entry with a backslash",
        [](Items& all) {
            all.push_back({"archive\\x", "1"});
        },
        "foreign path");
    items(
        "entry with NUL",
        [](Items& all) {
            all.push_back({std::string("archive/x\0y", 11), "1"});
        },
        "NUL");
    items(
        "entry without a name",
        [](Items& all) {
            all.push_back({"", "1"});
        },
        "no name");
    items(
        "entry name not UTF-8",
        [](Items& all) {
            all.push_back({"archive/\xFF", "1"});
        },
        "not UTF-8");
    items(
        "encrypted entry", [](Items& all) { all[1].flags = 1; }, "is encrypted");
    items(
        "strongly encrypted entry", [](Items& all) { all[1].flags = 64; }, "is encrypted");
    items(
        "patch entry", [](Items& all) { all[1].flags = 32; }, "compressed by method");
    items(
        "bzip2 entry", [](Items& all) { all[1].method = 12; }, "compressed by method 12");
    items(
        "LZMA entry", [](Items& all) { all[1].method = 14; }, "compressed by method 14");
    items(
        "wrong checksum of the pickle", [](Items& all) { all[0].checksum = 1; },
        "checksum of the zip entry 'archive/data.pkl'");
    items(
        "wrong checksum of a storage", [](Items& all) { all[1].checksum = 1; },
        "checksum of the zip entry 'archive/data/0'");
    items(
        "wrong checksum of the version", [](Items& all) { all[2].checksum = 1; },
        "checksum of the zip entry 'archive/version'");
    items(
        "local name differs", [](Items& all) { all[1].localName = "archive/data/1"; }, "contradict each other");
    items(
        "local name longer", [](Items& all) { all[1].localName = "archive/data/0x"; }, "contradict each other");
    items(
        "stored size differs", [](Items& all) { all[1].size = 17; }, "claims 17");
    items(
        "entry beyond the directory", [](Items& all) { all[1].offset = 100000; }, "offset 100000");
    items(
        "entry at the wrong place", [](Items& all) { all[1].offset = 1; }, "no header at offset 1");
    items(
        "two entries at one place",
        [](Items& all) {
            all.push_back(all[1]);
            all[3].name = "archive/data/1";
            all[3].localName = "archive/data/0";
            all[3].offset = 0;
        },
        "contradict each other");
    items(
        "overlapping entries",
        [](Items& all) {
            // The first entry's data is itself an entry.
            const std::string inner = zip({{"archive/inner", "12"}});
            all.push_back({"archive/outer", inner.substr(0, 45)});
            std::uint32_t place = 0;
            for (const ZipItem& item : all) {
                place += static_cast<std::uint32_t>(30 + item.name.size() +
                                                    (item.name == "archive/outer" ? 0 : item.data.size()));
            }
            all.push_back({"archive/inner", "12"});
            all.back().offset = place;
        },
        "overlap");
    items(
        "same entry under two names",
        [](Items& all) {
            all.push_back({"archive/data/0", ""});
            all[3].offset = static_cast<std::uint32_t>(30 + all[0].name.size() + all[0].data.size());
        },
        "contradict each other");
    items(
        "torch.package",
        [](Items& all) {
            all.push_back({"archive/.data/extern_modules", "sys"});
        },
        "torch.package");
}

void addCompression(const Row& row) {
    const auto packed = [&row](const char* name, const std::function<void(ZipItem&)>& change, const char* message) {
        archive(
            row, name,
            [&change](auto& all, auto&) {
                all[1].deflated = true;
                change(all[1]);
            },
            message);
    };
    packed(
        "deflated with a wrong checksum", [](ZipItem& item) { item.checksum = 1; }, "checksum");
    packed(
        "deflated, unpacks to more",
        [](ZipItem& item) {
            item.data += "12345678";
            item.size = 16;
        },
        "to more than");
    packed(
        "deflated, unpacks to less",
        [](ZipItem& item) {
            item.data.resize(8);
            item.size = 16;
        },
        "to less than");
    packed(
        "deflated, cut short",
        [](ZipItem& item) {
            item.data = std::string(200, 'x') + fourFloats();
            item.stored = 3;
            item.size = 16;
        },
        "");
    packed(
        "not really deflated",
        [](ZipItem& item) {
            item.deflated = false;
            item.method = 8;
        },
        "damaged");
    const std::string zeros(16 << 20, '\0');
    archive(
        row, "bomb in data.pkl",
        [&](auto& all, auto&) {
            all[0].deflated = true;
            all[0].data = zeros;
        },
        "would grow from");
    packed(
        "bomb in a storage", [&](ZipItem& item) { item.data = zeros; }, "would grow from");
    archive(
        row, "bomb in another entry",
        [&](auto& all, auto&) {
            all.push_back({"archive/x", zeros, true});
        },
        "would grow from");
    packed(
        "bomb with a harmless size",
        [&](ZipItem& item) {
            item.data = zeros;
            item.size = 16;
        },
        "to more than");
    archive(
        row, "pickle of 65 MiB", [&](auto& all, auto&) { all[0].data = std::string(65 << 20, 'N'); },
        "more than any real pickle");
}

void addEnds(const Row& row) {
    const auto ends = [&row](const char* name, const std::function<void(ZipParts&)>& change, const char* message) {
        archive(
            row, name, [&change](auto&, auto& parts) { change(parts); }, message);
    };
    ends(
        "directory offset wrong", [](ZipParts& parts) { parts.directoryOffset = 5; }, "is said to lie at offset 5");
    ends(
        "directory offset past the end", [](ZipParts& parts) { parts.directoryOffset = 0x7FFFFFFF; }, "is said to lie");
    ends(
        "directory size wrong", [](ZipParts& parts) { parts.directorySize = 10; }, "is said to lie");
    ends(
        "directory size past the start", [](ZipParts& parts) { parts.directorySize = 0x7FFFFFFF; }, "is said to lie");
    ends(
        "more entries announced", [](ZipParts& parts) { parts.entries = 4; }, "");
    ends(
        "fewer entries announced", [](ZipParts& parts) { parts.entries = 2; }, "holds more");
    ends(
        "65534 entries announced", [](ZipParts& parts) { parts.entries = 65534; }, "65534 entries");
    ends(
        "split archive", [](ZipParts& parts) { parts.disk = 3; }, "split over several files");
    ends(
        "wide end contradicts the narrow one",
        [](ZipParts& parts) {
            parts.wide = true;
            parts.entries = 2;
        },
        "contradict");
    const std::string good = torchZip(pickle(tensor({})));
    row("cut in the middle", good.substr(0, good.size() / 2), "cut off");
    row("cut by one byte", good.substr(0, good.size() - 1), "cut off");
    row("only the first four bytes", good.substr(0, 4), "cut off");
    row("bytes after the end", good + "x", "cut off");
    row("half of it twice", good.substr(0, 300) + good, "");
    std::string damaged = good;
    damaged[damaged.size() - 22 - 60] ^= 0x55;
    row("damaged directory", damaged, "");
    damaged = good;
    damaged[0x1C] ^= 0x55;
    row("damaged first header", damaged, "");
    damaged = good;
    damaged[good.find(fourFloats()) + 5] ^= 1;
    row("one bit of a weight", damaged, "checksum");
    std::string wide = zip(torchItems(pickle(tensor({})), {{"0", fourFloats()}}), {"", true});
    wide[wide.size() - 22 - 20 + 8] ^= 1;
    row("wide end record elsewhere", wide, "belongs before offset");
}

} // namespace

/// PyTorch archives whose tensors, storages or entries are wrong.
class TestTorchRefusals : public QObject {
    Q_OBJECT

private slots:
    void refuses_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("message");
        const Row row = [](const std::string& name, const std::string& contents, const char* message) {
            QTest::newRow(name.c_str()) << QByteArray::fromStdString(contents) << QString(message);
        };
        addTensors(row);
        addIds(row);
        addEntries(row);
        addCompression(row);
        addEnds(row);
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
