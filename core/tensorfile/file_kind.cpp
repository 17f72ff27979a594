#include "file_kind.h"

#include "safetensors_header.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace livegloss::tensorfile {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t looked = 512;

struct Magic {
    std::size_t offset;
    std::string_view bytes;
    std::string_view message;
    std::string_view hint;
};
constexpr std::string_view unpackHint = "Unpack it and choose the file with the model's weights inside.";
constexpr std::string_view convertHint = "Convert the weights to safetensors or to a PyTorch state_dict first.";
constexpr std::string_view chooseHint = "Choose a .safetensors file or a PyTorch checkpoint (.pt, .pth).";

constexpr std::array<Magic, 24> magics{{
    {0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 file (Keras or MATLAB)", convertHint},
    {0, "GGUF"sv, "a GGUF file of llama.cpp", convertHint},
    {0, "ggml"sv, "a GGML file of llama.cpp", convertHint},
    {0, "lmgg"sv, "a GGML file of llama.cpp", convertHint},
    {4, "TFL3"sv, "a TensorFlow Lite model", convertHint},
    {0, "\x1F\x8B"sv, "compressed by gzip", unpackHint},
    {0, "BZh"sv, "compressed by bzip2", unpackHint},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "compressed by xz", unpackHint},
    {0, "\x28\xB5\x2F\xFD"sv, "compressed by zstd", unpackHint},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive", unpackHint},
    {0, "Rar!\x1A\x07"sv, "a RAR archive", unpackHint},
    {257, "ustar"sv, "a tar archive", unpackHint},
    {0, "\x93NUMPY"sv, "a NumPy array, not a model", chooseHint},
    {0, "version https://git-lfs"sv, "a Git LFS pointer, not the model itself",
     "Fetch the real file with 'git lfs pull', or download it from the page."},
    {0, "%PDF"sv, "a PDF document", chooseHint},
    {0, "\x89PNG\r\n"sv, "a PNG picture", chooseHint},
    {0, "\xFF\xD8\xFF"sv, "a JPEG picture", chooseHint},
    {4, "ftyp"sv, "an MP4 video", chooseHint},
    {0, "RIFF"sv, "a video or sound file (RIFF)", chooseHint},
    {0,
     "\x7F"
     "ELF"sv,
     "a program for Linux", chooseHint},
    {0, "MZ"sv, "a program for Windows", chooseHint},
    {0, "MATLAB 5.0"sv, "a MATLAB file", convertHint},
    {0, "SQLite format 3\0"sv, "an SQLite database", chooseHint},
    {0, "PK\5\6"sv, "an empty zip archive", chooseHint},
}};

[[noreturn]] void refuseKind(std::string_view what, std::string_view hint) {
    refuseUnsupported(joined("it is ", what), std::string(hint));
}

std::string lowerCase(std::string_view text) {
    std::string lower;
    for (const char letter : text) {
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return lower;
}

void refuseTexts(std::string_view text) {
    std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (begin < text.size() && std::isspace(static_cast<unsigned char>(text[begin])) != 0) {
        ++begin;
    }
    const std::string start = lowerCase(text.substr(begin, 64));
    if (start.starts_with("<!doctype html") || start.starts_with("<html")) {
        refuseKind("a web page, not a model: the download led to a page that asks for something",
                   "Open the address in a browser and download the file itself.");
    }
    if (start.starts_with("<?xml") || start.starts_with("<error")) {
        refuseKind("an XML text, perhaps a server's error message", "Download the file again.");
    }
    if (start.starts_with("{") || start.starts_with("[")) {
        refuseKind("a JSON text; lists of parts (.index.json) hold no weights themselves",
                   "Choose the file with the weights that lies beside it.");
    }
    const bool plain =
        !text.empty() && isUtf8(text.substr(0, std::min<std::size_t>(text.size(), 400))) &&
        std::ranges::none_of(text.substr(0, 400), [](char letter) {
            return static_cast<unsigned char>(letter) < 0x20 && letter != '\n' && letter != '\r' && letter != '\t';
        });
    if (plain) {
        refuseKind("a text file", chooseHint);
    }
}

/// The first field of an ONNX model is its version, the next one the producer or the graph's set of operators.
bool looksLikeOnnx(std::string_view start) {
    return start.size() > 4 && start[0] == '\x08' && start[1] > 0 && start[1] < 32 &&
           (start[2] == '\x12' || start[2] == '\x1A' || start[2] == '\x3A' || start[2] == '\x42');
}

std::string hexBytes(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char letter : bytes) {
        const auto code = static_cast<unsigned char>(letter);
        text += text.empty() ? "" : " ";
        text += digits[code >> 4U];
        text += digits[code & 15U];
    }
    return text;
}

/// A length that fits and the brace that opens the header. Looked for before the magic numbers, because a length may
/// look like any of them: one of 384 bytes begins like a pickle, one of 23117 like a program.
bool looksLikeSafetensors(std::string_view start, std::uint64_t fileBytes) {
    constexpr std::size_t lengthBytes = 8;
    if (start.size() <= lengthBytes) {
        return false;
    }
    std::uint64_t length = 0;
    for (std::size_t i = lengthBytes; i-- > 0;) {
        length = (length << 8) | static_cast<unsigned char>(start[i]);
    }
    const std::size_t first = start.find_first_not_of(" \t\r\n", lengthBytes);
    return length >= 2 && length <= longestSafetensorsHeader && length <= fileBytes - lengthBytes &&
           first != std::string_view::npos && start[first] == '{';
}

} // namespace

FileKind tellKind(const FileBytes& file) {
    if (file.size() == 0) {
        refuse("it is empty");
    }
    std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), looked)), '\0');
    file.read(0, std::as_writable_bytes(std::span(start)));
    if (looksLikeSafetensors(start, file.size())) {
        return FileKind::Safetensors;
    }
    if (start.starts_with("PK\3\4")) {
        return FileKind::Zip;
    }
    for (const Magic& magic : magics) {
        if (start.size() >= magic.offset && std::string_view(start).substr(magic.offset).starts_with(magic.bytes)) {
            refuseKind(magic.message, magic.hint);
        }
    }
    if (start.size() >= 2 && start[0] == '\x80' && start[1] >= 1 && start[1] <= 5) {
        return FileKind::Pickle;
    }
    if (std::ranges::all_of(start, [](char letter) { return letter == '\0'; })) {
        refuse("it begins with nothing but zeros: the download is not complete");
    }
    if (start.size() > 8) {
        // A header's length fits into four bytes, unless it is damaged.
        const bool lengthFits = start.substr(4, 4) == std::string(4, '\0');
        if (lengthFits || (start[8] == '{' && start[0] != '{')) {
            return FileKind::Safetensors;
        }
    }
    if (looksLikeOnnx(start)) {
        refuseKind("an ONNX model", convertHint);
    }
    refuseTexts(start);
    throw Refusal{ErrorCode::Unreadable,
                  joined("it begins with the bytes ", hexBytes(std::string_view(start).substr(0, 8)),
                         ", which is no known format"),
                  std::string(chooseHint)};
}

} // namespace livegloss::tensorfile
