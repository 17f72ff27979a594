#include "npy_header.h"
#include "pickle_reader.h"
#include "tensorfile/npy.h"

#include <algorithm>
#include <limits>

namespace livegloss::tensorfile {
namespace {

constexpr std::int64_t mostGlosses = 1'000'000;

[[noreturn]] void refuseEntry(const std::string& gloss, const std::string& problem) {
    throw Refusal{ErrorCode::Unreadable, joined("the gloss ", quotedName(gloss), " ", problem),
                  "A gloss dictionary maps each gloss to [index from 1, count]; correct the entry."};
}

std::unique_ptr<const Pickle> readObject(const FileBytes& file) {
    std::byte first{};
    if (file.size() > 0) {
        file.read(0, std::span(&first, 1));
    }
    std::uint64_t offset = 0;
    if (first != std::byte{0x80}) { // a pickle without NumPy's header is as good
        const NpyHeader header = readNpyHeader(file);
        if (header.descr != "|O" && header.descr != "O") {
            refuseUnsupported(
                joined("it is an array of the type ", quotedName(header.descr), ", not a gloss dictionary"),
                "Choose the gloss dictionary that belongs to the model (gloss_dict.npy).");
        }
        if (std::ranges::any_of(header.shape, [](std::int64_t size) { return size != 1; })) {
            refuse(joined("it holds an array of objects of shape ", shapeText(header.shape),
                          " instead of one dictionary"));
        }
        offset = header.dataOffset;
    }
    MemoryBudget budget;
    FileInput input(file, 0, file.size());
    ByteStream stream(input, file.size());
    stream.skip(offset);
    auto pickle = readPickle(stream, PickleDialect::NumpyObjects, budget, "the pickle");
    if (stream.left() != 0) {
        refuse(joined(stream.left(), " bytes follow the pickle, which ends at byte ", stream.position()));
    }
    return pickle;
}

/// The dictionary itself, or in an array of one object.
const PickleValue& findDictionary(const PickleValue& root) {
    const PickleValue* value = &root;
    if (value->kind == PickleKind::NumpyArray && value->state != nullptr) {
        value = value->state->items[4];
        if (value->kind == PickleKind::List && value->items.size() == 1) {
            value = value->items[0];
        }
    }
    if (value->kind != PickleKind::Dict) {
        throw Refusal{ErrorCode::Unreadable, joined("it holds ", kindText(value->kind), " instead of a dictionary"),
                      "Choose the gloss dictionary that belongs to the model (gloss_dict.npy)."};
    }
    return *value;
}

GlossEntry readEntry(const PickleValue& key, const PickleValue& value) {
    if (key.kind != PickleKind::Text) {
        throw Refusal{ErrorCode::Unreadable, joined("a gloss is ", kindText(key.kind), " instead of a text"),
                      "A gloss dictionary maps each gloss to [index from 1, count]."};
    }
    if (key.text.empty()) {
        refuseEntry(key.text, "has no letters");
    }
    if (value.kind == PickleKind::Integer) {
        return {key.text, value.integer, 0};
    }
    const bool isList = value.kind == PickleKind::List || value.kind == PickleKind::Tuple;
    const bool fits =
        isList && (value.items.size() == 1 || value.items.size() == 2) &&
        std::ranges::all_of(value.items, [](const PickleValue* item) { return item->kind == PickleKind::Integer; });
    if (!fits) {
        refuseEntry(key.text, joined("comes with ", kindText(value.kind), " instead of [index, count]"));
    }
    const GlossEntry entry{key.text, value.items[0]->integer, value.items.size() == 2 ? value.items[1]->integer : 0};
    if (entry.count < 0) {
        refuseEntry(key.text, joined("has the count ", entry.count));
    }
    return entry;
}

std::vector<GlossEntry> readEntries(const PickleValue& dictionary) {
    const auto size = static_cast<std::int64_t>(dictionary.items.size() / 2);
    if (size == 0) {
        refuse("the gloss dictionary is empty");
    }
    if (size > mostGlosses) {
        refuse(joined("the gloss dictionary has ", size, " entries, more than any language has glosses"));
    }
    std::vector<GlossEntry> glosses(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
        GlossEntry entry = readEntry(*dictionary.items[i], *dictionary.items[i + 1]);
        if (entry.index < 1 || entry.index > size) {
            refuseEntry(entry.gloss, joined("has the index ", entry.index, ", outside 1 to ", size));
        }
        GlossEntry& place = glosses[static_cast<std::size_t>(entry.index - 1)];
        if (place.index != 0) {
            refuseEntry(entry.gloss,
                        joined("has the index ", entry.index, ", which ", quotedName(place.gloss), " has, too"));
        }
        place = std::move(entry);
    }
    return glosses;
}

} // namespace

Result<std::vector<GlossEntry>> readGlossDictionary(const std::filesystem::path& path) {
    return guarded(path, [&path] {
        const auto file = FileBytes::open(path);
        const auto pickle = readObject(*file);
        return readEntries(findDictionary(*pickle->root));
    });
}

} // namespace livegloss::tensorfile
