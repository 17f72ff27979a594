#include "ffmpeg.h"

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <cstdlib>
#include <mutex>
#include <string_view>

namespace livegloss::media {

std::string errorText(int code) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return text;
}

void prepareLibraries() {
    static std::once_flag once;
    std::call_once(once, [] {
        const char* level = std::getenv("LIVEGLOSS_LOG");
        av_log_set_level(level != nullptr && std::string_view(level) == "debug" ? AV_LOG_INFO : AV_LOG_QUIET);
        avdevice_register_all();
        avformat_network_init();
    });
}

} // namespace livegloss::media
