#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace livegloss::vision::wire {

using Bytes = std::span<const std::uint8_t>;

/// How a field's value is laid out; other ways than these end the reading.
enum class Kind : unsigned { Number = 0, EightBytes = 1, Counted = 2, FourBytes = 5 };

/// A field of a protocol buffer message: a number, or bytes (text or a message).
struct Field {
    std::uint64_t number = 0;
    Kind kind = Kind::Number;
    std::uint64_t value = 0;
    Bytes bytes;

    std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// Walks through the fields of a message, as the encoding of protocol buffers lays them out.
class Message {
public:
    explicit Message(Bytes bytes) : rest_(bytes) {}

    std::optional<Field> next() {
        if (rest_.empty() || !intact_) {
            return std::nullopt;
        }
        const std::uint64_t key = number();
        Field field;
        field.number = key >> 3;
        field.kind = static_cast<Kind>(key & 7);
        switch (field.kind) {
        case Kind::Number:
            field.value = number();
            break;
        case Kind::EightBytes:
            field.bytes = take(8);
            break;
        case Kind::Counted:
            field.bytes = take(number());
            break;
        case Kind::FourBytes:
            field.bytes = take(4);
            break;
        default:
            intact_ = false;
        }
        intact_ = intact_ && field.number > 0;
        return intact_ ? std::optional(field) : std::nullopt;
    }
    /// Of a list of numbers without fields.
    std::optional<std::uint64_t> nextNumber() {
        if (rest_.empty() || !intact_) {
            return std::nullopt;
        }
        const std::uint64_t value = number();
        return intact_ ? std::optional(value) : std::nullopt;
    }
    /// False once something did not fit the encoding.
    bool intact() const { return intact_; }

private:
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const std::uint8_t byte = rest_.front();
            rest_ = rest_.subspan(1);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) {
                return value;
            }
        }
        intact_ = false;
        return 0;
    }
    Bytes take(std::uint64_t length) {
        if (!intact_ || length > rest_.size()) {
            intact_ = false;
            return {};
        }
        const Bytes taken = rest_.first(static_cast<std::size_t>(length));
        rest_ = rest_.subspan(static_cast<std::size_t>(length));
        return taken;
    }

    Bytes rest_;
    bool intact_ = true;
};

/// Calls `take` with every field; false where the message is broken.
template <class Take>
bool forEachField(Bytes bytes, Take take) {
    Message message(bytes);
    while (const auto field = message.next()) {
        if (!take(*field)) {
            return false;
        }
    }
    return message.intact();
}

} // namespace livegloss::vision::wire
