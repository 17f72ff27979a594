#include "tensorfile/safetensors.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

using namespace livegloss;
using namespace livegloss::tensorfile;

namespace {

void writeFile(const std::filesystem::path& path, const std::string& header, const std::string& data) {
    std::ofstream file(path, std::ios::binary);
    const std::uint64_t length = header.size();
    file.write(reinterpret_cast<const char*>(&length), 8);
    file << header << data;
}

template <class T>
std::string bytesOf(std::initializer_list<T> values) {
    std::string bytes;
    for (const T& value : values) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
    }
    return bytes;
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private slots:
    void init() { QVERIFY(folder_.isValid()); }

    void writesAndReadsBack() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        std::normal_distribution<float> normal;
        std::vector<float> values(3 * 5 * 7);
        for (float& value : values) {
            value = normal(random);
        }
        values[4] = std::numeric_limits<float>::quiet_NaN();
        const std::vector<std::int64_t> integers{0, -1, std::numeric_limits<std::int64_t>::min(),
                                                 std::numeric_limits<std::int64_t>::max()};
        SafetensorsWriter writer;
        writer.setMetadata("name", "Größe \"quoted\" \n 手语");
        writer.addFloats("half", {2, 2}, std::vector<float>{1.0F, -0.5F, 65504.0F, 6e-8F}, DataType::F16);
        writer.addFloats("values", {3, 5, 7}, values);
        writer.addFloats("scalar", {}, std::vector<float>{2.5F});
        writer.addFloats("nothing", {4, 0, 2}, {});
        writer.addIntegers("integers", {4}, integers);
        const auto path = file("round.safetensors");
        const auto saved = writer.save(path);
        QVERIFY2(saved, saved ? "" : saved.error().message.c_str());

        const auto reader = SafetensorsReader::open(path);
        QVERIFY2(reader, reader ? "" : reader.error().message.c_str());
        QCOMPARE(reader->tensors().size(), std::size_t(5));
        QCOMPARE(QString::fromStdString(reader->metadata().at("name")), QString("Größe \"quoted\" \n 手语"));
        QVERIFY(reader->find("absent") == nullptr);
        QCOMPARE(reader->find("values")->shape, (Shape{3, 5, 7}));
        const auto readValues = reader->readFloats("values");
        QVERIFY(readValues);
        QCOMPARE(std::memcmp(readValues->data(), values.data(), values.size() * sizeof(float)), 0);
        QCOMPARE(*reader->readFloats("scalar"), std::vector<float>{2.5F});
        QVERIFY(reader->readFloats("nothing")->empty());
        QCOMPARE(*reader->readIntegers("integers"), integers);
        QCOMPARE(*reader->readFloats("half"), (std::vector<float>{1.0F, -0.5F, 65504.0F, 0x1p-24F}));
        QCOMPARE(reader->readFloats("absent").error().code, ErrorCode::NotFound);
        QCOMPARE(reader->readIntegers("values").error().code, ErrorCode::Unsupported);
    }

    void convertsEveryType() {
        const std::string header =
            R"({"b":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]},"u8":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},)"
            R"("i8":{"dtype":"I8","shape":[1],"data_offsets":[3,4]},"u16":{"dtype":"U16","shape":[1],"data_offsets":[4,6]},)"
            R"("i16":{"dtype":"I16","shape":[1],"data_offsets":[6,8]},"u32":{"dtype":"U32","shape":[1],"data_offsets":[8,12]},)"
            R"("i32":{"dtype":"I32","shape":[1],"data_offsets":[12,16]},"u64":{"dtype":"U64","shape":[1],"data_offsets":[16,24]},)"
            R"("bf":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]},"d":{"dtype":"F64","shape":[1],"data_offsets":[28,36]}})";
        const std::string data = bytesOf<std::uint8_t>({0, 1, 255}) + bytesOf<std::int8_t>({-128}) +
                                 bytesOf<std::uint16_t>({65535}) + bytesOf<std::int16_t>({-32768}) +
                                 bytesOf<std::uint32_t>({4294967295U}) + bytesOf<std::int32_t>({-7}) +
                                 bytesOf<std::uint64_t>({std::numeric_limits<std::uint64_t>::max()}) +
                                 bytesOf<std::uint16_t>({0x3FC0, 0xC000}) + bytesOf<double>({0.1});
        const auto path = file("types.safetensors");
        writeFile(path, header, data);
        const auto reader = SafetensorsReader::open(path);
        QVERIFY2(reader, reader ? "" : reader.error().message.c_str());
        QCOMPARE(*reader->readIntegers("b"), (std::vector<std::int64_t>{0, 1}));
        QCOMPARE(*reader->readIntegers("u8"), std::vector<std::int64_t>{255});
        QCOMPARE(*reader->readIntegers("i8"), std::vector<std::int64_t>{-128});
        QCOMPARE(*reader->readIntegers("u16"), std::vector<std::int64_t>{65535});
        QCOMPARE(*reader->readIntegers("i16"), std::vector<std::int64_t>{-32768});
        QCOMPARE(*reader->readIntegers("u32"), std::vector<std::int64_t>{4294967295});
        QCOMPARE(*reader->readFloats("i32"), std::vector<float>{-7.0F});
        QCOMPARE(reader->readIntegers("u64").error().code, ErrorCode::Unsupported);
        QCOMPARE(*reader->readFloats("bf"), (std::vector<float>{1.5F, -2.0F}));
        QCOMPARE(*reader->readFloats("d"), std::vector<float>{0.1F});
        QCOMPARE(reader->readBytes("bf")->size(), std::size_t(4));
    }

    void acceptsWhiteSpaceAndEmptyFiles() {
        const auto path = file("space.safetensors");
        writeFile(path, "  \n{\"a\" : {\"shape\":[1], \"dtype\":\"U8\", \"data_offsets\":[0, 1]} }   ", "x");
        QVERIFY(SafetensorsReader::open(path));
        writeFile(path, "{}", "");
        QVERIFY(SafetensorsReader::open(path));
    }

    void everyHalfSurvivesTheRoundTrip() {
        for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
            const auto half = static_cast<std::uint16_t>(bits);
            const float value = floatFromHalf(half);
            if (std::isnan(value)) {
                QVERIFY(std::isnan(floatFromHalf(halfFromFloat(value))));
            } else {
                QCOMPARE(halfFromFloat(value), half);
            }
        }
    }

    void halvesRoundToNearestEven() {
        for (std::uint16_t half = 0; half < 0x7BFF; ++half) {
            const float low = floatFromHalf(half);
            const float high = floatFromHalf(static_cast<std::uint16_t>(half + 1));
            const float middle = low + (high - low) / 2;
            QCOMPARE(halfFromFloat(middle), static_cast<std::uint16_t>(half + (half & 1)));
            QCOMPARE(halfFromFloat(std::nextafter(middle, 0.0F)), half);
            QCOMPARE(halfFromFloat(std::nextafter(middle, high)), static_cast<std::uint16_t>(half + 1));
        }
        QCOMPARE(halfFromFloat(65519.99F), std::uint16_t(0x7BFF));
        QCOMPARE(halfFromFloat(65520.0F), std::uint16_t(0x7C00));
    }

    void writerReportsMistakes() {
        const auto path = file("wrong.safetensors");
        const std::vector<float> two{1.0F, 2.0F};
        const auto codeOf = [&path](auto&& prepare) {
            SafetensorsWriter writer;
            prepare(writer);
            const auto saved = writer.save(path);
            return saved ? ErrorCode::Internal : saved.error().code;
        };
        QCOMPARE(codeOf([&](auto& writer) { writer.addFloats("a", {3}, two); }), ErrorCode::InvalidArgument);
        QCOMPARE(codeOf([&](auto& writer) {
                     writer.addFloats("a", {2}, two);
                     writer.addFloats("a", {2}, two);
                 }),
                 ErrorCode::InvalidArgument);
        QCOMPARE(codeOf([&](auto& writer) { writer.addFloats("a", {1}, std::vector<float>{1e6F}, DataType::F16); }),
                 ErrorCode::InvalidArgument);
        QCOMPARE(codeOf([&](auto& writer) { writer.setMetadata("a", "\xFF\xFE"); }), ErrorCode::InvalidArgument);
        QVERIFY(!std::filesystem::exists(path));
    }

    void failedSaveKeepsTheOldFile() {
        const QString subfolder = folder_.filePath("keep");
        QVERIFY(QDir().mkpath(subfolder));
        const std::filesystem::path path = (subfolder + "/model.safetensors").toStdString();
        SafetensorsWriter first;
        first.addFloats("a", {1}, std::vector<float>{1.0F});
        QVERIFY(first.save(path));
        SafetensorsWriter second;
        second.addFloats("a", {1}, std::vector<float>{2.0F});
        // A folder that holds a file cannot be replaced by rename: the save fails in its last step.
        const std::filesystem::path blocked = (subfolder + "/blocked").toStdString();
        QVERIFY(QDir().mkpath(subfolder + "/blocked/inner"));
        QCOMPARE(second.save(blocked).error().code, ErrorCode::WriteFailed);
        QCOMPARE(second.save(path / "below" / "a.safetensors").error().code, ErrorCode::WriteFailed);
        QCOMPARE(*SafetensorsReader::open(path)->readFloats("a"), std::vector<float>{1.0F});
        QCOMPARE(QDir(subfolder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).size(), 2);
    }

    void openReaderSurvivesReplacement() {
        const auto path = file("replaced.safetensors");
        SafetensorsWriter first;
        first.addFloats("a", {2}, std::vector<float>{1.0F, 2.0F});
        QVERIFY(first.save(path));
        const auto reader = SafetensorsReader::open(path);
        QVERIFY(reader);
        SafetensorsWriter second;
        second.addFloats("b", {1}, std::vector<float>{3.0F});
        QVERIFY(second.save(path));
        QCOMPARE(*reader->readFloats("a"), (std::vector<float>{1.0F, 2.0F}));
    }

    void shrunkFileIsAnError() {
        const auto path = file("shrunk.safetensors");
        SafetensorsWriter writer;
        writer.addFloats("a", {1000}, std::vector<float>(1000, 1.0F));
        QVERIFY(writer.save(path));
        const auto reader = SafetensorsReader::open(path);
        QVERIFY(reader);
        std::filesystem::resize_file(path, 200);
        QCOMPARE(reader->readFloats("a").error().code, ErrorCode::Unreadable);
    }

private:
    std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
