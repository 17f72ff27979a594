#include "model_files.h"
#include "tensorfile/npy.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;
using namespace livegloss::tensorfile;
using namespace std::string_literals;

using Floats = QVector<float>;
Q_DECLARE_METATYPE(Floats)

namespace {

const Floats oneToFour{1, 2, 3, 4};

/// File and values.
using ArrayRow = std::function<void(const std::string&, const std::string&, const Floats&)>;

void addArrays(const ArrayRow& row) {
    const Floats numbers{-1, 2};
    row("version 1", npy(npyHeader("<f4", "(4,)"), fourFloats()), oneToFour);
    row("version 2", npy(npyHeader("<f4", "(2, 2)"), fourFloats(), 2), oneToFour);
    row("version 3", npy(npyHeader("<f4", "(4, 1)"), fourFloats(), 3), oneToFour);
    row("scalar", npy(npyHeader("<f4", "()"), fourFloats().substr(0, 4)), {1});
    row("no elements", npy(npyHeader("<f4", "(3, 0)"), ""), {});
    row("no elements, column-major", npy(npyHeader("<f4", "(3, 0)", "True"), ""), {});
    row("column-major", npy(npyHeader("<f4", "(2, 2)", "True"), fourFloats()), {1, 3, 2, 4});
    row("column-major, three dimensions",
        npy(npyHeader("|u1", "(2, 3, 2)", "True"), "\0\1\2\3\4\5\6\7\x08\x09\x0A\x0B"s),
        {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
    row("big-endian", npy(npyHeader(">i2", "(2,)"), "\xFF\xFF\0\2"s), numbers);
    row("big-endian doubles", npy(npyHeader(">f8", "(1,)"), "\x3F\xF0\0\0\0\0\0\0"s), {1});
    row("native order", npy(npyHeader("=f4", "(4,)"), fourFloats()), oneToFour);
    row("doubles", npy(npyHeader("<f8", "(2,)"), bytesOf<double>({-1, 2})), numbers);
    row("halves", npy(npyHeader("<f2", "(2,)"), bytesOf<std::uint16_t>({0xBC00, 0x4000})), numbers);
    row("int8", npy(npyHeader("|i1", "(2,)"), "\xFF\2"), numbers);
    row("int16", npy(npyHeader("<i2", "(2,)"), bytesOf<std::int16_t>({-1, 2})), numbers);
    row("int32", npy(npyHeader("<i4", "(2,)"), bytesOf<std::int32_t>({-1, 2})), numbers);
    row("int64", npy(npyHeader("<i8", "(2,)"), bytesOf<std::int64_t>({-1, 2})), numbers);
    row("uint16", npy(npyHeader("<u2", "(2,)"), bytesOf<std::uint16_t>({65535, 2})), {65535, 2});
    row("uint64", npy(npyHeader("<u8", "(1,)"), bytesOf<std::uint64_t>({5})), {5});
    row("truth values", npy(npyHeader("|b1", "(2,)"), "\0\1"s), {0, 1});
    row("sizes of Python 2", npy(npyHeader("<f4", "(4L,)"), fourFloats()), oneToFour);
    row("other quotation marks, no last comma",
        npy("{\"shape\": (4,), \"descr\": \"<f4\", \"fortran_order\": False}", fourFloats()), oneToFour);
    row("no spaces", npy("{'descr':'<f4','fortran_order':False,'shape':(4,)}", fourFloats()), oneToFour);
}

std::string pairs(const std::vector<std::string>& values) {
    return textDict({{"B", values[0]}, {"Ä 手", values[1]}});
}

} // namespace

/// Unusual NumPy arrays and gloss dictionaries that are right all the same.
class TestOddArrays : public QObject {
    Q_OBJECT

private slots:
    void arrays_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<Floats>("values");
        addArrays([](const std::string& name, const std::string& contents, const Floats& values) {
            QTest::newRow(name.c_str()) << QByteArray::fromStdString(contents) << values;
        });
    }

    void arrays() {
        QFETCH(QByteArray, contents);
        QFETCH(Floats, values);
        const auto array = readNpy(written(contents));
        QVERIFY2(array, array ? "" : array.error().message.c_str());
        const auto read = array->floats();
        QCOMPARE(Floats(read.begin(), read.end()), values);
        const bool isInteger =
            array->type != DataType::F16 && array->type != DataType::F32 && array->type != DataType::F64;
        QCOMPARE(array->integers().has_value(), isInteger);
    }

    void glossDictionaries_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<int>("count");
        const auto row = [](const char* name, const std::string& contents, int count) {
            QTest::newRow(name) << QByteArray::fromStdString(contents) << count;
        };
        const std::string numpyTwo = call(global("numpy.core.multiarray", "scalar"),
                                          {call(global("numpy", "dtype"), {text("i8")}), rawBytes(littleEndian(2, 8))});
        const std::string one = list({integer(1), integer(5)});
        row("lists", glossFile(pairs({one, list({integer(2), integer(7)})})), 7);
        row("order turned", glossFile(textDict({{"Ä 手", list({integer(2), integer(7)})}, {"B", one}})), 7);
        row("tuples", glossFile(pairs({one, tuple({integer(2), integer(7)})})), 7);
        row("indices only", glossFile(pairs({integer(1), integer(2)})), 0);
        row("lists of one", glossFile(pairs({one, list({integer(2)})})), 0);
        row("NumPy integers", glossFile(pairs({one, numpyTwo})), 0);
        row("OrderedDict", glossFile(orderedDict({{"B", one}, {"Ä 手", integer(2)}})), 0);
        row("protocol 4", npy(npyHeader("|O", "()"), objectArray(pairs({one, integer(2)}), 4)), 0);
        row("array of one", npy(npyHeader("|O", "(1,)"), objectArray(pairs({one, integer(2)}))), 0);
        row("pickle without NumPy", pickle(pairs({one, integer(2)}), 3), 0);
        row("format version 2", npy(npyHeader("|O", "()"), objectArray(pairs({one, integer(2)})), 2), 0);
    }

    void glossDictionaries() {
        QFETCH(QByteArray, contents);
        QFETCH(int, count);
        const auto glosses = readGlossDictionary(written(contents));
        QVERIFY2(glosses, glosses ? "" : glosses.error().message.c_str());
        QCOMPARE(glosses->size(), std::size_t(2));
        QCOMPARE(glosses->front().gloss, std::string("B"));
        QCOMPARE(QString::fromStdString(glosses->back().gloss), QString("Ä 手"));
        QCOMPARE(glosses->back().count, std::int64_t(count));
    }

private:
    std::filesystem::path written(const QByteArray& contents) {
        QFile file(folder_.filePath("odd.bin"));
        const bool done = file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size();
        return done ? file.fileName().toStdString() : std::string();
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestOddArrays)
#include "tst_odd_arrays.moc"
