#pragma once

#include "refusal.h"
#include "tensorfile/tensor_types.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

/// What reading one file's descriptions (not its weights) may cost. A small file can ask for much memory: every
/// one-byte opcode of a pickle makes a value.
class MemoryBudget {
public:
    /// Throws Refusal once everything is spent.
    void take(std::uint64_t bytes);

private:
    std::uint64_t left_ = 160U << 20;
};

enum class PickleKind {
    None,
    Bool,       ///< integer
    Integer,    ///< integer
    BigInteger, ///< text: two's complement, little-endian
    Float,      ///< real
    Text,       ///< text, UTF-8
    Bytes,      ///< text
    Tuple,      ///< items
    List,       ///< items
    Dict,       ///< items: key, value, key, value, ...
    Set,        ///< items
    Global,     ///< text: "module name"; an allowed one, or a TorchScript class
    Storage,    ///< text: key; type; integer: element count; extra: place in the storage that it is a view of
    Tensor,     ///< items: storage, shape, strides (tuples of this tensor alone); integer: offset in elements
    NumpyType,  ///< text: "f8"; type; state
    NumpyArray, ///< state
    Object,     ///< of a TorchScript class, text; state: its attributes
};

/// A value that a pickle describes. Values may be shared, but after readPickle() there are no cycles and nothing nests
/// deeper than pickleDepth.
struct PickleValue {
    PickleKind kind = PickleKind::None;
    DataType type = DataType::F32;
    mutable std::int16_t height = 0; ///< for the check at the end
    std::int64_t integer = 0;
    std::int64_t extra = 0;
    double real = 0;
    std::string text;
    std::vector<PickleValue*> items;
    const PickleValue* state = nullptr; ///< what BUILD set
    bool bigEndian = false;             ///< NumpyType
};

constexpr int pickleDepth = 64;
constexpr std::size_t mostDimensions = 64;
/// Of a dictionary's key and of a tensor's whole name, in bytes.
constexpr std::size_t longestPickleName = 4096;

/// "a list", for messages.
std::string_view kindText(PickleKind kind);
/// The value of a dictionary's entry; null when there is none or `dict` is no dictionary.
const PickleValue* findEntry(const PickleValue& dict, std::string_view key);
/// The sizes or strides in a tuple or list; refuses with `what` where it holds something else or more than
/// mostDimensions.
std::vector<std::int64_t> integersOf(const PickleValue& value, std::string_view what);
/// What a path through dictionaries and lists calls a dictionary's key; empty when it is neither text nor a number.
bool keyText(const PickleValue& key, std::string& text);

/// Refuses cycles, nesting deeper than pickleDepth, and dictionaries with overlong keys or the same text or number as
/// key twice.
void checkStructure(const PickleValue& root, MemoryBudget& budget);

/// Owns all values of one pickle.
struct Pickle {
    std::deque<PickleValue> values;
    const PickleValue* root = nullptr;
};

} // namespace livegloss::tensorfile
