// Memory for reading the model part of a large checkpoint with optimizer state. Writes a file of about 650 MB and reads
// a third of it, too much for the ordinary tests:
//
//   measure_large_checkpoint [FOLDER]
#include "model_files.h"
#include "peak_memory.h"
#include "tensorfile/tensor_source.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <zlib.h>

using namespace livegloss;
using namespace livegloss::testfiles;

namespace {

constexpr int tensorCount = 54;
constexpr std::int64_t rows = 1024;
constexpr std::int64_t columns = 980;
constexpr std::int64_t elements = rows * columns;
constexpr double mostTimesModel = 1.3;

float valueAt(int storage, std::int64_t index) {
    return static_cast<float>((index * 31 + storage * 1009) % 65536) / 256.0F;
}

std::string description() {
    std::vector<std::pair<std::string, std::string>> model;
    std::vector<std::pair<std::string, std::string>> moments;
    const auto weights = [](int storage) {
        TensorParts parts;
        parts.key = std::to_string(storage);
        parts.elements = elements;
        parts.shape = {rows, columns};
        parts.strides = {columns, 1};
        return tensor(parts);
    };
    for (int i = 0; i < tensorCount; ++i) {
        model.emplace_back("layer" + std::to_string(i) + ".weight", weights(i));
        moments.emplace_back(integer(i), textDict({{"step", integer(100)},
                                                   {"exp_avg", weights(tensorCount + i)},
                                                   {"exp_avg_sq", weights(2 * tensorCount + i)}}));
    }
    return pickle(textDict({{"epoch", integer(40)},
                            {"model_state_dict", orderedDict(model)},
                            {"optimizer_state_dict", textDict({{"state", dict(moments)}})}}));
}

/// Writes entries one after the other, their sizes behind them, as torch.save does.
class ArchiveWriter {
public:
    explicit ArchiveWriter(const std::filesystem::path& path) : file_(path, std::ios::binary) {}

    void begin(const std::string& name) {
        name_ = name;
        offset_ = static_cast<std::uint64_t>(file_.tellp());
        checksum_ = 0;
        size_ = 0;
        file_ << "PK\3\4" << fields(0, 0) << littleEndian(name.size(), 2) << littleEndian(0, 2) << name;
    }
    void add(const std::string& bytes) {
        checksum_ = static_cast<std::uint32_t>(
            ::crc32_z(checksum_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
        size_ += bytes.size();
        file_ << bytes;
    }
    void end() {
        file_ << "PK\7\10" << littleEndian(checksum_, 4) << littleEndian(size_, 4) << littleEndian(size_, 4);
        directory_ += "PK\1\2" + littleEndian(20, 2) + fields(checksum_, size_) + littleEndian(name_.size(), 2) +
                      littleEndian(0, 12) + littleEndian(offset_, 4) + name_;
        ++count_;
    }
    bool finish() {
        const auto offset = static_cast<std::uint64_t>(file_.tellp());
        file_ << directory_ << "PK\5\6" << littleEndian(0, 4) << littleEndian(count_, 2) << littleEndian(count_, 2)
              << littleEndian(directory_.size(), 4) << littleEndian(offset, 4) << littleEndian(0, 2);
        file_.close();
        return !file_.fail();
    }

private:
    static std::string fields(std::uint32_t checksum, std::uint64_t size) {
        return littleEndian(20, 2) + littleEndian(8, 2) + littleEndian(0, 6) + littleEndian(checksum, 4) +
               littleEndian(size, 4) + littleEndian(size, 4);
    }
    std::ofstream file_;
    std::string directory_;
    std::string name_;
    std::uint64_t offset_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t count_ = 0;
    std::uint32_t checksum_ = 0;
};

bool writeCheckpoint(const std::filesystem::path& path) {
    ArchiveWriter writer(path);
    writer.begin("archive/data.pkl");
    writer.add(description());
    writer.end();
    std::vector<float> values(static_cast<std::size_t>(columns));
    for (int storage = 0; storage < 3 * tensorCount; ++storage) {
        writer.begin("archive/data/" + std::to_string(storage));
        for (std::int64_t row = 0; row < rows; ++row) {
            for (std::int64_t column = 0; column < columns; ++column) {
                values[static_cast<std::size_t>(column)] = valueAt(storage, row * columns + column);
            }
            writer.add(bytesOf(values));
        }
        writer.end();
    }
    writer.begin("archive/version");
    writer.add("3\n");
    writer.end();
    return writer.finish();
}

/// The model part, all of it in memory at once. Returns its bytes; 0 where something is wrong.
std::int64_t readModel(const std::filesystem::path& path) {
    const auto file = tensorfile::openTensorFile(path);
    if (!file) {
        std::fprintf(stderr, "%s\n", file.error().message.c_str());
        return 0;
    }
    std::vector<std::vector<float>> model;
    std::int64_t bytes = 0;
    for (const tensorfile::SourceTensor& tensor : (*file)->tensors()) {
        if (tensor.group != "model_state_dict") {
            continue;
        }
        auto values = (*file)->readFloats(tensor.name);
        if (!values) {
            std::fprintf(stderr, "%s\n", values.error().message.c_str());
            return 0;
        }
        bytes += static_cast<std::int64_t>(values->size() * sizeof(float));
        model.push_back(std::move(*values));
    }
    for (std::size_t i = 0; i < model.size(); ++i) {
        for (std::int64_t index = 0; index < elements; ++index) {
            if (model[i][static_cast<std::size_t>(index)] != valueAt(static_cast<int>(i), index)) {
                std::fprintf(stderr, "wrong value in tensor %zu\n", i);
                return 0;
            }
        }
    }
    return bytes;
}

} // namespace

int main(int argc, char** argv) {
    const std::filesystem::path folder =
        argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path();
    const std::filesystem::path path = folder / "livegloss-large-checkpoint.pt";
    if (!writeCheckpoint(path)) {
        std::fprintf(stderr, "'%s' could not be written\n", path.c_str());
        return 1;
    }
    const auto fileBytes = static_cast<double>(std::filesystem::file_size(path));
    const auto begin = std::chrono::steady_clock::now();
    const PeakMemory memory;
    const std::int64_t modelBytes = readModel(path);
    const auto growth = static_cast<double>(memory.growth());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::filesystem::remove(path);
    if (modelBytes == 0) {
        return 1;
    }
    const double ratio = growth / static_cast<double>(modelBytes);
    std::printf("file %.1f MB, model part %.1f MB, peak growth %.1f MB, %.3f times the model part, %.1f s\n",
                fileBytes / 1e6, static_cast<double>(modelBytes) / 1e6, growth / 1e6, ratio, seconds);
    return ratio < mostTimesModel ? 0 : 1;
}
