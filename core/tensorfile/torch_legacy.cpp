#include "data_type.h"
#include "pickle_reader.h"
#include "torch_layout.h"

#include <unordered_set>

namespace livegloss::tensorfile {
namespace {

// torch.save's own number 0x1950A86A20F9469CFC6C, as a pickle writes it.
constexpr std::string_view magicDigits("\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19", 10);
constexpr std::int64_t knownProtocol = 1001;
constexpr std::uint64_t countBytes = 8;

class LegacyReader {
public:
    explicit LegacyReader(const FileBytes& file)
        : file_(file), input_(file, 0, file.size()), stream_(input_, file.size()) {}

    TorchLayout read() {
        TorchLayout layout;
        layout.format = TensorFileFormat::TorchLegacy;
        checkIntroduction();
        describe(layout);
        placeStorages(layout, storageKeys());
        return layout;
    }

private:
    std::unique_ptr<const Pickle> next(PickleDialect dialect, std::string_view label) {
        return readPickle(stream_, dialect, budget_, label);
    }

    void checkIntroduction() {
        const auto magic = next(PickleDialect::TorchSave, "the first pickle");
        if (magic->root->kind != PickleKind::BigInteger || magic->root->text != magicDigits) {
            refuseUnsupported("it is a Python pickle, but was not made by torch.save",
                              "In Python, save the model's state_dict() with torch.save or as safetensors.");
        }
        const auto protocol = next(PickleDialect::Values, "the protocol's pickle");
        if (protocol->root->kind != PickleKind::Integer || protocol->root->integer != knownProtocol) {
            refuse(joined("the protocol version is not ", knownProtocol));
        }
        const auto system = next(PickleDialect::Values, "the pickle of the system's properties");
        const PickleValue* order = findEntry(*system->root, "little_endian");
        if (order == nullptr || order->kind != PickleKind::Bool) {
            refuse("the properties of the system that wrote it lack 'little_endian'");
        }
        if (order->integer == 0) {
            refuseUnsupported("its numbers have the byte order 'big'",
                              "Save it again on a little-endian machine (any usual PC).");
        }
    }

    void describe(TorchLayout& layout) {
        const auto contents = next(PickleDialect::TorchSave, "the pickle of the contents");
        // All of them have their place in the file, used by a tensor or not.
        for (const PickleValue& value : contents->values) {
            if (value.kind == PickleKind::Storage) {
                budget_.take(sizeof(TorchStorage) + 2 * value.text.size());
                layout.storages.emplace(
                    value.text, TorchStorage{value.type, static_cast<std::uint64_t>(value.integer), 0, nullptr});
            }
        }
        describeTorchValues(*contents->root, {"", "", true}, budget_, layout);
    }

    std::vector<std::string> storageKeys() {
        const auto pickle = next(PickleDialect::Values, "the pickle of the storages' keys");
        if (pickle->root->kind != PickleKind::List) {
            refuse(joined("the storages' keys are ", kindText(pickle->root->kind), " instead of a list"));
        }
        std::vector<std::string> keys;
        for (const PickleValue* key : pickle->root->items) {
            if (key->kind != PickleKind::Text) {
                refuse(joined("a storage's key is ", kindText(key->kind), " instead of a text"));
            }
            budget_.take(key->text.size() + sizeof(std::string));
            keys.push_back(key->text);
        }
        return keys;
    }

    /// After the pickles, each storage's element count and elements follow each other in the order of the keys.
    void placeStorages(TorchLayout& layout, const std::vector<std::string>& keys) {
        std::uint64_t place = stream_.position();
        std::unordered_set<std::string> seen;
        for (const std::string& key : keys) {
            const auto found = layout.storages.find(key);
            if (found == layout.storages.end()) {
                refuse(joined("the storage ", quotedName(key), " at offset ", place, " is not described"));
            }
            if (!seen.insert(key).second) {
                refuse(joined("the storage ", quotedName(key), " is listed twice"));
            }
            place = placeStorage(key, found->second, place);
        }
        for (const auto& [key, storage] : layout.storages) {
            if (!seen.contains(key)) {
                refuse(joined("the values of the storage ", quotedName(key), " are missing"));
            }
        }
        if (place != file_.size()) {
            refuse(joined(file_.size() - place, " bytes follow the last storage, which ends at offset ", place));
        }
    }

    std::uint64_t placeStorage(const std::string& key, TorchStorage& storage, std::uint64_t place) {
        if (file_.size() - place < countBytes) {
            refuse(joined("the file is cut off at offset ", file_.size(), ", before the storage ", quotedName(key)));
        }
        std::uint64_t count = 0;
        file_.read(place, std::as_writable_bytes(std::span(&count, 1)));
        if (count != storage.elements) {
            refuse(joined("the storage ", quotedName(key), " has ", count, " elements at offset ", place, ", but ",
                          storage.elements, " in the description"));
        }
        storage.offset = place + countBytes;
        const std::uint64_t bytes = storage.elements * dataTypeSize(storage.type);
        if (bytes > file_.size() - storage.offset) {
            refuse(joined("the file is cut off at offset ", file_.size(), ", inside the storage ", quotedName(key),
                          " of ", bytes, " bytes at offset ", storage.offset));
        }
        return storage.offset + bytes;
    }

    const FileBytes& file_;
    FileInput input_;
    ByteStream stream_;
    MemoryBudget budget_;
};

} // namespace

TorchLayout readTorchLegacy(const FileBytes& file) {
    return LegacyReader(file).read();
}

} // namespace livegloss::tensorfile
