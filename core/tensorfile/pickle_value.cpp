#include "pickle_value.h"

#include <algorithm>
#include <unordered_set>

namespace livegloss::tensorfile {
namespace {

constexpr std::int16_t inProgress = -1;

void checkKeys(const PickleValue& dict, MemoryBudget& budget) {
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        const std::size_t length = dict.items[i]->text.size();
        if (length > longestPickleName) {
            refuse(joined("a dictionary's key has ", length, " bytes, more than any real name"));
        }
        budget.take(length); // keys may be shared by any number of dictionaries
        std::string name;
        if (keyText(*dict.items[i], name)) {
            // 1 and "1" are different keys.
            name += dict.items[i]->kind == PickleKind::Text ? 't' : 'n';
            if (!seen.insert(name).second) {
                name.pop_back();
                refuse(joined("a dictionary has the key ", quotedName(name), " twice"));
            }
        }
    }
}

std::int16_t heightOf(const PickleValue& value, int depth, MemoryBudget& budget) {
    if (value.height == inProgress) {
        refuse("a value contains itself");
    }
    if (value.height == 0) {
        if (depth >= pickleDepth) {
            refuse(joined("values nest more than ", pickleDepth, " deep"));
        }
        value.height = inProgress;
        std::int16_t tallest = 0;
        for (const PickleValue* item : value.items) {
            tallest = std::max(tallest, heightOf(*item, depth + 1, budget));
        }
        if (value.state != nullptr) {
            tallest = std::max(tallest, heightOf(*value.state, depth + 1, budget));
        }
        if (value.kind == PickleKind::Dict) {
            checkKeys(value, budget);
        }
        value.height = static_cast<std::int16_t>(tallest + 1);
    }
    if (depth + value.height > pickleDepth) {
        refuse(joined("values nest more than ", pickleDepth, " deep"));
    }
    return value.height;
}

} // namespace

void MemoryBudget::take(std::uint64_t bytes) {
    if (bytes > left_) {
        throw Refusal{ErrorCode::Unreadable, "describing its contents takes more memory than any real file needs",
                      damagedFileHint};
    }
    left_ -= bytes;
}

std::string_view kindText(PickleKind kind) {
    switch (kind) {
    case PickleKind::None:
        return "None";
    case PickleKind::Bool:
        return "a truth value";
    case PickleKind::Integer:
    case PickleKind::BigInteger:
        return "an integer";
    case PickleKind::Float:
        return "a number";
    case PickleKind::Text:
        return "a text";
    case PickleKind::Bytes:
        return "bytes";
    case PickleKind::Tuple:
        return "a tuple";
    case PickleKind::List:
        return "a list";
    case PickleKind::Dict:
        return "a dictionary";
    case PickleKind::Set:
        return "a set";
    case PickleKind::Global:
        return "a class or function";
    case PickleKind::Storage:
        return "a storage";
    case PickleKind::Tensor:
        return "a tensor";
    case PickleKind::NumpyType:
        return "a NumPy type";
    case PickleKind::NumpyArray:
        return "a NumPy array";
    case PickleKind::Object:
        return "an object";
    }
    return {};
}

const PickleValue* findEntry(const PickleValue& dict, std::string_view key) {
    if (dict.kind != PickleKind::Dict) {
        return nullptr;
    }
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        if (dict.items[i]->kind == PickleKind::Text && dict.items[i]->text == key) {
            return dict.items[i + 1];
        }
    }
    return nullptr;
}

std::vector<std::int64_t> integersOf(const PickleValue& value, std::string_view what) {
    if (value.kind != PickleKind::Tuple && value.kind != PickleKind::List) {
        refuse(joined(what, " is ", kindText(value.kind), " instead of a tuple of integers"));
    }
    if (value.items.size() > mostDimensions) {
        refuse(joined(what, " names ", value.items.size(), " dimensions, more than ", mostDimensions));
    }
    std::vector<std::int64_t> integers;
    integers.reserve(value.items.size());
    for (const PickleValue* item : value.items) {
        if (item->kind != PickleKind::Integer) {
            refuse(joined(what, " holds ", kindText(item->kind), " instead of an integer"));
        }
        integers.push_back(item->integer);
    }
    return integers;
}

bool keyText(const PickleValue& key, std::string& text) {
    switch (key.kind) {
    case PickleKind::Text:
        text = key.text;
        return true;
    case PickleKind::Bool:
    case PickleKind::Integer:
        text = std::to_string(key.integer);
        return true;
    default:
        return false;
    }
}

void checkStructure(const PickleValue& root, MemoryBudget& budget) {
    heightOf(root, 0, budget);
}

} // namespace livegloss::tensorfile
