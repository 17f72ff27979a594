#include "input.h"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/parseutils.h>
}

#include <cmath>

namespace livegloss::media {

double Input::nominalFps() const {
    if (!hasTimeStamps_) {
        return 0.0;
    }
    const AVRational rate = av_guess_frame_rate(container_, stream_, nullptr);
    const double fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0.0;
    // More is a container's tick, not its frame rate.
    return fps <= 240.0 ? fps : 0.0;
}

double Input::constantFps() const {
    // What FFmpeg calls the real rate is the least at which the first frames fall on its ticks: without a gap anywhere,
    // and only then, there are as many frames as ticks.
    const AVRational rate = stream_->r_frame_rate;
    const std::optional<MediaTime> length = duration();
    if (!hasTimeStamps_ || !length || stream_->nb_frames <= 0 || rate.num <= 0 || rate.den <= 0) {
        return 0.0;
    }
    const double ticks = toSeconds(*length) * av_q2d(rate);
    return std::abs(ticks - static_cast<double>(stream_->nb_frames)) < 1.0 ? av_q2d(rate) : 0.0;
}

std::optional<MediaTime> Input::duration() const {
    MediaTime duration{0};
    if (stream_->duration != AV_NOPTS_VALUE) {
        duration = MediaTime(av_rescale_q(stream_->duration, stream_->time_base, AVRational{1, 1000000}));
    } else if (container_->duration != AV_NOPTS_VALUE) {
        duration = MediaTime(container_->duration);
    }
    // Fragmented files may state days. No video gets by on so few bits.
    constexpr double leastBitsPerSecond = 50.0;
    const std::int64_t bytes = container_->pb != nullptr ? avio_size(container_->pb) : 0;
    const bool plausible = static_cast<double>(bytes) * 8.0 > toSeconds(duration) * leastBitsPerSecond;
    return duration > MediaTime(0) && plausible ? std::optional(duration) : std::nullopt;
}

MediaTime Input::declaredStart() const {
    const std::int64_t start = stream_->start_time;
    return start != AV_NOPTS_VALUE ? MediaTime(av_rescale_q(start, stream_->time_base, AVRational{1, 1000000}))
                                   : MediaTime{0};
}

std::optional<MediaTime> Input::declaredEnd() const {
    const bool estimated = container_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE ||
                           av_match_list(container_->iformat->name, "mpegts,mpeg", ',') > 0;
    if (estimated) {
        return std::nullopt;
    }
    // Matroska states the length of a track in a tag. That and the length of the file may be true lengths or, as FFmpeg
    // writes them, times at which the pictures end: the lesser is believed, since videos may begin later than the
    // sound.
    std::int64_t tagged = 0;
    const AVDictionaryEntry* tag = av_dict_get(stream_->metadata, "DURATION", nullptr, 0);
    if (stream_->duration == AV_NOPTS_VALUE && tag != nullptr && av_parse_time(&tagged, tag->value, 1) >= 0) {
        return MediaTime(tagged);
    }
    const bool alone = container_->nb_streams == 1; // else the container's length may be that of the sound
    const std::optional<MediaTime> length = stream_->duration != AV_NOPTS_VALUE || alone ? duration() : std::nullopt;
    const bool isEnd = av_match_list(container_->iformat->name, "matroska", ',') > 0;
    return length && !isEnd ? std::optional(declaredStart() + *length) : length;
}

double Input::gaplessFps() const {
    return av_match_list(container_->iformat->name, "mov", ',') > 0 ? constantFps() : 0.0;
}

bool Input::isRecording() const {
    const bool overHttp = av_stristart(request_.location.c_str(), "http", nullptr) != 0;
    return request_.kind == SourceKind::Stream && overHttp && hasTimeStamps_ && container_ != nullptr &&
           ((stream_ != nullptr && stream_->duration > 0) || container_->duration > 0);
}

} // namespace livegloss::media
