#pragma once

#include "pickle_reader.h"
#include "pickle_value.h"

#include <string>

namespace livegloss::tensorfile {

/// Makes the values that pickles describe by calls. All functions throw Refusal for whatever is not expected there.
class PickleCalls {
public:
    PickleCalls(PickleDialect dialect, MemoryBudget& budget, Pickle& pickle)
        : dialect_(dialect), budget_(budget), pickle_(pickle) {}

    PickleValue* make(PickleKind kind);
    PickleValue* makeText(PickleKind kind, std::string text);
    void append(PickleValue& container, PickleValue* item);

    /// A class or function by its name.
    PickleValue* global(const std::string& module, const std::string& name);
    /// REDUCE.
    PickleValue* call(const PickleValue& function, const PickleValue& arguments);
    /// NEWOBJ.
    PickleValue* construct(const PickleValue& type, const PickleValue& arguments);
    /// BUILD.
    void build(PickleValue& value, const PickleValue& state);
    /// BINPERSID.
    PickleValue* storage(const PickleValue& id);

private:
    PickleValue* tensor(const PickleValue& arguments);
    PickleValue* frozen(const PickleValue& sizes);
    PickleValue* dictionary(const PickleValue& arguments);
    PickleValue* numpyType(const PickleValue& arguments);
    PickleValue* numpyScalar(const PickleValue& arguments);
    PickleValue* latinBytes(const PickleValue& arguments);
    PickleValue& argument(const PickleValue& arguments, std::size_t index, PickleKind kind) const;

    PickleDialect dialect_;
    MemoryBudget& budget_;
    Pickle& pickle_;
};

} // namespace livegloss::tensorfile
