#include "pickle_calls.h"

#include "pickle_names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t valueBytes = 144; // with what its container and the allocator add
constexpr std::uint64_t itemBytes = 24;   // vectors hold up to three times their contents while they grow

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

[[noreturn]] void refuseArguments(const PickleValue& function) {
    refuse(joined(quotedName(function.text), " is called with arguments that it does not take"));
}

/// "<", ">", "=" or "|" of a NumPy type's state.
void readTypeState(PickleValue& type, const PickleValue& state) {
    if (state.kind != PickleKind::Tuple || state.items.size() < 5 || state.items[1]->kind != PickleKind::Text) {
        refuse("a NumPy type has an unknown state");
    }
    const std::string& order = state.items[1]->text;
    if (!isOneOf(order, {"<", ">", "=", "|"})) {
        refuse(joined("a NumPy type has the unknown byte order ", quotedName(order)));
    }
    for (const std::size_t field : {2U, 3U, 4U}) {
        if (state.items[field]->kind != PickleKind::None) {
            refuse("a NumPy array holds records instead of plain values");
        }
    }
    type.bigEndian = order == ">";
}

std::uint64_t checkedCount(const std::vector<std::int64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count)) {
            refuse(joined("a NumPy array has the impossible shape ", shapeText(shape)));
        }
    }
    return count;
}

void checkArrayState(const PickleValue& state) {
    if (state.kind != PickleKind::Tuple || state.items.size() != 5 || state.items[2]->kind != PickleKind::NumpyType) {
        refuse("a NumPy array has an unknown state");
    }
    const std::uint64_t count = checkedCount(integersOf(*state.items[1], "the shape of a NumPy array"));
    const PickleValue& type = *state.items[2];
    const PickleValue& data = *state.items[4];
    if (type.text == "O8" || type.text == "O4" || type.text == "O") {
        if (data.kind != PickleKind::List || data.items.size() != count) {
            refuse(joined("a NumPy array of ", count, " objects does not come with as many"));
        }
        return;
    }
    const std::uint64_t width = numpyTypeBytes(type.text);
    // Python 2 wrote bytes and texts alike.
    const bool holdsBytes = data.kind == PickleKind::Bytes || data.kind == PickleKind::Text;
    if (!holdsBytes || width == 0 || data.text.size() % width != 0 || data.text.size() / width != count) {
        refuse(joined("the data of a NumPy array of ", count, " values of type ", quotedName(type.text),
                      " has the wrong length"));
    }
}

} // namespace

PickleValue* PickleCalls::make(PickleKind kind) {
    budget_.take(valueBytes);
    PickleValue& value = pickle_.values.emplace_back();
    value.kind = kind;
    return &value;
}

PickleValue* PickleCalls::makeText(PickleKind kind, std::string text) {
    PickleValue* value = make(kind);
    value->text = std::move(text);
    return value;
}

void PickleCalls::append(PickleValue& container, PickleValue* item) {
    budget_.take(itemBytes);
    container.items.push_back(item);
}

PickleValue* PickleCalls::global(const std::string& module, const std::string& name) {
    budget_.take(module.size() + name.size());
    const std::string full = joined(module, " ", name);
    if (!isAllowedGlobal(dialect_, module, name)) {
        throw Refusal{ErrorCode::Unreadable,
                      joined("it names ", quotedName(full), ", which is not part of plain weights and is not run"),
                      "Files that hold whole Python objects are not read. In Python, save only the weights: "
                      "torch.save(model.state_dict(), ...) or safetensors."};
    }
    if (isUnreadableType(module, name)) {
        refuseUnsupported(joined("it holds tensors of the type ", quotedName(full)),
                          "Convert the weights to a plain type such as float32 and save them again.");
    }
    return makeText(PickleKind::Global, full);
}

PickleValue& PickleCalls::argument(const PickleValue& arguments, std::size_t index, PickleKind kind) const {
    if (index >= arguments.items.size() || arguments.items[index]->kind != kind) {
        refuse(joined("argument ", index + 1, " of a call is ",
                      index < arguments.items.size() ? kindText(arguments.items[index]->kind) : "missing",
                      " instead of ", kindText(kind)));
    }
    return *arguments.items[index];
}

PickleValue* PickleCalls::call(const PickleValue& function, const PickleValue& arguments) {
    if (function.kind != PickleKind::Global || arguments.kind != PickleKind::Tuple) {
        refuse(joined(kindText(function.kind), " is called, with ", kindText(arguments.kind)));
    }
    const std::string_view name = std::string_view(function.text).substr(function.text.rfind(' ') + 1);
    const std::string& full = function.text;
    if (full == "torch._utils _rebuild_tensor_v2") {
        return tensor(arguments);
    }
    if (full == "torch._utils _rebuild_parameter") {
        if (arguments.items.size() != 3) {
            refuseArguments(function);
        }
        return &argument(arguments, 0, PickleKind::Tensor);
    }
    if (full == "collections OrderedDict" || full == "collections Counter") {
        return dictionary(arguments);
    }
    if (full == "torch Size") {
        if (arguments.items.size() != 1) {
            refuseArguments(function);
        }
        integersOf(*arguments.items[0], "a torch.Size");
        return frozen(*arguments.items[0]);
    }
    if (full == "_codecs encode") {
        return latinBytes(arguments);
    }
    if (full == "numpy dtype") {
        return numpyType(arguments);
    }
    if (name == "_reconstruct") {
        if (arguments.items.size() != 3 || argument(arguments, 0, PickleKind::Global).text != "numpy ndarray") {
            refuseArguments(function);
        }
        return make(PickleKind::NumpyArray);
    }
    if (name == "scalar") {
        return numpyScalar(arguments);
    }
    if (full.starts_with("torch.jit._pickle ") || full == "torch device") {
        // Lists of one type and the tags that name it, and devices, which are their names.
        if (arguments.items.empty()) {
            refuseArguments(function);
        }
        return arguments.items[0];
    }
    refuse(joined(quotedName(full), " is called, which is not allowed"));
}

PickleValue* PickleCalls::construct(const PickleValue& type, const PickleValue& arguments) {
    if (type.kind != PickleKind::Global || !isScriptClass(type.text) || arguments.kind != PickleKind::Tuple ||
        !arguments.items.empty()) {
        refuse(joined("an object of ",
                      type.kind == PickleKind::Global ? quotedName(type.text) : std::string(kindText(type.kind)),
                      " is made, which is not allowed"));
    }
    budget_.take(type.text.size());
    return makeText(PickleKind::Object, type.text);
}

void PickleCalls::build(PickleValue& value, const PickleValue& state) {
    switch (value.kind) {
    case PickleKind::NumpyType:
        readTypeState(value, state);
        return;
    case PickleKind::NumpyArray:
        checkArrayState(state);
        break;
    case PickleKind::Dict: // a state dictionary's versions of its modules
        if (state.kind != PickleKind::Dict) {
            refuse(joined("the attributes of a dictionary are ", kindText(state.kind)));
        }
        break;
    case PickleKind::Object:
        break;
    default:
        refuse(joined("a state is given to ", kindText(value.kind), ", which is not allowed"));
    }
    value.state = &state;
}

PickleValue* PickleCalls::storage(const PickleValue& id) {
    const bool fits = id.kind == PickleKind::Tuple && (id.items.size() == 5 || id.items.size() == 6) &&
                      id.items[0]->kind == PickleKind::Text && id.items[0]->text == "storage" &&
                      id.items[1]->kind == PickleKind::Global && id.items[2]->kind == PickleKind::Text &&
                      id.items[4]->kind == PickleKind::Integer;
    if (!fits || dialect_ == PickleDialect::NumpyObjects || dialect_ == PickleDialect::Values) {
        refuse("a persistent id is not a storage tuple");
    }
    const auto type = storageType(id.items[1]->text);
    if (!type) {
        refuse(joined("a storage is of the type ", quotedName(id.items[1]->text), ", which is none"));
    }
    budget_.take(id.items[2]->text.size());
    PickleValue* made = makeText(PickleKind::Storage, id.items[2]->text);
    made->type = *type;
    made->integer = id.items[4]->integer;
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() / 16;
    if (made->integer < 0 || made->integer > most) {
        refuse(joined("the storage ", quotedName(made->text), " is said to have ", made->integer, " elements"));
    }
    if (id.items.size() == 6 && id.items[5]->kind != PickleKind::None) {
        // A view: its key, where it begins, and how many elements it has.
        const PickleValue& view = *id.items[5];
        const bool whole = view.kind == PickleKind::Tuple && view.items.size() == 3 &&
                           view.items[1]->kind == PickleKind::Integer && view.items[2]->kind == PickleKind::Integer;
        if (!whole || view.items[1]->integer < 0 || view.items[1]->integer > made->integer ||
            view.items[2]->integer < 0 || view.items[2]->integer > made->integer - view.items[1]->integer) {
            refuse(joined("the view of the storage ", quotedName(made->text), " lies outside it"));
        }
        made->extra = view.items[1]->integer;
    }
    return made;
}

PickleValue* PickleCalls::tensor(const PickleValue& arguments) {
    if (arguments.items.size() != 6 && arguments.items.size() != 7) {
        refuse(joined("a tensor is described by ", arguments.items.size(), " values instead of 6 or 7"));
    }
    if (arguments.items.size() == 7 && !arguments.items[6]->items.empty()) {
        refuseUnsupported("a tensor is kept conjugated or negated",
                          "In Python, save tensor.resolve_neg().clone() instead.");
    }
    PickleValue& storageValue = argument(arguments, 0, PickleKind::Storage);
    const PickleValue& offset = argument(arguments, 1, PickleKind::Integer);
    const auto shape = integersOf(*arguments.items[2], "a tensor's shape");
    const auto strides = integersOf(*arguments.items[3], "a tensor's strides");
    argument(arguments, 4, PickleKind::Bool);
    const PickleValue& hooks = *arguments.items[5];
    if (!hooks.items.empty() || (hooks.kind != PickleKind::Dict && hooks.kind != PickleKind::None)) {
        refuse("a tensor has backward hooks, which are functions");
    }
    if (shape.size() != strides.size()) {
        refuse(joined("a tensor has ", shape.size(), " dimensions, but ", strides.size(), " strides"));
    }
    PickleValue* made = make(PickleKind::Tensor);
    made->integer = offset.integer;
    for (PickleValue* item : {&storageValue, frozen(*arguments.items[2]), frozen(*arguments.items[3])}) {
        append(*made, item);
    }
    return made;
}

/// A tuple of the same values: a list could be found through the memo and made longer after it was checked.
PickleValue* PickleCalls::frozen(const PickleValue& sizes) {
    PickleValue* made = make(PickleKind::Tuple);
    for (PickleValue* size : sizes.items) {
        append(*made, size);
    }
    return made;
}

PickleValue* PickleCalls::dictionary(const PickleValue& arguments) {
    PickleValue* made = make(PickleKind::Dict);
    if (arguments.items.size() > 1) {
        refuse("a dictionary is made of more than one argument");
    }
    if (arguments.items.empty()) {
        return made;
    }
    const PickleValue& contents = *arguments.items[0];
    if (contents.kind == PickleKind::Dict) {
        for (PickleValue* item : contents.items) {
            append(*made, item);
        }
        return made;
    }
    if (contents.kind != PickleKind::List && contents.kind != PickleKind::Tuple) {
        refuse(joined("a dictionary is made of ", kindText(contents.kind)));
    }
    for (const PickleValue* pair : contents.items) {
        if ((pair->kind != PickleKind::List && pair->kind != PickleKind::Tuple) || pair->items.size() != 2) {
            refuse("a dictionary is made of something else than pairs");
        }
        append(*made, pair->items[0]);
        append(*made, pair->items[1]);
    }
    return made;
}

PickleValue* PickleCalls::latinBytes(const PickleValue& arguments) {
    const PickleValue& source = argument(arguments, 0, PickleKind::Text);
    if (arguments.items.size() != 2 || !isOneOf(argument(arguments, 1, PickleKind::Text).text, {"latin1", "latin-1"})) {
        refuse("a text is encoded as something else than latin1");
    }
    budget_.take(source.text.size());
    std::string bytes;
    bytes.reserve(source.text.size());
    for (std::size_t i = 0; i < source.text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(source.text[i]);
        if (lead < 0x80) {
            bytes += static_cast<char>(lead);
            continue;
        }
        // The text is valid UTF-8: these two lead bytes are the letters up to 255.
        if (lead != 0xC2 && lead != 0xC3) {
            refuse("a text cannot be encoded as latin1");
        }
        ++i;
        bytes += static_cast<char>(((lead & 0x03U) << 6) | (static_cast<unsigned char>(source.text[i]) & 0x3FU));
    }
    return makeText(PickleKind::Bytes, std::move(bytes));
}

PickleValue* PickleCalls::numpyType(const PickleValue& arguments) {
    const PickleValue& code = argument(arguments, 0, PickleKind::Text);
    if (arguments.items.size() > 3) {
        refuse("a NumPy type is made of more than three arguments");
    }
    budget_.take(code.text.size());
    return makeText(PickleKind::NumpyType, code.text);
}

PickleValue* PickleCalls::numpyScalar(const PickleValue& arguments) {
    const PickleValue& type = argument(arguments, 0, PickleKind::NumpyType);
    const bool isText = arguments.items.size() == 2 && arguments.items[1]->kind == PickleKind::Text;
    const PickleValue& data = argument(arguments, 1, isText ? PickleKind::Text : PickleKind::Bytes);
    const std::size_t width = numpyTypeBytes(type.text);
    if (arguments.items.size() != 2 || width == 0 || width > 8 || data.text.size() != width) {
        refuse(joined("a NumPy scalar of type ", quotedName(type.text), " has ", data.text.size(), " bytes"));
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const std::size_t place = type.bigEndian ? i : width - 1 - i;
        bits = (bits << 8) | static_cast<unsigned char>(data.text[place]);
    }
    const char family = type.text.front();
    PickleValue* made = make(family == 'f'   ? PickleKind::Float
                             : family == 'b' ? PickleKind::Bool
                                             : PickleKind::Integer);
    if (family == 'f') {
        made->real = width == 8   ? std::bit_cast<double>(bits)
                     : width == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                                  : static_cast<double>(floatFromHalf(static_cast<std::uint16_t>(bits)));
        return made;
    }
    const auto spare = static_cast<unsigned>(64 - 8 * width);
    made->integer = family == 'i' ? static_cast<std::int64_t>(bits << spare) >> spare : static_cast<std::int64_t>(bits);
    if (family == 'b') {
        made->integer = bits != 0 ? 1 : 0;
    }
    if (family == 'u' && made->integer < 0) {
        refuse("a NumPy scalar is larger than 64 bits with a sign hold");
    }
    return made;
}

} // namespace livegloss::tensorfile
