#include "npy_header.h"

#include <charconv>

namespace livegloss::tensorfile {
namespace {

constexpr std::string_view npyMagic("\x93NUMPY", 6);
constexpr std::uint64_t longestHeader = 1U << 20;
constexpr std::size_t mostNpyDimensions = 32;

/// The header is a dictionary as Python writes it: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
public:
    HeaderParser(std::string_view text, std::uint64_t offset) : text_(text), offset_(offset) {}

    NpyHeader parse() {
        NpyHeader header;
        bool hasDescr = false;
        bool hasOrder = false;
        bool hasShape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr" && !hasDescr) {
                hasDescr = true;
                header.descr = descr();
            } else if (key == "fortran_order" && !hasOrder) {
                hasOrder = true;
                header.fortranOrder = truth();
            } else if (key == "shape" && !hasShape) {
                hasShape = true;
                header.shape = tuple();
            } else {
                fail(joined("has an unknown or repeated key ", quotedName(key)));
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skipSpace();
        if (next_ != text_.size()) {
            fail("goes on after its closing brace");
        }
        if (!hasDescr || !hasOrder || !hasShape) {
            fail(joined("lacks ", !hasDescr ? "'descr'" : !hasOrder ? "'fortran_order'" : "'shape'"));
        }
        return header;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        refuse(joined("the header ", what, " (at byte ", offset_ + next_, ")"));
    }

    void skipSpace() {
        while (next_ < text_.size() && std::string_view(" \t\r\n").find(text_[next_]) != std::string_view::npos) {
            ++next_;
        }
    }
    bool accept(char letter) {
        skipSpace();
        if (next_ < text_.size() && text_[next_] == letter) {
            ++next_;
            return true;
        }
        return false;
    }
    void expect(char letter) {
        if (!accept(letter)) {
            fail(joined("lacks '", std::string(1, letter), "'"));
        }
    }

    std::string string() {
        skipSpace();
        const char quote = next_ < text_.size() ? text_[next_] : '\0';
        const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, next_ + 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            fail("lacks a text in quotation marks");
        }
        std::string value(text_.substr(next_ + 1, end - next_ - 1));
        next_ = end + 1;
        return value;
    }

    std::string descr() {
        skipSpace();
        if (next_ < text_.size() && (text_[next_] == '[' || text_[next_] == '(')) {
            refuseUnsupported("the array holds records instead of plain values", "Save one field of it as an array.");
        }
        return string();
    }

    bool truth() {
        skipSpace();
        for (const std::string_view word : {"True", "False"}) {
            if (text_.substr(next_).starts_with(word)) {
                next_ += word.size();
                return word == "True";
            }
        }
        fail("has neither True nor False for 'fortran_order'");
    }

    Shape tuple() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            skipSpace();
            std::int64_t size = 0;
            const char* begin = text_.data() + next_;
            const auto [end, problem] = std::from_chars(begin, text_.data() + text_.size(), size);
            if (problem != std::errc() || size < 0) {
                fail("has a shape that does not consist of sizes");
            }
            next_ += static_cast<std::size_t>(end - begin);
            accept('L'); // Python 2
            shape.push_back(size);
            if (shape.size() > mostNpyDimensions) {
                fail(joined("has more than ", mostNpyDimensions, " dimensions"));
            }
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }

    std::string_view text_;
    std::uint64_t offset_;
    std::size_t next_ = 0;
};

} // namespace

NpyHeader readNpyHeader(const FileBytes& file) {
    FileInput input(file, 0, file.size());
    ByteStream stream(input, file.size());
    if (stream.left() < npyMagic.size() || stream.text(npyMagic.size()) != npyMagic) {
        throw Refusal{ErrorCode::Unreadable, "it is not a NumPy file: it does not begin with \\x93NUMPY",
                      "Choose a .npy file that numpy.save wrote."};
    }
    if (stream.left() < 4) {
        refuse(joined("it is cut off at byte ", file.size(), ", inside the header"));
    }
    const unsigned version = stream.byte();
    stream.skip(1);
    if (version < 1 || version > 3) {
        refuseUnsupported(joined("the format version ", version, " is none of 1 to 3"),
                          "Save the array again with numpy.save.");
    }
    const std::size_t lengthBytes = version == 1 ? 2 : 4;
    if (stream.left() < lengthBytes) {
        refuse(joined("it is cut off at byte ", file.size(), ", inside the header"));
    }
    const std::uint64_t length = stream.unsignedInteger(lengthBytes);
    if (length > stream.left() || length > longestHeader) {
        refuse(joined("a header of ", length, " bytes is announced at byte 8, ",
                      length > stream.left() ? "more than the file holds" : "more than is allowed"));
    }
    const std::uint64_t offset = stream.position();
    const std::string text = stream.text(length);
    if (version == 3 && !isUtf8(text)) {
        refuse(joined("the header at byte ", offset, " is not UTF-8"));
    }
    NpyHeader header = HeaderParser(text, offset).parse();
    header.dataOffset = stream.position();
    return header;
}

} // namespace livegloss::tensorfile
