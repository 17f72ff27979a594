#include "pickle_literals.h"

#include <bit>
#include <charconv>

namespace livegloss::tensorfile {
namespace {

/// The letter with this number in UTF-8.
void appendLetter(std::string& text, std::uint32_t code) {
    const auto tail = [code](unsigned shift) { return static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0U | (code >> 6));
        text += tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0U | (code >> 12));
        text += tail(6);
        text += tail(0);
    } else {
        text += static_cast<char>(0xF0U | (code >> 18));
        text += tail(12);
        text += tail(6);
        text += tail(0);
    }
}

/// The number of `digits` hexadecimal digits at the start of `text`.
std::uint32_t hexNumber(std::string_view text, std::size_t digits) {
    std::uint32_t value = 0;
    const std::string_view part = text.substr(0, digits);
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.size() != digits || problem != std::errc() || end != part.data() + part.size()) {
        refuse("a text has an escape without its digits");
    }
    return value;
}

} // namespace

std::int64_t parsedPickleInteger(std::string_view digits) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc() || end != digits.data() + digits.size()) {
        refuse(joined(quotedName(digits), " is not an integer of 64 bits"));
    }
    return value;
}

PickleLiterals::PickleLiterals(ByteStream& stream, MemoryBudget& budget, PickleCalls& calls)
    : stream_(stream),
      budget_(budget),
      calls_(calls),
      none_(calls.make(PickleKind::None)),
      no_(calls.make(PickleKind::Bool)),
      yes_(calls.make(PickleKind::Bool)) {
    yes_->integer = 1;
}

PickleValue* PickleLiterals::read(char opcode) {
    PickleValue* value = number(opcode);
    return value != nullptr ? value : text(opcode);
}

PickleValue* PickleLiterals::number(char opcode) {
    switch (opcode) {
    case 'N':
        return none_;
    case '\x88':
        return yes_;
    case '\x89':
        return no_;
    case 'I':
    case 'L':
        return integerLine(opcode == 'L');
    case 'J':
        return integer(static_cast<std::int32_t>(stream_.unsignedInteger(4)));
    case 'K':
        return integer(stream_.byte());
    case 'M':
        return integer(static_cast<std::int64_t>(stream_.unsignedInteger(2)));
    case '\x8A':
        return longInteger(stream_.byte());
    case '\x8B':
        return longInteger(stream_.unsignedInteger(4));
    case 'F':
        return realLine();
    case 'G':
        return bigEndianReal();
    default:
        return nullptr;
    }
}

PickleValue* PickleLiterals::text(char opcode) {
    switch (opcode) {
    case 'S':
        return quotedLine();
    case 'V':
        return unicodeLine();
    case 'T':
        return oldString(counted(4));
    case 'U':
        return oldString(counted(1));
    case 'X':
        return unicode(counted(4));
    case '\x8C':
        return unicode(counted(1));
    case '\x8D':
        return unicode(counted(8));
    case 'B':
        return calls_.makeText(PickleKind::Bytes, counted(4));
    case 'C':
        return calls_.makeText(PickleKind::Bytes, counted(1));
    case '\x8E':
    case '\x96':
        return calls_.makeText(PickleKind::Bytes, counted(8));
    default:
        return nullptr;
    }
}

PickleValue* PickleLiterals::integer(std::int64_t value) {
    PickleValue* made = calls_.make(PickleKind::Integer);
    made->integer = value;
    return made;
}

PickleValue* PickleLiterals::real(double value) {
    PickleValue* made = calls_.make(PickleKind::Float);
    made->real = value;
    return made;
}

PickleValue* PickleLiterals::longInteger(std::uint64_t bytes) {
    if (bytes <= stream_.left()) {
        budget_.take(bytes);
    }
    std::string digits = stream_.text(bytes);
    if (bytes > 8) {
        return calls_.makeText(PickleKind::BigInteger, std::move(digits));
    }
    const bool negative = bytes > 0 && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
    std::uint64_t value = negative ? ~0ULL : 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
        value = (value << 8) | static_cast<unsigned char>(digits[i]);
    }
    return integer(static_cast<std::int64_t>(value));
}

PickleValue* PickleLiterals::integerLine(bool isLong) {
    std::string line = stream_.line(longestPickleLine);
    if (!isLong && (line == "00" || line == "01")) {
        return line == "01" ? yes_ : no_;
    }
    if (isLong && line.ends_with('L')) {
        line.pop_back();
    }
    return integer(parsedPickleInteger(line));
}

PickleValue* PickleLiterals::realLine() {
    const std::string line = stream_.line(longestPickleLine);
    double value = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (problem != std::errc() || end != line.data() + line.size()) {
        refuse(joined(quotedName(line), " is not a number"));
    }
    return real(value);
}

PickleValue* PickleLiterals::bigEndianReal() {
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) {
        bits = (bits << 8) | stream_.byte();
    }
    return real(std::bit_cast<double>(bits));
}

std::string PickleLiterals::counted(std::size_t lengthBytes) {
    const std::uint64_t length = stream_.unsignedInteger(lengthBytes);
    if (length <= stream_.left()) {
        budget_.take(length);
    }
    return stream_.text(length);
}

PickleValue* PickleLiterals::unicode(std::string text) {
    if (!isUtf8(text)) {
        refuse("a text is not UTF-8");
    }
    return calls_.makeText(PickleKind::Text, std::move(text));
}

/// Python 2 made no difference between texts and bytes.
PickleValue* PickleLiterals::oldString(std::string bytes) {
    const PickleKind kind = isUtf8(bytes) ? PickleKind::Text : PickleKind::Bytes;
    return calls_.makeText(kind, std::move(bytes));
}

PickleValue* PickleLiterals::quotedLine() {
    const std::string line = stream_.line(longestPickleLine);
    if (line.size() < 2 || (line.front() != '\'' && line.front() != '"') || line.back() != line.front()) {
        refuse("a text lacks its quotation marks");
    }
    budget_.take(line.size());
    std::string bytes;
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
        if (line[i] != '\\') {
            bytes += line[i];
            continue;
        }
        constexpr std::string_view letters = "\\'\"nrt";
        constexpr std::string_view meant = "\\'\"\n\r\t";
        const char letter = line[++i];
        if (letter == 'x') {
            bytes += static_cast<char>(hexNumber(std::string_view(line).substr(i + 1, line.size() - i - 2), 2));
            i += 2;
        } else if (const std::size_t which = letters.find(letter);
                   which != std::string_view::npos && i + 1 < line.size()) {
            bytes += meant[which];
        } else {
            refuse("a text has an unknown escape");
        }
    }
    return oldString(std::move(bytes));
}

/// Letters up to 255 as they are, others and the backslash by their numbers.
PickleValue* PickleLiterals::unicodeLine() {
    const std::string line = stream_.line(longestPickleLine);
    budget_.take(2 * line.size());
    std::string result;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\\') {
            appendLetter(result, static_cast<unsigned char>(line[i]));
            continue;
        }
        const char letter = i + 1 < line.size() ? line[i + 1] : '\0';
        const std::size_t digits = letter == 'u' ? 4 : 8;
        if (letter != 'u' && letter != 'U') {
            refuse("a text has an unknown escape");
        }
        const std::uint32_t code = hexNumber(std::string_view(line).substr(i + 2), digits);
        if (code > 0x10FFFF) {
            refuse("a text has a letter with an impossible number");
        }
        appendLetter(result, code);
        i += 1 + digits;
    }
    return unicode(std::move(result));
}

} // namespace livegloss::tensorfile
