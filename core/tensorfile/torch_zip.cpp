#include "data_type.h"
#include "pickle_reader.h"
#include "torch_layout.h"

#include <algorithm>
#include <array>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t longestRecordPickle = 64U << 20;
constexpr std::uint64_t longestNote = 64;
constexpr std::int64_t newestVersion = 10;

bool holds(const ZipArchive& archive, std::string_view ending) {
    return std::ranges::any_of(archive.entries(),
                               [ending](const ZipEntry& entry) { return entry.name.ends_with(ending); });
}

[[noreturn]] void refuseOtherZip(const ZipArchive& archive) {
    struct Kind {
        std::string_view ending;
        std::string_view message;
        std::string_view hint;
    };
    constexpr std::string_view choose = "Unpack it and choose the file with the model's weights inside.";
    constexpr std::array<Kind, 6> kinds{{
        {"model.weights.h5", "a Keras model, not PyTorch", "Convert its weights to safetensors."},
        {"model.json", "a TorchScript archive from before PyTorch 1.4",
         "In Python, load it with that PyTorch version and save its state_dict() with torch.save."},
        {".npy", "a NumPy .npz archive", "Save the weights with torch.save or as safetensors."},
        {"[Content_Types].xml", "an office document", "Choose the file with the model's weights."},
        {"META-INF/MANIFEST.MF", "a Java or Android package", "Choose the file with the model's weights."},
        {".safetensors", "a zip archive around safetensors files", choose},
    }};
    for (const Kind& kind : kinds) {
        if (holds(archive, kind.ending)) {
            refuseUnsupported(joined("it is ", kind.message), std::string(kind.hint));
        }
    }
    refuseUnsupported("it is a zip archive, but not of PyTorch: it holds no data.pkl", std::string(choose));
}

/// The one folder that everything is in, with its slash.
std::string findRoot(const ZipArchive& archive) {
    constexpr std::string_view wanted = "/data.pkl";
    std::string root;
    for (const ZipEntry& entry : archive.entries()) {
        if (entry.name.ends_with(wanted) && entry.name.find('/') == entry.name.size() - wanted.size()) {
            if (!root.empty()) {
                refuse(joined("both ", quotedName(root + "data.pkl"), " and ", quotedName(entry.name),
                              " could hold the model"));
            }
            root = entry.name.substr(0, entry.name.size() - wanted.size() + 1);
        }
    }
    if (root.empty()) {
        refuseOtherZip(archive);
    }
    return root;
}

/// A short text such as the format's version, without white space at its end; empty where there is none.
std::string readNote(const FileBytes& file, const ZipArchive& archive, const std::string& name) {
    const ZipEntry* entry = archive.find(name);
    if (entry == nullptr) {
        return {};
    }
    if (entry->bytes > longestNote) {
        refuse(joined("the zip entry ", quotedName(name), " has ", entry->bytes, " bytes, more than a short note"));
    }
    const auto input = openZipEntry(file, *entry);
    ByteStream stream(*input, entry->bytes);
    std::string text = stream.text(entry->bytes);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

void checkVersion(const FileBytes& file, const ZipArchive& archive, const std::string& root) {
    const std::string order = readNote(file, archive, root + "byteorder");
    if (!order.empty() && order != "little") {
        refuseUnsupported(joined("its numbers have the byte order ", quotedName(order)),
                          "Save it again on a little-endian machine (any usual PC).");
    }
    const std::string name = root + "version";
    if (archive.find(name) == nullptr) {
        refuse(joined("the zip entry ", quotedName(name), " is missing"));
    }
    const std::string version = readNote(file, archive, name);
    const bool isNumber = !version.empty() && version.size() < 4 &&
                          std::ranges::all_of(version, [](char letter) { return letter >= '0' && letter <= '9'; });
    if (!isNumber) {
        refuse(joined("the format version ", quotedName(version), " is not a number"));
    }
    if (std::stoi(version) > newestVersion) {
        refuseUnsupported(joined("the format version ", version, " is newer than ", newestVersion),
                          "Update LiveGloss, or save the weights as safetensors.");
    }
}

void describeEntry(const FileBytes& file, const ZipEntry& entry, PickleDialect dialect, const TorchNaming& naming,
                   MemoryBudget& budget, TorchLayout& layout) {
    if (entry.bytes > longestRecordPickle) {
        refuse(joined("the zip entry ", quotedName(entry.name), " has ", entry.bytes,
                      " bytes, more than any real pickle"));
    }
    const auto input = openZipEntry(file, entry);
    ByteStream stream(*input, entry.bytes);
    const std::string label = quotedName(entry.name);
    const auto pickle = readPickle(stream, dialect, budget, label);
    if (stream.left() != 0) {
        refuse(joined(label, " goes on for ", stream.left(), " bytes after its end at byte ", stream.position()));
    }
    describeTorchValues(*pickle->root, naming, budget, layout);
}

void locateStorages(TorchLayout& layout, const std::string& root) {
    for (auto& [key, storage] : layout.storages) {
        const std::string name = root + key;
        storage.entry = layout.archive->find(name);
        if (storage.entry == nullptr) {
            refuse(joined("the zip entry ", quotedName(name), " with the values of a storage is missing"));
        }
        const std::uint64_t needed = storage.elements * dataTypeSize(storage.type);
        if (storage.entry->bytes != needed) {
            refuse(joined("the storage ", quotedName(name), " of ", storage.elements, " x ", dataTypeName(storage.type),
                          " needs ", needed, " bytes, but the archive has ", storage.entry->bytes));
        }
        storage.offset = storage.entry->dataOffset;
    }
}

} // namespace

TorchLayout readTorchZip(const FileBytes& file) {
    TorchLayout layout;
    layout.archive = std::make_unique<const ZipArchive>(file);
    const ZipArchive& archive = *layout.archive;
    const std::string root = findRoot(archive);
    checkVersion(file, archive, root);
    if (archive.find(root + ".data/extern_modules") != nullptr) {
        refuseUnsupported("it is a torch.package archive, which is made of Python code",
                          "In Python, load it and save its state_dict() with torch.save.");
    }
    const ZipEntry* constants = archive.find(root + "constants.pkl");
    layout.format = constants != nullptr ? TensorFileFormat::TorchScript : TensorFileFormat::TorchZip;
    const bool isScript = constants != nullptr;
    const PickleDialect dialect = isScript ? PickleDialect::TorchScript : PickleDialect::TorchSave;
    MemoryBudget budget;
    describeEntry(file, *archive.find(root + "data.pkl"), dialect, {"data/", "", !isScript}, budget, layout);
    if (isScript) {
        describeEntry(file, *constants, dialect, {"constants/", "constants", false}, budget, layout);
    }
    locateStorages(layout, root);
    return layout;
}

} // namespace livegloss::tensorfile
