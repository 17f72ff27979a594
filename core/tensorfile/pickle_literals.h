#pragma once

#include "pickle_calls.h"

#include <string>
#include <string_view>

namespace livegloss::tensorfile {

constexpr std::size_t longestPickleLine = 4096;
/// Throws Refusal.
std::int64_t parsedPickleInteger(std::string_view digits);

/// The opcodes that stand for a value by themselves: None, truth values, numbers, texts and bytes.
class PickleLiterals {
public:
    PickleLiterals(ByteStream& stream, MemoryBudget& budget, PickleCalls& calls);

    /// The value, or null when the opcode is none of these. Throws Refusal.
    PickleValue* read(char opcode);

private:
    PickleValue* number(char opcode);
    PickleValue* text(char opcode);
    PickleValue* integer(std::int64_t value);
    PickleValue* real(double value);
    PickleValue* longInteger(std::uint64_t bytes);
    PickleValue* integerLine(bool isLong);
    PickleValue* realLine();
    PickleValue* bigEndianReal();
    std::string counted(std::size_t lengthBytes);
    PickleValue* unicode(std::string text);
    PickleValue* oldString(std::string bytes);
    PickleValue* quotedLine();
    PickleValue* unicodeLine();

    ByteStream& stream_;
    MemoryBudget& budget_;
    PickleCalls& calls_;
    PickleValue* none_;
    PickleValue* no_;
    PickleValue* yes_;
};

} // namespace livegloss::tensorfile
