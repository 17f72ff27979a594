#include "model_files.h"
#include "tensorfile/tensor_source.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <functional>
#include <random>

using namespace livegloss;
using namespace livegloss::testfiles;
using namespace livegloss::tensorfile;
using namespace std::string_literals;

using Floats = QVector<float>;
Q_DECLARE_METATYPE(Floats)

namespace {

/// Name, file, name of a tensor in it and the tensor's values.
using Row = std::function<void(const std::string&, const std::string&, const char*, const Floats&)>;
const Floats oneToFour{1, 2, 3, 4};

void addPickles(const Row& row) {
    const auto odd = [&row](const char* name, const std::string& ops, const char* tensorName = "w",
                            const Floats& values = oneToFour) { row(name, torchZip(pickle(ops)), tensorName, values); };
    const std::string w = text("w");
    row("protocol 0 opcodes", torchZip("(dp0\nS'w'\np1\n" + tensor({}) + "sVlr\nF0.5\nsS\"n\"\nL7L\nsVb\nI01\ns."), "w",
        oneToFour);
    row("protocol 1", torchZip("}U\1w" + tensor({}) + "s."), "w", oneToFour);
    for (const int protocol : {3, 4, 5}) {
        row("protocol " + std::to_string(protocol), torchZip(pickle("}" + w + tensor({}) + "s", protocol)), "w",
            oneToFour);
    }
    row("frames and short texts",
        torchZip(pickle("\x95" + littleEndian(3, 8) + "}\x94\x8C\1w\x94" + tensor({}) + "s", 4)), "w", oneToFour);
    odd("text with a length of 64 bits", "}\x8D" + littleEndian(1, 8) + "w" + tensor({}) + "s");
    odd("globals from the stack",
        "}" + w + text("torch._utils") + text("_rebuild_tensor_v2") + "\x93" +
            tuple({storageId({}), integer(0), integers({4}), integers({1}), truth(false), none()}) + "Rs");
    odd("escapes of protocol 0", "(S'\\x77\\\\'\n" + tensor({}) + "V\\u624b\\U00008bed\n" + tensor({}) + "d", "手语");
    odd("memo in all widths",
        "}p1000\n0" + w + "q\1r" + littleEndian(70000, 4) + "0g1000\nj" + littleEndian(70000, 4) + tensor({}) + "s");
    odd("memo entry overwritten", text("x") + "q\0"s + "0" + w + "q\0"s + "0}h\0"s + tensor({}) + "s");
    odd("values taken away", "NN00}" + w + tensor({}) + "s(NN1");
    odd("value doubled", "}" + w + tensor({}) + "s" + text("a") + "20" + "]s");
    odd("POP takes a mark", "(0}" + w + tensor({}) + "s");
    odd("empty batch of entries", "}(u" + w + tensor({}) + "s](e0");
    odd("number keys", dict({{integer(3), tensor({})}}), "3");
    odd("truth value keys", dict({{truth(true), tensor({})}}), "1");
    odd("text and number keys alike", dict({{integer(3), none()}, {text("3"), textDict({{"w", tensor({})}})}}), "3/w");
    odd("unicode names", textDict({{"Größe.手语", tensor({})}}), "Größe.手语");
    odd("empty name", textDict({{"", tensor({})}}), "");
    odd("name with a slash", textDict({{"a/b", tensor({})}}), "a/b");
    odd("top level is a tensor", tensor({}), "tensor");
    odd("top level is a list", list({none(), tensor({})}), "1");
    odd("top level is a tuple", tuple({tensor({})}), "0");
    odd("lists in dictionaries", textDict({{"m", textDict({{"a", list({tensor({}), tuple({tensor({})})})}})}}),
        "m/a.1.0");
    odd(
        "60 levels",
        [] {
            std::string ops = tensor({});
            for (int i = 0; i < 60; ++i) {
                ops = textDict({{"a", ops}});
            }
            return ops;
        }(),
        ("a/" + QStringList(59, "a").join('.')).toUtf8().constData());
    odd("OrderedDict of pairs", call(global("collections", "OrderedDict"), {list({list({w, tensor({})})})}));
    odd("OrderedDict with attributes",
        orderedDict({{"w", tensor({})}}) + textDict({{"_metadata", orderedDict()}}) + "b");
    odd("parameter", textDict({{"w", parameter({})}}));
    odd("shape as torch.Size",
        textDict({{"w", call(global("torch._utils", "_rebuild_tensor_v2"),
                             {storageId({}), integer(0), call(global("torch", "Size"), {integers({4})}), integers({1}),
                              truth(true), orderedDict(), "}"})}}));
    // As in Python, a tensor has the shape that the list had when the tensor was made.
    const auto grown = [&w](const std::string& shape) {
        return "}" + w +
               call(global("torch._utils", "_rebuild_tensor_v2"),
                    {storageId({}), integer(0), shape, integers({1}), truth(false), orderedDict()}) +
               "s" + text("later") + "h\x09(" + integer(0) + integer(7) + "es";
    };
    odd("shape list that grows later", grown("]q\x09" + integer(4) + "a"));
    odd("list of a torch.Size that grows later", grown(call(global("torch", "Size"), {"]q\x09" + integer(4) + "a"})));
    odd("random states",
        textDict({{"w", tensor({})},
                  {"r", tuple({text("MT19937"),
                               call(global("numpy.core.multiarray", "_reconstruct"),
                                    {global("numpy", "ndarray"), integers({0}),
                                     call(global("_codecs", "encode"), {text("b"), text("latin1")})}) +
                                   tuple({integer(1), integers({2}), call(global("numpy", "dtype"), {text("u4")}),
                                          truth(false),
                                          call(global("_codecs", "encode"), {text("ÿ1234567"), text("latin-1")})}) +
                                   "b",
                               integer(623)})}}));
    odd("NumPy 2 names", textDict({{"w", tensor({})},
                                   {"x", call(global("numpy._core.multiarray", "scalar"),
                                              {call(global("numpy", "dtype"), {text("f8")}), rawBytes("12345678")})}}));
    odd("integer of 128 bits", textDict({{"w", tensor({})}, {"n", "\x8A\x10" + std::string(16, '\7')}}));
    odd("sets", textDict({{"w", tensor({})}, {"s", "\x8F(K\1\x90"}, {"f", "(K\1\x91"}}));
    odd("byte array", textDict({{"w", tensor({})}, {"s", "\x96" + littleEndian(2, 8) + "ab"}}));
    odd("dtype beside tensors", textDict({{"w", tensor({})}, {"d", global("torch", "bfloat16")}}));
}

void addTensors(const Row& row) {
    const auto odd = [&row](const char* name, const std::function<void(TensorParts&)>& change, const Floats& values) {
        TensorParts parts;
        change(parts);
        row(name, torchZip(pickle(textDict({{"w", tensor(parts)}}))), "w", values);
    };
    odd("scalar tensor",
        [](TensorParts& t) {
            t.shape = t.strides = {};
            t.offset = 2;
        },
        {3});
    odd("no elements",
        [](TensorParts& t) {
            t.shape = {0, 3};
            t.strides = {1000, 1};
        },
        {});
    odd("no elements, offset past the storage",
        [](TensorParts& t) {
            t.shape = {0};
            t.offset = 99;
        },
        {});
    odd("no elements beside huge sizes", [](TensorParts& t) { t.shape = t.strides = {1LL << 40, 1LL << 40, 0}; }, {});
    odd("transposed",
        [](TensorParts& t) {
            t.shape = {2, 2};
            t.strides = {1, 2};
        },
        {1, 3, 2, 4});
    odd("expanded",
        [](TensorParts& t) {
            t.shape = {3, 2};
            t.strides = {0, 1};
            t.offset = 1;
        },
        {2, 3, 2, 3, 2, 3});
    odd("every second element",
        [](TensorParts& t) {
            t.shape = {2};
            t.strides = {2};
        },
        {1, 3});
    odd("overlapping windows",
        [](TensorParts& t) {
            t.shape = {3, 2};
            t.strides = {1, 1};
        },
        {1, 2, 2, 3, 3, 4});
    odd("view from an offset",
        [](TensorParts& t) {
            t.shape = {2};
            t.offset = 2;
        },
        {3, 4});
    odd(
        "odd stride of a single row",
        [](TensorParts& t) {
            t.shape = {1, 4};
            t.strides = {77, 1};
        },
        oneToFour);
    odd(
        "64 dimensions",
        [](TensorParts& t) {
            t.shape.assign(63, 1);
            t.shape.push_back(4);
            t.strides.assign(64, 1);
        },
        oneToFour);
    odd(
        "on a GPU", [](TensorParts& t) { t.location = "cuda:1"; }, oneToFour);
    odd(
        "CUDA storage", [](TensorParts& t) { t.module = "torch.cuda"; }, oneToFour);
    const auto typed = [&row](const char* storage, const std::string& bytes, std::int64_t elements,
                              const Floats& values) {
        TensorParts parts;
        parts.storageType = storage;
        parts.elements = elements;
        parts.shape = {elements};
        row(storage, zip(torchItems(pickle(textDict({{"w", tensor(parts)}})), {{"0", bytes}})), "w", values);
    };
    typed("DoubleStorage", bytesOf<double>({-0.5, 3}), 2, {-0.5, 3});
    typed("HalfStorage", bytesOf<std::uint16_t>({0x3C00, 0xC000}), 2, {1, -2});
    typed("BFloat16Storage", bytesOf<std::uint16_t>({0x3F80, 0xC000}), 2, {1, -2});
    typed("LongStorage", bytesOf<std::int64_t>({-7, 1LL << 40}), 2, {-7, 1099511627776.0F});
    typed("IntStorage", bytesOf<std::int32_t>({-7, 8}), 2, {-7, 8});
    typed("ShortStorage", bytesOf<std::int16_t>({-7, 8}), 2, {-7, 8});
    typed("CharStorage", bytesOf<std::int8_t>({-7, 8}), 2, {-7, 8});
    typed("ByteStorage", bytesOf<std::uint8_t>({7, 200}), 2, {7, 200});
    typed("BoolStorage", bytesOf<std::uint8_t>({0, 1}), 2, {0, 1});
    TensorParts second;
    second.offset = 1;
    second.shape = {1};
    row("two tensors in one storage", torchZip(pickle(textDict({{"a", tensor({})}, {"w", tensor(second)}}))), "w", {2});
    row("one tensor under two names", torchZip(pickle("}" + text("a") + tensor({}) + "q\1s" + text("w") + "h\1s")), "w",
        oneToFour);
}

void addArchives(const Row& row) {
    const auto odd = [&row](const char* name, const std::function<void(std::vector<ZipItem>&, ZipParts&)>& change) {
        auto items = torchItems(pickle(textDict({{"w", tensor({})}})), {{"0", fourFloats()}});
        ZipParts parts;
        change(items, parts);
        row(name, zip(items, parts), "w", oneToFour);
    };
    odd("version without a line end", [](auto& items, auto&) { items[2].data = "10"; });
    odd("little-endian said", [](auto& items, auto&) { items.push_back({"archive/byteorder", "little"}); });
    odd("newer notes", [](auto& items, auto&) {
        items.push_back({"archive/.format_version", "1"});
        items.push_back({"archive/.data/serialization_id", "0123456789"});
    });
    odd("storage that nobody uses", [](auto& items, auto&) { items.push_back({"archive/data/99", "abc"}); });
    odd("folder entries", [](auto& items, auto&) { items.insert(items.begin(), {"archive/", ""}); });
    odd("other root", [](auto& items, auto&) {
        for (ZipItem& item : items) {
            item.name = "best model é" + item.name.substr(7);
        }
    });
    odd("entries in another order", [](auto& items, auto&) { std::reverse(items.begin(), items.end()); });
    odd("comment", [](auto&, auto& parts) { parts.comment = "a comment"; });
    odd("longest comment", [](auto&, auto& parts) { parts.comment = std::string(65535, 'c'); });
    odd("wide end records", [](auto&, auto& parts) { parts.wide = true; });
    odd("sizes follow", [](auto& items, auto&) {
        for (ZipItem& item : items) {
            item.sizesFollow = true;
        }
    });
    odd("padding in extra fields", [](auto& items, auto&) { items[1].extra = "FB\x0A\0ZZZZZZZZZZ"s; });
    odd("an extra field in the directory", [](auto& items, auto&) { items[1].centralExtra = "UT\5\0\1\2\3\4\5"s; });
    odd("deflated pickle", [](auto& items, auto&) { items[0].deflated = true; });
    odd("deflated storage", [](auto& items, auto&) { items[1].deflated = true; });
    odd("all deflated, sizes follow", [](auto& items, auto&) {
        for (ZipItem& item : items) {
            item.deflated = item.sizesFollow = true;
        }
    });
    TensorParts turned;
    turned.shape = turned.strides = {2, 2};
    turned.strides = {1, 2};
    auto items = torchItems(pickle(textDict({{"w", tensor(turned)}})), {{"0", fourFloats()}});
    items[1].deflated = true;
    row("deflated and transposed", zip(items), "w", {1, 3, 2, 4});
}

void addScripts(const Row& row) {
    const std::string net = scriptObject("Net", {{"training", truth(false)}, {"w", tensor({})}, {"hook", none()}});
    const std::string none_ = pickle(tuple({}));
    row("TorchScript", scriptZip(pickle(net), none_), "w", oneToFour);
    row("TorchScript, nested", scriptZip(pickle(scriptObject("m.___torch_mangle_5", {{"visual", net}})), none_),
        "visual.w", oneToFour);
    row("TorchScript, device",
        scriptZip(
            pickle(scriptObject("Net", {{"d", call(global("torch", "device"), {text("cuda:0")})}, {"w", tensor({})}})),
            none_),
        "w", oneToFour);
    row("TorchScript, constants", scriptZip(pickle(net), pickle(tuple({tensor({})}))), "constants/0", oneToFour);
    row("TorchScript, tagged list",
        scriptZip(pickle(scriptObject(
                      "Net", {{"l", call(global("torch.jit._pickle", "restore_type_tag"),
                                         {list({tensor({})}), text("List[Tensor]")})},
                              {"i", call(global("torch.jit._pickle", "build_intlist"), {list({integer(1)})})}})),
                  none_),
        "l.0", oneToFour);
    row("TorchScript, state that is a tuple",
        scriptZip(
            pickle(scriptObject("Net", {{"q", global("__torch__", "Packed") + ")\x81" + tuple({tensor({})}) + "b"}})),
            none_),
        "q.0", oneToFour);
    row("TorchScript, dictionary",
        scriptZip(pickle(scriptObject("Net", {{"d", textDict({{"w", tensor({})}})}})), none_), "d.w", oneToFour);
}

void addLegacy(const Row& row) {
    row("legacy", legacyOf(textDict({{"w", tensor({})}})), "w", oneToFour);
    row("legacy, a tensor alone", legacyOf(tensor({})), "tensor", oneToFour);
    row("legacy, state dictionary",
        legacyOf(textDict({{"epoch", integer(3)}, {"state_dict", orderedDict({{"w", parameter({})}})}})),
        "state_dict/w", oneToFour);
    TensorParts viewed;
    viewed.view = tuple({text("v"), integer(1), integer(3)});
    viewed.shape = {2};
    viewed.offset = 1;
    row("legacy, view of a storage", legacyOf(textDict({{"w", tensor(viewed)}})), "w", {3, 4});
    TensorParts whole;
    whole.view = none();
    row("legacy, no view", legacyOf(textDict({{"w", tensor(whole)}})), "w", oneToFour);
    TensorParts other;
    other.key = "94123";
    other.storageType = "ByteStorage";
    other.elements = 3;
    other.shape = {3};
    row("legacy, two storages",
        legacy({"",
                "",
                "",
                pickle(textDict({{"a", tensor({})}, {"w", tensor(other)}})),
                "",
                {{"94123", littleEndian(3, 8) + "\1\2\3"}, {"0", littleEndian(4, 8) + fourFloats()}}}),
        "w", {1, 2, 3});
    row("legacy, storage without a tensor",
        legacy({"",
                "",
                "",
                pickle(textDict({{"a", storageId(other)}, {"w", tensor({})}})),
                "",
                {{"0", littleEndian(4, 8) + fourFloats()}, {"94123", littleEndian(3, 8) + "\1\2\3"}}}),
        "w", oneToFour);
    row("legacy, protocol 4",
        legacy({"", "", "", pickle(textDict({{"w", tensor({})}}), 4), "", {{"0", littleEndian(4, 8) + fourFloats()}}}),
        "w", oneToFour);
    // Lengths whose bytes look like another format's: pickles of protocols 1, 2 and 4, a program, a gzip file.
    for (const std::size_t length : {384, 640, 1152, 0x5A4D, 0x8B1F}) {
        std::string header = R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
        header.resize(length, ' ');
        row("safetensors, header of " + std::to_string(length) + " bytes", safetensors(header, fourFloats()), "w",
            oneToFour);
    }
    row("safetensors with white space",
        safetensors("  \n{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}   ", fourFloats()), "w",
        oneToFour);
    row("safetensors, scalar",
        safetensors(R"({"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", fourFloats().substr(0, 4)), "w", {1});
    row("safetensors, no elements", safetensors(R"({"w":{"dtype":"F16","shape":[0,5],"data_offsets":[0,0]}})", ""), "w",
        {});
}

} // namespace

/// Unusual model files that are right all the same: each opens, and its values are the expected ones.
class TestOddFiles : public QObject {
    Q_OBJECT

private slots:
    void models_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<Floats>("values");
        const Row row = [](const std::string& name, const std::string& contents, const char* tensorName,
                           const Floats& values) {
            QTest::newRow(name.c_str()) << QByteArray::fromStdString(contents) << QString(tensorName) << values;
        };
        addPickles(row);
        addTensors(row);
        addArchives(row);
        addScripts(row);
        addLegacy(row);
    }

    void models() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, tensor);
        QFETCH(Floats, values);
        const auto file = openTensorFile(written(contents));
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        QVERIFY2((*file)->find(tensor.toStdString()) != nullptr, (*file)->tensors().front().name.c_str());
        const auto read = (*file)->readFloats(tensor.toStdString());
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(Floats(read->begin(), read->end()), values);
    }

    void scalarsAndGroups() {
        const std::string scalar = global("numpy.core.multiarray", "scalar");
        const std::string type =
            call(global("numpy", "dtype"), {text("f4")}) +
            tuple({integer(3), text(">"), none(), none(), none(), integer(-1), integer(-1), integer(0)}) + "b";
        const auto file = openTensorFile(written(QByteArray::fromStdString(
            torchZip(pickle(textDict({{"epoch", integer(-3)},
                                      {"lr", real(0.25)},
                                      {"wer", call(scalar, {type, rawBytes("\x3F\x80\0\0"s)})},
                                      {"done", truth(true)},
                                      {"name", text("手语")},
                                      {"milestones", list({integer(20), integer(30)})},
                                      {"scheduler", textDict({{"last_epoch", integer(7)}})},
                                      {"model", orderedDict({{"a.b", tensor({})}})}}))))));
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        const Scalars& scalars = (*file)->scalars();
        QCOMPARE(std::get<std::int64_t>(scalars.at("epoch")), std::int64_t(-3));
        QCOMPARE(std::get<double>(scalars.at("lr")), 0.25);
        QCOMPARE(std::get<double>(scalars.at("wer")), 1.0);
        QCOMPARE(std::get<bool>(scalars.at("done")), true);
        QCOMPARE(std::get<std::string>(scalars.at("name")), std::string("手语"));
        QCOMPARE(std::get<std::int64_t>(scalars.at("scheduler/last_epoch")), std::int64_t(7));
        QCOMPARE(scalars.size(), std::size_t(6));
        const SourceTensor* weights = (*file)->find("model/a.b");
        QVERIFY(weights != nullptr);
        QCOMPARE(weights->group, std::string("model"));
        QCOMPARE(weights->key, std::string("a.b"));
    }

    /// A larger tensor in every order of its dimensions, through all the reader's windows.
    void stridesOfLargeTensors() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const std::int64_t rows = 300 + static_cast<std::int64_t>(random() % 100);
        const std::int64_t columns = 1500 + static_cast<std::int64_t>(random() % 100);
        std::vector<float> values(static_cast<std::size_t>(rows * columns));
        for (float& value : values) {
            value = static_cast<float>(random() % 100000);
        }
        TensorParts parts;
        parts.elements = rows * columns;
        parts.shape = {columns, rows};
        parts.strides = {1, columns};
        for (const bool deflated : {false, true}) {
            auto items = torchItems(pickle(textDict({{"w", tensor(parts)}})), {{"0", bytesOf(values)}});
            items[1].deflated = deflated;
            const auto file = openTensorFile(written(QByteArray::fromStdString(zip(items))));
            QVERIFY2(file, file ? "" : file.error().message.c_str());
            const auto read = (*file)->readFloats("w");
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            for (std::int64_t column = 0; column < columns; ++column) {
                for (std::int64_t line = 0; line < rows; ++line) {
                    if ((*read)[static_cast<std::size_t>(column * rows + line)] !=
                        values[static_cast<std::size_t>(line * columns + column)]) {
                        QFAIL("wrong value");
                    }
                }
            }
        }
    }

    /// Many tensors may lie in one compressed storage: it is unpacked for the first one, and kept.
    void compressedStorageIsUnpackedOnce() {
        TensorParts last;
        last.offset = 3;
        last.shape = {1};
        auto items = torchItems(pickle(textDict({{"a", tensor({})}, {"b", tensor(last)}})), {{"0", fourFloats()}});
        items[1].deflated = true;
        const auto path = written(QByteArray::fromStdString(zip(items)));
        const auto file = openTensorFile(path);
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        QVERIFY((*file)->readFloats("a"));
        std::filesystem::resize_file(path, 0);
        const auto read = (*file)->readFloats("b");
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(*read, std::vector<float>{4});
    }

private:
    std::filesystem::path written(const QByteArray& contents) {
        QFile file(folder_.filePath("odd.bin"));
        const bool done = file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size();
        return done ? file.fileName().toStdString() : std::string();
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestOddFiles)
#include "tst_odd_files.moc"
