#include "model_files.h"

#include <bit>
#include <stdexcept>
#include <zlib.h>

namespace livegloss::testfiles {

std::string littleEndian(std::uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) {
        bytes += static_cast<char>(value >> (8 * i));
    }
    return bytes;
}

std::string integer(std::int64_t value) {
    if (value >= 0 && value < 256) {
        return std::string("K") + static_cast<char>(value);
    }
    if (value >= INT32_MIN && value <= INT32_MAX) {
        return "J" + littleEndian(static_cast<std::uint64_t>(value), 4);
    }
    return std::string("\x8A\x08", 2) + littleEndian(static_cast<std::uint64_t>(value), 8);
}

std::string text(std::string_view value) {
    return std::string("X").append(littleEndian(value.size(), 4)).append(value);
}
std::string rawBytes(std::string_view value) {
    return std::string("B").append(littleEndian(value.size(), 4)).append(value);
}
std::string real(double value) {
    const std::string bytes = littleEndian(std::bit_cast<std::uint64_t>(value), 8);
    return "G" + std::string(bytes.rbegin(), bytes.rend());
}
std::string truth(bool value) {
    return value ? "\x88" : "\x89";
}
std::string none() {
    return "N";
}

std::string tuple(const std::vector<std::string>& items) {
    std::string ops("(");
    for (const std::string& item : items) {
        ops += item;
    }
    return ops += 't';
}

std::string integers(const std::vector<std::int64_t>& values) {
    std::vector<std::string> items;
    for (const std::int64_t value : values) {
        items.push_back(integer(value));
    }
    return tuple(items);
}

std::string list(const std::vector<std::string>& items) {
    std::string ops("](");
    for (const std::string& item : items) {
        ops += item;
    }
    return ops += 'e';
}

namespace {

std::string setItems(const std::vector<std::pair<std::string, std::string>>& entries, bool plainKeys) {
    std::string ops("(");
    for (const auto& [key, value] : entries) {
        ops += plainKeys ? text(key) : key;
        ops += value;
    }
    return ops += 'u';
}

} // namespace

std::string dict(const std::vector<std::pair<std::string, std::string>>& entries) {
    return "}" + setItems(entries, false);
}
std::string textDict(const std::vector<std::pair<std::string, std::string>>& entries) {
    return "}" + setItems(entries, true);
}

std::string global(std::string_view module, std::string_view name) {
    return std::string("c").append(module).append("\n").append(name).append("\n");
}
std::string call(const std::string& function, const std::vector<std::string>& arguments) {
    return function + tuple(arguments) + "R";
}
std::string orderedDict(const std::vector<std::pair<std::string, std::string>>& entries) {
    const std::string empty = call(global("collections", "OrderedDict"), {});
    return entries.empty() ? empty : empty + setItems(entries, true);
}

std::string pickle(const std::string& value, int protocol) {
    std::string bytes("\x80");
    bytes += static_cast<char>(protocol);
    return bytes.append(value).append(".");
}

std::string storageId(const TensorParts& parts) {
    std::vector<std::string> id{text("storage"), global(parts.module, parts.storageType), text(parts.key),
                                text(parts.location), integer(parts.elements)};
    if (parts.view) {
        id.push_back(*parts.view);
    }
    return tuple(id) + "Q";
}

std::string tensor(const TensorParts& parts) {
    return call(global("torch._utils", "_rebuild_tensor_v2"),
                {storageId(parts), integer(parts.offset), integers(parts.shape), integers(parts.strides), truth(false),
                 orderedDict()});
}
std::string parameter(const TensorParts& parts) {
    return call(global("torch._utils", "_rebuild_parameter"), {tensor(parts), truth(true), orderedDict()});
}

namespace {

std::string deflate(const std::string& data) {
    ::z_stream stream{};
    if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib");
    }
    std::string packed(::deflateBound(&stream, data.size()), '\0');
    stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<unsigned>(data.size());
    stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
    stream.avail_out = static_cast<unsigned>(packed.size());
    ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    return packed;
}

std::uint32_t crc(const std::string& data) {
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
}

struct PackedItem {
    const ZipItem* item;
    std::string stored;
    std::uint32_t checksum;
    std::uint16_t method;
    std::uint16_t flags;
    std::uint64_t size;
    std::uint64_t storedSize;

    std::string commonFields(bool local) const {
        const bool later = local && item->sizesFollow;
        return littleEndian(20, 2) + littleEndian(flags, 2) + littleEndian(method, 2) + littleEndian(0, 4) +
               littleEndian(later ? 0 : checksum, 4) + littleEndian(later ? 0 : storedSize, 4) +
               littleEndian(later ? 0 : size, 4);
    }
};

PackedItem packed(const ZipItem& item) {
    PackedItem result{&item, item.deflated ? deflate(item.data) : item.data, 0, 0, 0, 0, 0};
    result.checksum = item.checksum.value_or(crc(item.data));
    result.method = item.method.value_or(item.deflated ? 8 : 0);
    result.flags = static_cast<std::uint16_t>(item.flags | (item.sizesFollow ? 8 : 0));
    result.size = item.size.value_or(item.data.size());
    result.storedSize = item.stored.value_or(result.stored.size());
    return result;
}

std::string endRecords(const ZipParts& parts, std::uint64_t offset, std::uint64_t size, std::uint64_t count) {
    std::string end;
    if (parts.wide) {
        end += "PK\6\6" + littleEndian(44, 8) + littleEndian(45, 2) + littleEndian(45, 2) + littleEndian(0, 8) +
               littleEndian(count, 8) + littleEndian(count, 8) + littleEndian(size, 8) + littleEndian(offset, 8);
        end += "PK\6\7" + littleEndian(0, 4) + littleEndian(offset + size, 8) + littleEndian(1, 4);
    }
    const std::uint64_t entries = parts.entries.value_or(parts.wide ? 0xFFFF : static_cast<std::uint16_t>(count));
    end += "PK\5\6" + littleEndian(parts.disk, 2) + littleEndian(parts.disk, 2) + littleEndian(entries, 2) +
           littleEndian(entries, 2);
    end += littleEndian(parts.directorySize.value_or(parts.wide ? 0xFFFFFFFF : static_cast<std::uint32_t>(size)), 4);
    end +=
        littleEndian(parts.directoryOffset.value_or(parts.wide ? 0xFFFFFFFF : static_cast<std::uint32_t>(offset)), 4);
    return end + littleEndian(parts.comment.size(), 2) + parts.comment;
}

} // namespace

std::string zip(const std::vector<ZipItem>& items, const ZipParts& parts) {
    std::string file;
    std::string directory;
    std::uint64_t count = 0;
    for (const ZipItem& item : items) {
        const PackedItem entry = packed(item);
        const std::uint64_t offset = item.offset.value_or(static_cast<std::uint32_t>(file.size()));
        const std::string localName = item.localName.value_or(item.name);
        file += "PK\3\4" + entry.commonFields(true) + littleEndian(localName.size(), 2) +
                littleEndian(item.extra.size(), 2) + localName + item.extra + entry.stored;
        if (item.sizesFollow) {
            file += "PK\7\10" + littleEndian(entry.checksum, 4) + littleEndian(entry.storedSize, 4) +
                    littleEndian(entry.size, 4);
        }
        if (item.inDirectory) {
            ++count;
            directory += "PK\1\2" + littleEndian(20, 2) + entry.commonFields(false) +
                         littleEndian(item.name.size(), 2) + littleEndian(item.centralExtra.size(), 2) +
                         littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 4) +
                         littleEndian(offset, 4) + item.name + item.centralExtra;
        }
    }
    return file + directory + endRecords(parts, file.size(), directory.size(), count);
}

std::string fourFloats() {
    return bytesOf<float>({1, 2, 3, 4});
}

std::vector<ZipItem> torchItems(const std::string& dataPickle,
                                const std::vector<std::pair<std::string, std::string>>& storages,
                                const std::string& root) {
    std::vector<ZipItem> items{{root + "/data.pkl", dataPickle}};
    for (const auto& [key, bytes] : storages) {
        items.push_back({root + "/data/" + key, bytes});
    }
    items.push_back({root + "/version", "3\n"});
    return items;
}

std::string torchZip(const std::string& dataPickle) {
    return zip(torchItems(dataPickle, {{"0", fourFloats()}}));
}

std::string scriptZip(const std::string& dataPickle, const std::string& constantsPickle) {
    auto items = torchItems(dataPickle, {{"0", fourFloats()}}, "model");
    items.push_back({"model/constants.pkl", constantsPickle});
    items.push_back({"model/constants/0", fourFloats()});
    items.push_back({"model/code/__torch__.py", "class Net(Module):\n  pass\n"});
    return zip(items);
}

std::string scriptObject(const std::string& name, const std::vector<std::pair<std::string, std::string>>& attributes) {
    return global("__torch__", name) + ")\x81" + textDict(attributes) + "b";
}

std::string legacy(const LegacyParts& parts) {
    const auto or_ = [](const std::string& given, const std::string& usual) { return given.empty() ? usual : given; };
    std::string file = or_(parts.magic, pickle(std::string("\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19", 12)));
    file += or_(parts.protocol, pickle(integer(1001)));
    file += or_(parts.system, pickle(textDict({{"protocol_version", integer(1001)},
                                               {"little_endian", truth(true)},
                                               {"type_sizes", textDict({{"short", integer(2)}})}})));
    file += parts.contents;
    std::vector<std::string> keys;
    for (const auto& [key, bytes] : parts.storages) {
        keys.push_back(text(key));
    }
    file += or_(parts.keys, pickle(list(keys)));
    for (const auto& [key, bytes] : parts.storages) {
        file += bytes;
    }
    return file;
}

std::string legacyOf(const std::string& contentsValue) {
    return legacy({"", "", "", pickle(contentsValue), "", {{"0", littleEndian(4, 8) + fourFloats()}}});
}

std::string npyHeader(const std::string& descr, const std::string& shape, const std::string& order) {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

std::string npy(const std::string& header, const std::string& data, int version) {
    const int width = version == 1 ? 2 : 4;
    std::string padded = header;
    while ((8 + static_cast<std::size_t>(width) + padded.size() + 1) % 64 != 0) {
        padded += ' ';
    }
    padded += '\n';
    std::string file("\x93NUMPY", 6);
    file += static_cast<char>(version);
    file += '\0';
    return file + littleEndian(padded.size(), width) + padded + data;
}

std::string objectArray(const std::string& object, int protocol) {
    const std::string array = call(global("numpy.core.multiarray", "_reconstruct"),
                                   {global("numpy", "ndarray"), integers({0}), rawBytes("b")});
    const std::string type =
        call(global("numpy", "dtype"), {text("O8"), truth(false), truth(true)}) +
        tuple({integer(3), text("|"), none(), none(), none(), integer(-1), integer(-1), integer(63)}) + "b";
    return pickle(array + tuple({integer(1), tuple({}), type, truth(false), list({object})}) + "b", protocol);
}

std::string glossFile(const std::string& dictionary) {
    return npy(npyHeader("|O", "()"), objectArray(dictionary));
}

std::string safetensors(const std::string& header, const std::string& data) {
    return littleEndian(header.size(), 8) + header + data;
}

} // namespace livegloss::testfiles
