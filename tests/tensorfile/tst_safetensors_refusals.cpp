#include "refusal_check.h"
#include "tensorfile/safetensors.h"

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <random>

using namespace livegloss;
using namespace livegloss::tensorfile;

namespace {

std::string withLength(std::uint64_t length, const std::string& rest) {
    return std::string(reinterpret_cast<const char*>(&length), 8) + rest;
}
std::string whole(const std::string& header, const std::string& data) {
    return withLength(header.size(), header + data);
}

/// A tensor entry, without the braces around the header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
    return QStringLiteral(R"("%1":{"dtype":%2,"shape":%3,"data_offsets":%4})")
        .arg(QString::fromStdString(name), QString::fromStdString(dtype), QString::fromStdString(shape),
             QString::fromStdString(offsets))
        .toStdString();
}
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets,
                const std::string& data) {
    std::string header("{");
    header += entry("t", dtype, shape, offsets);
    header += '}';
    return whole(header, data);
}
std::string two(const std::string& first, const std::string& second, const std::string& data) {
    std::string header("{");
    header += first;
    header += ',';
    header += second;
    header += '}';
    return whole(header, data);
}

} // namespace

/// Damaged and hostile files: each is refused with a message that says what is wrong.
class TestSafetensorsRefusals : public QObject {
    Q_OBJECT

private slots:
    void refuses_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const std::string& contents, const char* message) {
            QTest::newRow(name) << QByteArray::fromStdString(contents) << QString(message);
        };
        const std::string four = "1234";
        row("empty file", "", "only 0 bytes");
        row("seven bytes", "1234567", "only 7 bytes");
        row("a PyTorch checkpoint", "PK\3\4" + std::string(60, 'x'), "a PyTorch checkpoint");
        row("an old PyTorch checkpoint", "\x80\2\x8A\x0Al\xFC\x9C" + std::string(60, 'x'), "a PyTorch checkpoint");
        row("a web page", "<!DOCTYPE html><html>" + std::string(60, ' '), "a web page");
        row("a NumPy array", "\x93NUMPY\1" + std::string(60, 'x'), "a NumPy array");
        row("header beyond the file", withLength(100, "{}"), "header of 100 bytes");
        row("huge header", withLength(~0ULL, "{}"), "header of 18446744073709551615 bytes");
        row("truncated header", withLength(20, "{\"t\":{\"dtype\":\"F32\""), "bytes");
        row("empty header", withLength(0, ""), "JSON");
        row("not JSON", whole("hello", ""), "not valid JSON at byte");
        row("unfinished JSON", whole("{\"t\":{\"dtype\":\"F32\",", ""), "not valid JSON");
        row("text after JSON", whole("{} x", ""), "not valid JSON");
        row("not UTF-8", whole("{\"t\xFF\":1}", ""), "not valid JSON");
        row("an array", whole("[]", ""), "an array");
        row("a number", whole("12", ""), "a number");
        row("deep nesting", whole("{\"t\":{\"shape\":" + std::string(100000, '[') + "}}", ""), "an array");
        row("deep objects", whole("{\"t\":{\"dtype\":{\"a\":1}}}", ""), "an object");
        row("duplicate names", two(entry("t", "\"U8\"", "[4]", "[0,4]"), entry("t", "\"U8\"", "[4]", "[0,4]"), four),
            "'t' appears twice");
        row("duplicate metadata", whole("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", ""), "'a' appears twice");
        row("duplicate field",
            whole("{\"t\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", four), "twice");
        row("metadata number", whole("{\"__metadata__\":{\"a\":1}}", ""), "not a string");
        row("metadata object", whole("{\"__metadata__\":{\"a\":{}}}", ""), "not a string");
        row("metadata text", whole("{\"__metadata__\":\"a\"}", ""), "not an object");
        row("unknown dtype", one("\"F8\"", "[4]", "[0,4]", four), "unknown data type 'F8'");
        row("dtype number", one("1", "[4]", "[0,4]", four), "'dtype'");
        row("no dtype", whole("{\"t\":{\"shape\":[4],\"data_offsets\":[0,4]}}", four), "lacks dtype");
        row("no shape", whole("{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", four), "lacks shape");
        row("no offsets", whole("{\"t\":{\"dtype\":\"U8\",\"shape\":[4]}}", four), "lacks data_offsets");
        row("unknown field", whole("{\"t\":{\"x\":1}}", ""), "unknown field 'x'");
        row("negative size", one("\"U8\"", "[-4]", "[0,4]", four), "negative");
        row("fractional size", one("\"U8\"", "[4.0]", "[0,4]", four), "fractional");
        row("huge size", one("\"U8\"", "[18446744073709551616]", "[0,4]", four), "huge");
        row("size past int64", one("\"U8\"", "[9223372036854775808]", "[0,4]", four), "large");
        row("exponent", one("\"U8\"", "[4e0]", "[0,4]", four), "fractional");
        row("shape text", one("\"U8\"", "\"4\"", "[0,4]", four), "a string");
        row("shape null", one("\"U8\"", "null", "[0,4]", four), "null");
        row("shape overflow", one("\"F32\"", "[4294967296,4294967296]", "[0,4]", four), "more than can be addressed");
        row("bytes overflow", one("\"F64\"", "[2305843009213693952]", "[0,4]", four), "more than can be addressed");
        row("many dimensions", one("\"U8\"", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]", "[0,4]", four), "dimensions");
        row("size mismatch", one("\"F32\"", "[2]", "[0,4]", four), "needs 8 bytes, but its offsets span 4");
        row("begin after end", one("\"U8\"", "[4]", "[4,0]", four), "before its begin");
        row("one offset", one("\"U8\"", "[4]", "[0]", four), "1 data offsets");
        row("three offsets", one("\"U8\"", "[4]", "[0,4,8]", four), "more than two");
        row("negative offset", one("\"U8\"", "[4]", "[-1,3]", four), "negative");
        row("offset past the end", one("\"U8\"", "[8]", "[0,8]", four), "only 4 bytes of data");
        row("offset near 2^64", one("\"U8\"", "[4]", "[18446744073709551611,18446744073709551615]", four),
            "only 4 bytes of data");
        row("trailing bytes", one("\"U8\"", "[4]", "[0,4]", "12345"), "1 bytes after the last tensor");
        row("trailing bytes without tensors", whole("{}", "12"), "2 bytes after");
        row("gap", two(entry("a", "\"U8\"", "[1]", "[0,1]"), entry("b", "\"U8\"", "[1]", "[2,3]"), "123"), "gap");
        row("gap at the start", one("\"U8\"", "[3]", "[1,4]", four), "gap");
        row("overlap", two(entry("a", "\"U8\"", "[3]", "[0,3]"), entry("b", "\"U8\"", "[2]", "[2,4]"), four), "inside");
        std::string many("{\"__metadata__\":{\"k\":\"v\"}");
        std::string notes("{\"__metadata__\":{\"k\":\"v\"");
        for (int i = 0; i < 200001; ++i) {
            many += ",\"t" + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
            notes += ",\"" + std::to_string(i) + "\":\"\"";
        }
        row("too many tensors", whole(many + "}", ""), "more than 200000 tensors");
        row("too many metadata entries", whole(notes + "}}", ""), "more than 100000 metadata");
        row("metadata twice", whole("{\"__metadata__\":{},\"__metadata__\":{}}", ""), "'__metadata__' appears twice");
        row("long name",
            two(entry("a", "\"U8\"", "[4]", "[0,4]"), entry(std::string(5000, 'n'), "\"U8\"", "[0]", "[4,4]"), four),
            "a name has 5000 bytes");
        row("same bytes twice", two(entry("a", "\"U8\"", "[4]", "[0,4]"), entry("b", "\"U8\"", "[4]", "[0,4]"), four),
            "inside");
    }

    void refuses() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, message);
        checkRefusal(contents, message);
    }

    /// Texts of such a length are stopped before they take several times as much memory.
    void refusesLongTexts() {
        const std::string note(40'000'000, 'x');
        checkRefusal(QByteArray::fromStdString(whole("{\"__metadata__\":{\"a\":\"" + note + "\"}}", "")),
                     "a text of more than");
        std::string quotes("{\"__metadata__\":{\"a\":\"");
        for (int i = 0; i < 5'000'000; ++i) {
            quotes += "\\\"\\\\";
        }
        checkRefusal(QByteArray::fromStdString(whole(quotes + "\"}}", "")), "a text of more than");
        std::string notes("{\"__metadata__\":{");
        for (const char* key : {"\"a\":\"", "\"b\":\"", "\"c\":\""}) {
            notes += key + note.substr(0, 15'000'000) + (*(key + 1) == 'c' ? "\"}}" : "\",");
        }
        checkRefusal(QByteArray::fromStdString(whole(notes, "")), "bytes of metadata");
    }

    /// The longest allowed header is 100,000,000 bytes, whatever the file has room for.
    void refusesLongHeaders() {
        const std::filesystem::path path = folder_.filePath("long.safetensors").toStdString();
        std::ofstream(path, std::ios::binary) << withLength(100'000'001, "{");
        std::filesystem::resize_file(path, 100'000'100);
        const auto reader = SafetensorsReader::open(path);
        QVERIFY(!reader);
        QVERIFY(QString::fromStdString(reader.error().message).contains("more than is allowed"));
    }

    void refusesWhatIsNoFile() {
        QCOMPARE(SafetensorsReader::open(folder_.filePath("absent").toStdString()).error().code, ErrorCode::NotFound);
        QCOMPARE(SafetensorsReader::open(folder_.path().toStdString()).error().code, ErrorCode::Unreadable);
    }

    /// Random damage to a good file never crashes; where the file still opens, every tensor can be read or refused.
    void survivesRandomDamage() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const std::string good =
            whole("{\"__metadata__\":{\"k\":\"v\"}," + entry("a", "\"F32\"", "[2,2]", "[0,16]") + "," +
                      entry("b", "\"I64\"", "[]", "[16,24]") + "," + entry("c", "\"F16\"", "[0,3]", "[24,24]") + "}",
                  std::string(24, '\1'));
        int opened = 0;
        for (int round = 0; round < 1000; ++round) {
            std::string damaged = good;
            const int changes = 1 + static_cast<int>(random() % 3);
            for (int change = 0; change < changes; ++change) {
                damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
            }
            if (random() % 4 == 0) {
                damaged.resize(random() % damaged.size());
            }
            const auto reader = open(QByteArray::fromStdString(damaged));
            if (!reader) {
                QVERIFY(!reader.error().message.empty());
                continue;
            }
            ++opened;
            for (const TensorInfo& tensor : reader->tensors()) {
                const auto values = reader->readFloats(tensor.name);
                QVERIFY(values);
                QCOMPARE(static_cast<std::int64_t>(values->size()), elementCount(tensor.shape));
            }
        }
        QVERIFY(opened > 0);
        QVERIFY(opened < 1000);
    }

private:
    void checkRefusal(const QByteArray& contents, const QString& message) {
        const auto opened = [](const std::filesystem::path& path) -> Result<void> {
            const auto reader = SafetensorsReader::open(path);
            return reader ? Result<void>() : tl::unexpected(reader.error());
        };
        const QString problem = testfiles::refusalProblem(folder_, contents, message, opened);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
    Result<SafetensorsReader> open(const QByteArray& contents) {
        const std::filesystem::path path = folder_.filePath("bad.safetensors").toStdString();
        std::ofstream(path, std::ios::binary).write(contents.constData(), contents.size());
        return SafetensorsReader::open(path);
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestSafetensorsRefusals)
#include "tst_safetensors_refusals.moc"
