#include "model_files.h"
#include "refusal_check.h"
#include "tensorfile/npy.h"
#include "tensorfile/tensor_source.h"

#include <QtTest>
#include <fstream>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;
using namespace std::string_literals;

namespace {

template <class Value>
Result<void> withoutValue(const Result<Value>& result) {
    if (!result) {
        return tl::unexpected(result.error());
    }
    return {};
}

void addForeignFiles(const Row& row) {
    const std::string rest(600, 'x');
    row("empty file", "", "is empty");
    row("HDF5", "\x89HDF\r\n\x1A\n" + rest, "HDF5");
    row("GGUF", "GGUF" + rest, "GGUF");
    row("GGML", "lmgg" + rest, "GGML");
    row("TensorFlow Lite", "1234TFL3" + rest, "TensorFlow Lite");
    row("ONNX", "\x08\x07\x12\x07pytorch" + rest, "ONNX");
    row("gzip", "\x1F\x8B\x08" + rest, "gzip");
    row("bzip2", "BZh9" + rest, "bzip2");
    row("xz", "\xFD"s + "7zXZ\0"s + rest, "xz");
    row("zstd", "\x28\xB5\x2F\xFD" + rest, "zstd");
    row("7-Zip", "7z\xBC\xAF\x27\x1C" + rest, "7-Zip");
    row("RAR", "Rar!\x1A\x07" + rest, "RAR");
    row("tar", std::string(257, 'a') + "ustar" + rest, "tar");
    row("NumPy array", npy(npyHeader("<f4", "(4,)"), fourFloats()), "NumPy array");
    row("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n", "Git LFS pointer");
    row("web page", "<!DOCTYPE html><html><body>Sign in</body></html>", "web page");
    row("web page after white space", "\xEF\xBB\xBF\n\n  <HTML>", "web page");
    row("XML error", "<?xml version='1.0'?><Error>AccessDenied</Error>", "XML");
    row("JSON", "{\"weight_map\": {\"a\": \"model-1.safetensors\"}}", "JSON");
    row("JSON list", "[1, 2, 3]", "JSON");
    row("plain text", "Hello, this is a read-me file.\n", "a text file");
    row("PDF", "%PDF-1.7" + rest, "PDF");
    row("PNG", "\x89PNG\r\n" + rest, "PNG");
    row("JPEG", "\xFF\xD8\xFF" + rest, "JPEG");
    row("MP4", "1234ftypisom" + rest, "MP4");
    row("WAV", "RIFF1234WAVE" + rest, "RIFF");
    row("Linux program", "\x7F"s + "ELF" + rest, "Linux");
    row("Windows program", "MZ" + rest, "Windows");
    row("MATLAB", "MATLAB 5.0 MAT-file" + rest, "MATLAB");
    row("SQLite", "SQLite format 3\0"s + rest, "SQLite");
    row("empty zip", zip({}), "empty zip");
    row("zeros", std::string(4096, '\0'), "zeros");
    row("random bytes", "\xA7\x13\x99\xE2\x01\xB6\xC4\xD8" + rest, "a7 13 99 e2");
    row("plain zip", zip({{"a.txt", "1"}}), "not of PyTorch");
    row("Keras", zip({{"config.json", "{}"}, {"model.weights.h5", "1"}}), "Keras");
    row("npz", zip({{"a.npy", "1"}}), ".npz");
    row("office document", zip({{"[Content_Types].xml", "1"}}), "office");
    row("Java archive", zip({{"META-INF/MANIFEST.MF", "1"}}), "Java");
    row("zip around safetensors", zip({{"x/model.safetensors", "1"}}), "around safetensors");
    row("old TorchScript", zip({{"m/model.json", "{}"}}), "before PyTorch 1.4");
    row("plain pickle", pickle(textDict({{"a", integer(1)}})), "not made by torch.save");
    row("scikit-learn pickle", pickle(call(global("sklearn.svm", "SVC"), {})), "sklearn.svm SVC");
    row("safetensors cut off", safetensors("{}", "").substr(0, 9), "");
    row("safetensors with a damaged length", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{\"a\":{}}",
        "header of 18446744073709551615");
}

void addScripts(const Row& row) {
    const std::string constants = pickle(tuple({}));
    const std::string weights = pickle(scriptObject("Net", {{"w", tensor({})}}));
    const auto script = [&](const char* name, const std::string& ops, const char* message) {
        row(std::string("TorchScript: ") + name, scriptZip(pickle(ops), constants), message);
    };
    script("os.system", call(global("os", "system"), {text("x")}), "'os system'");
    script("NumPy", call(global("numpy.core.multiarray", "_reconstruct"), {}), "numpy.core.multiarray");
    script("a class that only begins alike", global("__torch__x", "Net") + ")\x81", "__torch__x Net");
    script("class called", call(global("__torch__", "Net"), {}), "not allowed");
    script("class with arguments", global("__torch__", "Net") + tuple({integer(1)}) + "\x81", "not allowed");
    script("class by INST", "(i__torch__\nNet\n", "INST");
    script("type tag without a list", call(global("torch.jit._pickle", "restore_type_tag"), {}), "arguments");
    script("another function of torch.jit", global("torch.jit._pickle", "build_tensor_from_id"), "is not run");
    script("object in itself", global("__torch__", "Net") + ")\x81q\1}" + text("a") + "h\1sb", "contains itself");
    TensorParts absent;
    absent.key = "9";
    script("missing storage", scriptObject("Net", {{"w", tensor(absent)}}), "'model/data/9'");
    row("TorchScript: os.system in the constants",
        scriptZip(weights, pickle(call(global("os", "system"), {text("x")}))), "'model/constants.pkl' at byte");
    row("TorchScript: missing constant", scriptZip(weights, pickle(tuple({tensor(absent)}))), "'model/constants/9'");
    row("TorchScript: empty constants", scriptZip(weights, ""), "'model/constants.pkl' at byte 0");
}

void addLegacy(const Row& row) {
    const std::string contents = pickle(textDict({{"w", tensor({})}}));
    const std::pair<std::string, std::string> storage{"0", littleEndian(4, 8) + fourFloats()};
    const auto changed = [&](const char* name, const std::function<void(LegacyParts&)>& change, const char* message) {
        LegacyParts parts;
        parts.contents = contents;
        parts.storages = {storage};
        change(parts);
        row(std::string("legacy: ") + name, legacy(parts), message);
    };
    changed(
        "wrong magic number",
        [](LegacyParts& p) { p.magic = pickle(std::string("\x8A\x0A\1\2\3\4\5\6\7\x08\x09\x0A", 12)); }, "torch.save");
    changed(
        "small magic number", [](LegacyParts& p) { p.magic = pickle(integer(5)); }, "not made by torch.save");
    changed(
        "protocol 1000", [](LegacyParts& p) { p.protocol = pickle(integer(1000)); }, "is not 1001");
    changed(
        "protocol is a text", [](LegacyParts& p) { p.protocol = pickle(text("1001")); }, "is not 1001");
    changed(
        "big-endian",
        [](LegacyParts& p) {
            p.system = pickle(textDict({{"little_endian", truth(false)}}));
        },
        "byte order 'big'");
    changed(
        "no byte order", [](LegacyParts& p) { p.system = pickle("}"); }, "'little_endian'");
    changed(
        "system is a list", [](LegacyParts& p) { p.system = pickle("]"); }, "'little_endian'");
    changed(
        "global in the system's properties",
        [](LegacyParts& p) { p.system = pickle(global("collections", "OrderedDict")); }, "is not run");
    changed(
        "os.system in the contents",
        [](LegacyParts& p) { p.contents = pickle(call(global("os", "system"), {text("x")})); }, "'os system'");
    changed(
        "keys are a dictionary", [](LegacyParts& p) { p.keys = pickle("}"); }, "instead of a list");
    changed(
        "keys are numbers", [](LegacyParts& p) { p.keys = pickle(list({integer(0)})); }, "instead of a text");
    changed(
        "key twice",
        [](LegacyParts& p) {
            p.keys = pickle(list({text("0"), text("0")}));
        },
        "listed twice");
    changed(
        "key missing", [](LegacyParts& p) { p.keys = pickle("]"); }, "values of the storage '0' are missing");
    changed(
        "unknown key", [](LegacyParts& p) { p.keys = pickle(list({text("5")})); }, "'5'");
    changed(
        "count differs", [](LegacyParts& p) { p.storages[0].second[0] = 5; }, "has 5 elements");
    changed(
        "count near 2^64", [](LegacyParts& p) { p.storages[0].second = std::string(8, '\xFF') + fourFloats(); },
        "elements at offset");
    changed(
        "cut in the count", [](LegacyParts& p) { p.storages[0].second.resize(4); }, "before the storage '0'");
    changed(
        "cut in the values", [](LegacyParts& p) { p.storages[0].second.resize(20); }, "inside the storage '0'");
    changed(
        "bytes at the end", [](LegacyParts& p) { p.storages[0].second += "x"; }, "1 bytes follow");
    changed(
        "text keys past the end", [](LegacyParts& p) { p.keys = pickle("X\xFF\xFF\xFF\x7F"); }, "is announced");
    const std::string good = legacyOf(tensor({}));
    row("legacy: only the magic number", good.substr(0, 15), "ends too early");
    row("legacy: cut in the contents", good.substr(0, 140), "ends too early");
}

void addArrays(const Row& row) {
    const auto header = [&row](const char* name, const std::string& text, const char* message) {
        row(name, npy(text, fourFloats()), message);
    };
    row("empty", "", "not a NumPy file");
    row("five bytes", "\x93NUMP", "not a NumPy file");
    row("only the magic", "\x93NUMPY", "cut off");
    row("cut in the length", "\x93NUMPY\1\0\x10"s, "cut off");
    row("other contents", "hello world, this is text", "not a NumPy file");
    row("version 0", npy(npyHeader("<f4", "(4,)"), fourFloats(), 0), "format version 0");
    row("version 4", npy(npyHeader("<f4", "(4,)"), fourFloats(), 4), "format version 4");
    row("header past the end", "\x93NUMPY\1\0\xFF\xFF{}"s, "more than the file holds");
    row("header of 4 GiB", "\x93NUMPY\2\0\xFF\xFF\xFF\xFF{}"s, "more than the file holds");
    row("header of 2 MiB", npy(npyHeader("<f4", "(4,)") + std::string(2 << 20, ' '), fourFloats(), 2),
        "more than is allowed");
    row("header not UTF-8", npy("{'descr': '\xFF'}", "", 3), "not UTF-8");
    header("header is a list", "[1, 2]", "lacks '{'");
    header("header is empty", "", "lacks '{'");
    header("header unfinished", "{'descr': '<f4'", "lacks '}'");
    header("no descr", "{'fortran_order': False, 'shape': (4,), }", "lacks 'descr'");
    header("no order", "{'descr': '<f4', 'shape': (4,), }", "lacks 'fortran_order'");
    header("no shape", "{'descr': '<f4', 'fortran_order': False, }", "lacks 'shape'");
    header("key twice", "{'descr': '<f4', 'descr': '<f4', }", "repeated key 'descr'");
    header("unknown key", "{'x': 1}", "key 'x'");
    header("text without an end", "{'descr", "quotation marks");
    header("number for descr", "{'descr': 4, }", "quotation marks");
    header("code for descr", "{'descr': __import__('os'), }", "quotation marks");
    header("order is a number", npyHeader("<f4", "(4,)", "1"), "neither True nor False");
    header("shape is a number", npyHeader("<f4", "4"), "lacks '('");
    header("shape has a text", npyHeader("<f4", "('4',)"), "does not consist of sizes");
    header("negative size", npyHeader("<f4", "(-4,)"), "does not consist of sizes");
    header("size past 64 bits", npyHeader("<f4", "(99999999999999999999,)"), "does not consist of sizes");
    header("fractional size", npyHeader("<f4", "(4.0,)"), "lacks ')'");
    header("33 dimensions", npyHeader("<f4", "(" + QString("1,").repeated(33).toStdString() + ")"), "more than 32");
    header("text after the header", npyHeader("<f4", "(4,)") + "x", "after its closing brace");
    header("shape overflow", npyHeader("<f4", "(4294967296, 4294967296)"), "more than can be addressed");
    header("size overflow", npyHeader("<f8", "(2305843009213693952,)"), "more than can be addressed");
    header("huge shape", npyHeader("<f4", "(1099511627776,)"), "but the file has 16");
    header("too little data", npyHeader("<f4", "(5,)"), "needs 20 bytes");
    header("too much data", npyHeader("<f4", "(3,)"), "needs 12 bytes");
    header("objects", npyHeader("|O", "(4,)"), "Python objects");
    header("text array", npyHeader("<U4", "(1,)"), "'<U4'");
    header("bytes array", npyHeader("|S16", "(1,)"), "'|S16'");
    header("complex numbers", npyHeader("<c8", "(2,)"), "'<c8'");
    header("long double", npyHeader("<f16", "(1,)"), "'<f16'");
    header("dates", npyHeader("<M8[ns]", "(2,)"), "'<M8[ns]'");
    header("records", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", "records");
    header("empty descr", npyHeader("", "(4,)"), "data type ''");
}

void addGlosses(const Row& row) {
    const auto entries = [&row](const char* name, const std::string& dictionary, const char* message) {
        row(name, glossFile(dictionary), message);
    };
    const auto value = [](std::int64_t index, std::int64_t count) { return list({integer(index), integer(count)}); };
    row("empty file", "", "not a NumPy file");
    row("array of numbers", npy(npyHeader("<f4", "(4,)"), fourFloats()), "not a gloss dictionary");
    row("several objects", npy(npyHeader("|O", "(3,)"), objectArray("}")), "instead of one dictionary");
    row("2^80 objects", npy(npyHeader("|O", "(1099511627776, 1099511627776)"), objectArray("}")),
        "instead of one dictionary");
    row("no pickle", npy(npyHeader("|O", "()"), ""), "the pickle at byte 128");
    row("cut pickle", npy(npyHeader("|O", "()"), objectArray("}").substr(0, 90)), "the pickle at byte 213");
    row("bytes after the pickle", glossFile(textDict({{"A", integer(1)}})) + "x", "1 bytes follow");
    entries("a list", "]", "a list instead of a dictionary");
    entries("empty dictionary", "}", "is empty");
    entries("index 0", textDict({{"A", value(0, 1)}}), "index 0, outside 1 to 1");
    entries("negative index", textDict({{"A", value(-1, 1)}}), "index -1");
    entries("index too high", textDict({{"A", value(1, 1)}, {"B", value(3, 1)}}), "index 3, outside 1 to 2");
    entries("index twice", textDict({{"A", value(1, 1)}, {"B", value(1, 1)}}), "which 'A' has, too");
    entries("gloss twice", textDict({{"A", value(1, 1)}, {"A", value(2, 1)}}), "key 'A' twice");
    entries("negative count", textDict({{"A", value(1, -1)}}), "count -1");
    entries("number for a gloss", dict({{integer(5), value(1, 1)}}), "an integer instead of a text");
    entries("gloss without letters", textDict({{"", value(1, 1)}}), "no letters");
    entries("text for an index", textDict({{"A", text("1")}}), "'A' comes with a text");
    entries("fraction for an index", textDict({{"A", list({real(1.0), integer(1)})}}), "'A' comes with a list");
    entries("three numbers", textDict({{"A", list({integer(1), integer(1), integer(1)})}}), "'A' comes with a list");
    entries("empty list", textDict({{"A", "]"}}), "'A' comes with a list");
    entries("None", textDict({{"A", none()}}), "'A' comes with None");
    entries("os.system", call(global("os", "system"), {text("x")}), "'os system'");
    entries("PyTorch in a dictionary", textDict({{"A", tensor({})}}), "is not run");
    entries("gloss not UTF-8", textDict({{"\xFF", value(1, 1)}}), "not UTF-8");
    row("object array of two for one",
        npy(npyHeader("|O", "()"),
            [] {
                std::string bytes = objectArray("}");
                const std::size_t place = bytes.find("](}");
                return bytes.insert(place + 2, "}");
            }()),
        "does not come with as many");
    row("array not filled",
        npy(npyHeader("|O", "()"), pickle(call(global("numpy.core.multiarray", "_reconstruct"),
                                               {global("numpy", "ndarray"), integers({0}), rawBytes("b")}))),
        "a NumPy array instead of a dictionary");
    row("protocol 9", npy(npyHeader("|O", "()"), objectArray(textDict({{"A", integer(1)}}), 9)), "protocol 9");
}

} // namespace

/// Files of other formats, TorchScript archives, the old layout of PyTorch, NumPy arrays and gloss dictionaries.
class TestOtherRefusals : public QObject {
    Q_OBJECT

private slots:
    void modelFiles_data() {
        const Row row = rowAdder();
        addForeignFiles(row);
        addScripts(row);
        addLegacy(row);
    }
    void modelFiles() {
        check([](const std::filesystem::path& path) -> Result<void> {
            const auto file = tensorfile::openTensorFile(path);
            return withoutValue(file);
        });
    }

    void arrays_data() { addArrays(rowAdder()); }
    void arrays() {
        check([](const std::filesystem::path& path) { return withoutValue(tensorfile::readNpy(path)); });
    }

    void glossDictionaries_data() { addGlosses(rowAdder()); }
    void glossDictionaries() {
        check([](const std::filesystem::path& path) { return withoutValue(tensorfile::readGlossDictionary(path)); });
    }

    void whatIsNoFile() {
        const std::string folder = folder_.path().toStdString();
        QCOMPARE(tensorfile::openTensorFile(folder + "/absent").error().code, ErrorCode::NotFound);
        QCOMPARE(tensorfile::openTensorFile(folder).error().code, ErrorCode::Unreadable);
        QCOMPARE(tensorfile::openTensorFile("/dev/zero").error().code, ErrorCode::Unreadable);
        QCOMPARE(tensorfile::readNpy(folder + "/absent").error().code, ErrorCode::NotFound);
        QCOMPARE(tensorfile::readGlossDictionary(folder).error().code, ErrorCode::Unreadable);
    }

    void checkpointThatShrinksWhileOpen() {
        const std::filesystem::path path = folder_.filePath("shrinks.pt").toStdString();
        const std::string contents = torchZip(pickle(textDict({{"w", tensor({})}})));
        std::ofstream(path, std::ios::binary) << contents;
        const auto file = tensorfile::openTensorFile(path);
        QVERIFY(file);
        std::filesystem::resize_file(path, contents.find(fourFloats()) + 5);
        const auto values = (*file)->readFloats("w");
        QVERIFY(!values);
        QCOMPARE(values.error().code, ErrorCode::Unreadable);
        QVERIFY(QString::fromStdString(values.error().message).contains("could be read"));
    }

private:
    template <class Open>
    void check(Open open) {
        QFETCH(QByteArray, contents);
        QFETCH(QString, message);
        const QString problem = refusalProblem(folder_, contents, message, open);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestOtherRefusals)
#include "tst_other_refusals.moc"
