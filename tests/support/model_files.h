#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Builds files of tensors byte by byte, good ones and ones that no library would write.
namespace livegloss::testfiles {

/// `width` bytes, little-endian.
std::string littleEndian(std::uint64_t value, int width);
template <class Value>
std::string bytesOf(const std::vector<Value>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
}

// Pickles are put together from strings of opcodes, each of which leaves one value on the stack.
std::string integer(std::int64_t value);
std::string text(std::string_view value);
std::string rawBytes(std::string_view value); ///< protocol 3
std::string real(double value);
std::string truth(bool value);
std::string none();
std::string tuple(const std::vector<std::string>& items);
std::string integers(const std::vector<std::int64_t>& values); ///< a tuple
std::string list(const std::vector<std::string>& items);
std::string dict(const std::vector<std::pair<std::string, std::string>>& entries); ///< keys are opcodes, too
std::string textDict(const std::vector<std::pair<std::string, std::string>>& entries);
std::string global(std::string_view module, std::string_view name);
std::string call(const std::string& function, const std::vector<std::string>& arguments);
std::string orderedDict(const std::vector<std::pair<std::string, std::string>>& entries = {}); ///< keys are plain texts
/// The whole pickle, with PROTO and STOP.
std::string pickle(const std::string& value, int protocol = 2);

/// A tensor as torch.save describes it.
struct TensorParts {
    std::string storageType = "FloatStorage";
    std::string key = "0";
    std::int64_t elements = 4;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape{4};
    std::vector<std::int64_t> strides{1};
    std::string module = "torch";
    std::string location = "cpu";
    std::optional<std::string> view{}; ///< opcodes of the sixth part of the persistent id
};
std::string storageId(const TensorParts& parts); ///< with BINPERSID
std::string tensor(const TensorParts& parts);
std::string parameter(const TensorParts& parts);

struct ZipItem {
    std::string name;
    std::string data;
    bool deflated = false;
    std::optional<std::uint32_t> checksum{}; ///< instead of the right one
    std::optional<std::string> localName{};  ///< instead of `name`, in the header before the data
    std::optional<std::uint64_t> size{};     ///< the uncompressed size that the directory claims
    std::optional<std::uint64_t> stored{};   ///< the stored size that the directory claims
    std::optional<std::uint32_t> offset{};   ///< where the directory says it begins
    std::optional<std::uint16_t> method{};
    std::uint16_t flags = 0;
    bool sizesFollow = false; ///< sizes and checksum come after the data only
    std::string extra{};      ///< extra field of the local header
    std::string centralExtra{};
    bool inDirectory = true;
};
struct ZipParts {
    std::string comment{};
    bool wide = false; ///< with the end records of large archives
    std::optional<std::uint16_t> entries{};
    std::optional<std::uint32_t> directoryOffset{};
    std::optional<std::uint32_t> directorySize{};
    std::uint16_t disk = 0;
};
std::string zip(const std::vector<ZipItem>& items, const ZipParts& parts = {});

/// The entries of torch.save's archive: data.pkl, storages and version.
std::vector<ZipItem> torchItems(const std::string& dataPickle,
                                const std::vector<std::pair<std::string, std::string>>& storages,
                                const std::string& root = "archive");
/// An archive around one storage "0" of four floats, 1 to 4.
std::string torchZip(const std::string& dataPickle);
/// A TorchScript archive: constants and attributes, with the same storage for both.
std::string scriptZip(const std::string& dataPickle, const std::string& constantsPickle);
/// An object of a TorchScript class with these attributes.
std::string scriptObject(const std::string& name, const std::vector<std::pair<std::string, std::string>>& attributes);
std::string fourFloats();

/// torch.save's layout before PyTorch 1.6.
struct LegacyParts {
    std::string magic; ///< pickles; empty: the right one
    std::string protocol;
    std::string system;
    std::string contents;                                      ///< a whole pickle
    std::string keys;                                          ///< empty: one for each storage
    std::vector<std::pair<std::string, std::string>> storages; ///< key, count and bytes
};
std::string legacy(const LegacyParts& parts);
/// With one storage "0" of four floats.
std::string legacyOf(const std::string& contentsValue);

std::string npy(const std::string& header, const std::string& data, int version = 1);
/// "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
std::string npyHeader(const std::string& descr, const std::string& shape, const std::string& order = "False");
/// The pickle of a NumPy array of one object.
std::string objectArray(const std::string& object, int protocol = 3);
std::string glossFile(const std::string& dictionary);

std::string safetensors(const std::string& header, const std::string& data);

} // namespace livegloss::testfiles
