#include "input.h"
#include "media/frame_source.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace livegloss::media {

namespace {

/// The part of `text` behind `prefix`, upper and lower case alike; null if it does not begin so.
const char* behind(const std::string& text, std::string_view prefix) {
    const bool begins = text.size() >= prefix.size() &&
                        std::equal(prefix.begin(), prefix.end(), text.begin(), [](char wanted, char found) {
                            return wanted == std::tolower(static_cast<unsigned char>(found));
                        });
    return begins ? text.c_str() + prefix.size() : nullptr;
}

/// A file address's path, with %20 and the like decoded.
std::string decodePercent(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                             std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                             std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0;
        decoded += escaped ? static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)) : text[i];
        i += escaped ? 2 : 0;
    }
    return decoded;
}

} // namespace

SourceRequest parseSource(const std::string& text) {
    namespace fs = std::filesystem;
    std::error_code code;
    if (const fs::file_status status = fs::status(text, code); fs::exists(status)) {
        return {fs::is_character_file(status) ? SourceKind::Camera : SourceKind::File, text};
    }
    for (const std::string_view scheme : {"http://", "https://", "rtsp://", "rtsps://"}) {
        if (behind(text, scheme) != nullptr) {
            return {SourceKind::Stream, text};
        }
    }
    if (const char* graph = behind(text, "lavfi:")) {
        return {SourceKind::TestPattern, graph};
    }
    if (const char* device = behind(text, "camera:")) {
        return {SourceKind::Camera, device};
    }
    if (behind(text, "camera") != nullptr && text.size() == std::string_view("camera").size()) {
        return {SourceKind::Camera, {}};
    }
    if (const char* path = behind(text, "file://")) {
        return {SourceKind::File, decodePercent(path)};
    }
    if (behind(text, "/dev/video") != nullptr) {
        return {SourceKind::Camera, text};
    }
    return {SourceKind::File, text};
}

std::string displayName(const SourceRequest& request) {
    const std::string& location = request.location;
    switch (request.kind) {
    case SourceKind::File: {
        const std::string name = std::filesystem::path(location).filename().string();
        return name.empty() ? location : name;
    }
    case SourceKind::Camera: {
        const auto cameras = listCameras();
        const auto found = std::find_if(cameras.begin(), cameras.end(),
                                        [&](const CameraDevice& camera) { return camera.address == location; });
        return found != cameras.end() ? found->name : location.empty() ? "camera" : location;
    }
    case SourceKind::Stream: {
        // user:password@ stands between the scheme and the host.
        const std::size_t host = location.find("://") + 3;
        const std::size_t path = std::min(location.find('/', host), location.size());
        const std::size_t at = location.rfind('@', path);
        return at != std::string::npos && at > host ? location.substr(0, host) + location.substr(at + 1) : location;
    }
    case SourceKind::TestPattern:
        return location;
    }
    return location;
}

} // namespace livegloss::media
