#include "onnx_weights.h"

#include <algorithm>
#include <array>
#include <vector>

namespace livegloss::vision {

namespace {

using wire::Field;
using wire::Kind;

/// The lists in which a tensor can hold its numbers, by their fields in onnx.proto.
enum List : std::uint64_t { Floats = 4, Int32s = 5, Int64s = 7, Raw = 9, Doubles = 10, Uint64s = 11 };
enum TensorField : std::uint64_t { Sizes = 1, ElementType = 2, Name = 8, Place = 14 };

/// An element type: its bytes in a raw list, and the list that holds it otherwise. Texts are left out.
struct ElementLayout {
    std::uint64_t bytes = 0;
    std::uint64_t list = Raw;
    std::uint64_t entries = 1; ///< in that list
};

/// By ONNX's numbers of types.
constexpr std::array<ElementLayout, 17> layouts{{{},
                                                 {4, Floats},
                                                 {1, Int32s},
                                                 {1, Int32s},
                                                 {2, Int32s},
                                                 {2, Int32s},
                                                 {4, Int32s},
                                                 {8, Int64s},
                                                 {},
                                                 {1, Int32s},
                                                 {2, Int32s},
                                                 {8, Doubles},
                                                 {4, Uint64s},
                                                 {8, Uint64s},
                                                 {8, Floats, 2},
                                                 {16, Doubles, 2},
                                                 {2, Int32s}}};

struct Contents {
    StoredTensor tensor;
    std::vector<std::uint64_t> sizes;
    std::uint64_t type = 0;
    std::array<std::uint64_t, 12> entries{}; ///< by list; bytes in the raw one
};

bool isIn(const Field& field, std::initializer_list<Kind> kinds) {
    return std::ranges::find(kinds, field.kind) != kinds.end();
}

/// Whether the field is laid out as onnx.proto has it. A reader passes over one that is not, and so would miss it.
bool isLaidOut(const Field& field) {
    switch (field.number) {
    case Sizes:
    case Int32s:
    case Int64s:
    case Uint64s:
        return isIn(field, {Kind::Number, Kind::Counted});
    case ElementType:
    case Place:
        return isIn(field, {Kind::Number});
    case Floats:
        return isIn(field, {Kind::FourBytes, Kind::Counted});
    case Doubles:
        return isIn(field, {Kind::EightBytes, Kind::Counted});
    case Name:
    case Raw:
        return isIn(field, {Kind::Counted});
    default:
        return true;
    }
}

/// Calls `take` with each number of a list, packed or not.
template <class Take>
bool forEachNumber(const Field& field, Take take) {
    if (field.kind == Kind::Number) {
        take(field.value);
        return true;
    }
    wire::Message packed(field.bytes);
    while (const auto number = packed.nextNumber()) {
        take(*number);
    }
    return packed.intact();
}

bool countEntries(const Field& field, std::uint64_t& entries) {
    const std::uint64_t each = field.number == Floats ? 4 : 8;
    switch (field.number) {
    case Floats:
    case Doubles:
        entries += field.bytes.size() / each;
        return field.bytes.size() % each == 0;
    case Raw:
        entries = field.bytes.size();
        return true;
    default:
        return forEachNumber(field, [&entries](std::uint64_t) { ++entries; });
    }
}

bool takeField(const Field& field, Contents& contents) {
    if (!isLaidOut(field)) {
        return false;
    }
    switch (field.number) {
    case Sizes:
        return forEachNumber(field, [&contents](std::uint64_t size) { contents.sizes.push_back(size); });
    case ElementType:
        contents.type = field.value;
        return true;
    case Name:
        contents.tensor.name = field.text();
        return true;
    case Place:
        contents.tensor.elsewhere = field.value == 1;
        return true;
    case Floats:
    case Int32s:
    case Int64s:
    case Raw:
    case Doubles:
    case Uint64s:
        return countEntries(field, contents.entries[field.number]);
    default:
        return true;
    }
}

/// Elements of the tensor; nothing where they are more than any detector has.
std::optional<std::uint64_t> elementsOf(const std::vector<std::uint64_t>& sizes) {
    constexpr std::uint64_t most = std::uint64_t{1} << 31;
    std::uint64_t count = 1;
    for (const std::uint64_t size : sizes) {
        if (size > most || count * size > most) {
            return std::nullopt;
        }
        count *= size;
    }
    return count;
}

bool isWhole(const Contents& contents) {
    const ElementLayout layout = contents.type < layouts.size() ? layouts[contents.type] : ElementLayout{};
    const auto count = elementsOf(contents.sizes);
    const auto used = [&contents](std::uint64_t list) { return contents.entries[list] > 0; };
    for (const std::uint64_t list : {Floats, Int32s, Int64s, Doubles, Uint64s}) {
        if (used(list) && (list != layout.list || used(Raw))) {
            return false;
        }
    }
    if (!count || layout.bytes == 0) {
        return count && !used(Raw);
    }
    return used(Raw) ? contents.entries[Raw] == *count * layout.bytes
                     : contents.entries[layout.list] == *count * layout.entries;
}

} // namespace

std::optional<StoredTensor> readStoredTensor(wire::Bytes bytes) {
    Contents contents;
    const bool intact =
        wire::forEachField(bytes, [&contents](const Field& field) { return takeField(field, contents); });
    const bool usable = intact && (contents.tensor.elsewhere || isWhole(contents));
    return usable ? std::optional(std::move(contents.tensor)) : std::nullopt;
}

} // namespace livegloss::vision
