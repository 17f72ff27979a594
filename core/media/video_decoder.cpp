#include "video_decoder.h"

#include "base/log.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace livegloss::media {

namespace {

using namespace std::chrono_literals;

constexpr int maxReadErrors = 10;
// A decoder that has been told of the end gives what it holds; damaged pictures among it are passed over.
constexpr int maxErrorsAtEnd = 64;
// Sources without an end that send nothing decodable have to be given up at some time.
constexpr int maxPacketsWithoutPicture = 500;
constexpr MediaTime discontinuity = 1s;

bool isEncrypted(const AVPacket& packet) {
    return av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO, nullptr) != nullptr;
}

} // namespace

VideoDecoder::VideoDecoder(std::unique_ptr<Input>& input, IoGuard& guard, const Clock& clock)
    : input_(input), guard_(guard), clock_(clock), packet_(av_packet_alloc()) {}

Result<void> VideoDecoder::open() {
    const AVStream& stream = *input_->stream();
    const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
    if (decoder == nullptr) {
        if (input_->declaresEncryption() || stream.codecpar->codec_id == AV_CODEC_ID_NONE) {
            return tl::unexpected(noPictures());
        }
        return failure(ErrorCode::Unsupported,
                       "there is no decoder for the video in " + input_->name() + " (" + input_->codecName() + ")",
                       "Convert it to H.264 in MP4.");
    }
    codec_.reset(avcodec_alloc_context3(decoder));
    if (!codec_ || !packet_ || avcodec_parameters_to_context(codec_.get(), stream.codecpar) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to decode " + input_->name());
    }
    codec_->pkt_timebase = stream.time_base;
    codec_->max_pixels = maxPixels;
    if (input_->isLive()) {
        codec_->thread_count = 1; // frame threads would add a frame of delay each
        codec_->flags |= AV_CODEC_FLAG_LOW_DELAY;
    } else {
        codec_->thread_count = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 4U));
    }
    const int code = avcodec_open2(codec_.get(), decoder, nullptr);
    if (code < 0) {
        return failure(ErrorCode::Unsupported,
                       "the video in " + input_->name() + " (" + input_->codecName() +
                           ") cannot be decoded: " + errorText(code),
                       "Convert it to H.264 in MP4.");
    }
    packetHeld_ = draining_ = ended_ = false;
    readErrors_ = errorsAtEnd_ = 0;
    readFailure_.reset();
    constantFps_ = input_->constantFps();
    gaplessFps_ = input_->gaplessFps();
    return {};
}

Result<std::optional<DecodedPicture>> VideoDecoder::next() {
    AvFramePtr picture(av_frame_alloc());
    if (!picture) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to decode " + input_->name());
    }
    guard_.arm(input_->patience(!anyPicture_));
    while (!ended_) {
        if (guard_.cancelled()) {
            return tl::unexpected(input_->describe(AVERROR_EXIT));
        }
        const int code = avcodec_receive_frame(codec_.get(), picture.get());
        if (code >= 0) {
            const Instant arrival = clock_.now();
            const std::optional<MediaTime> before = last_;
            const MediaTime time = timeOf(*picture, arrival);
            countGap(before, time);
            anyPicture_ = true;
            packetsWithoutPicture_ = 0;
            return DecodedPicture{std::move(picture), time, arrival, numberOf(time)};
        }
        if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) {
            countDamaged();
        }
        if (code == AVERROR_EOF || (draining_ && (code == AVERROR(EAGAIN) || ++errorsAtEnd_ > maxErrorsAtEnd))) {
            ended_ = true;
            losses_.frames += std::exchange(gap_, 0);
            countMissingTail();
            break;
        }
        if (draining_) {
            continue;
        }
        if (auto fed = feed(); !fed) {
            return tl::unexpected(std::move(fed.error()));
        }
    }
    if (readFailure_) {
        return tl::unexpected(anyPicture_ ? *readFailure_ : noPictures());
    }
    if (!anyPicture_) {
        return tl::unexpected(noPictures());
    }
    return std::nullopt;
}

/// Gives the decoder one more packet, or the end. A live source that has nothing yet is waited for a moment.
Result<VideoDecoder::Fed> VideoDecoder::feed() {
    if (!packetHeld_) {
        const int code = input_->readPacket(packet_.get());
        if (guard_.cancelled() || guard_.expired()) {
            av_packet_unref(packet_.get());
            return tl::unexpected(input_->describe(AVERROR_EXIT));
        }
        if (code == AVERROR(EAGAIN)) {
            guard_.pause(2ms);
            return Fed::Nothing;
        }
        if (code < 0) {
            return noMorePackets(code);
        }
        readErrors_ = 0;
        notePacketsEnd();
    }
    packetHeld_ = false;
    if (!sawEncryption_ && isEncrypted(*packet_)) {
        sawEncryption_ = true;
        log(LogLevel::Warning,
            input_->name() + " is encrypted (copy protection): what can be decoded of it is damaged");
    }
    if (++packetsWithoutPicture_ > maxPacketsWithoutPicture && input_->request().kind != SourceKind::File) {
        av_packet_unref(packet_.get());
        return tl::unexpected(noPictures());
    }
    if (packet_->size > 0) {
        // A refused packet is a damaged one; those behind it may be whole. A full decoder gives pictures first.
        const int code = avcodec_send_packet(codec_.get(), packet_.get());
        packetHeld_ = code == AVERROR(EAGAIN);
        if (code < 0 && !packetHeld_) {
            countDamaged();
        }
    }
    if (!packetHeld_) {
        av_packet_unref(packet_.get());
    }
    return Fed::Packet;
}

/// After a read that gave no packet: an error that may pass, one that does not, or the end.
Result<VideoDecoder::Fed> VideoDecoder::noMorePackets(int code) {
    const bool end = code == AVERROR_EOF && !input_->isLive();
    if (input_->isFromOutside() && !end && code != AVERROR_INVALIDDATA) {
        return tl::unexpected(input_->describe(code));
    }
    if (!end && ++readErrors_ < maxReadErrors) {
        return Fed::Nothing;
    }
    if (!end) {
        readFailure_ = input_->describe(code);
    }
    avcodec_send_packet(codec_.get(), nullptr);
    draining_ = true;
    return Fed::End;
}

void VideoDecoder::notePacketsEnd() {
    const std::int64_t stamp = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
    if (stamp != AV_NOPTS_VALUE) {
        const MediaTime length = packet_->duration > 0 ? toMediaTime(packet_->duration) : period();
        packetsEnd_ = std::max(packetsEnd_.value_or(MediaTime::min()), toMediaTime(stamp) + length);
    }
}

/// A packet that the decoder refused, or a picture that it gave up. Where gaps tell, they are counted instead: decoders
/// also leave out in silence what depends on a lost picture.
void VideoDecoder::countDamaged() {
    if (gaplessFps_ <= 0.0) {
        ++losses_.frames;
    }
}

/// `before`: the picture before the one at `time`; nothing after a jump and at the start. A gap counts once the picture
/// behind it has come or the end: behind damage a picture of the gap may still come late.
void VideoDecoder::countGap(std::optional<MediaTime> before, MediaTime time) {
    if (gaplessFps_ <= 0.0) {
        return;
    }
    if (cameLate_) {
        gap_ = std::max<std::int64_t>(0, gap_ - 1);
        return;
    }
    losses_.frames += std::exchange(gap_, 0);
    double missing = 0.0;
    if (before) {
        missing = std::round(toSeconds(time - *before) * gaplessFps_) - 1.0;
    } else if (!anyPicture_ && origin_) {
        missing = std::round(toSeconds(*origin_ - input_->declaredStart()) * gaplessFps_);
    }
    gap_ = std::max(0, static_cast<int>(missing));
}

/// At the end: compares it with what the file declares.
void VideoDecoder::countMissingTail() {
    if (!last_ || !origin_ || timesDerived_) {
        return;
    }
    const MediaTime end = *last_ + period();
    if (gaplessFps_ > 0.0) {
        const MediaTime fromStart = *last_ + *origin_ - input_->declaredStart();
        const std::int64_t missing = input_->stream()->nb_frames - std::llround(toSeconds(fromStart) * gaplessFps_) - 1;
        if (missing > 0) {
            losses_.frames += missing;
            losses_.endsAt = end;
        }
        return;
    }
    const std::optional<MediaTime> declared = input_->declaredEnd();
    const MediaTime reached = std::max(end + *origin_, packetsEnd_.value_or(MediaTime::min()));
    const MediaTime missing = declared ? *declared - reached : MediaTime{0};
    if (missing > std::max<MediaTime>(500ms, period() * 5)) {
        losses_.frames += std::llround(toSeconds(missing) / toSeconds(period()));
        losses_.endsAt = reached - *origin_;
    }
}

MediaTime VideoDecoder::period() const {
    const double fps = input_->nominalFps();
    return fps > 0.0 ? fromSeconds(1.0 / fps) : MediaTime(40ms);
}

MediaTime VideoDecoder::toMediaTime(std::int64_t timeStamp) const {
    return MediaTime(av_rescale_q(timeStamp, input_->stream()->time_base, AVRational{1, 1000000}));
}

MediaTime VideoDecoder::timeOf(const AVFrame& picture, Instant arrival) {
    MediaTime time{0};
    cameLate_ = false;
    const std::int64_t stamp = input_->hasTimeStamps() ? picture.best_effort_timestamp : AV_NOPTS_VALUE;
    if (stamp != AV_NOPTS_VALUE) {
        const MediaTime absolute = toMediaTime(stamp);
        origin_ = origin_.value_or(absolute);
        time = absolute - *origin_ + shift_;
    } else if (input_->isLive()) {
        firstArrival_ = firstArrival_.value_or(arrival);
        time = std::chrono::duration_cast<MediaTime>(arrival - *firstArrival_);
    } else {
        timesDerived_ = true;
        cameLate_ = last_.has_value();
        time = last_ ? *last_ + period() : MediaTime{0};
    }
    if (last_ && time <= *last_) {
        const MediaTime derived = *last_ + period();
        // A file that tells of every frame has no jumps in it, however far behind a damaged part a picture lies.
        cameLate_ = gaplessFps_ > 0.0 || *last_ - time <= discontinuity;
        if (!cameLate_) {
            shift_ += derived - time;
        }
        timesDerived_ = true;
        time = derived;
    }
    last_ = time;
    return time;
}

std::int64_t VideoDecoder::numberOf(MediaTime time) {
    return input_->request().kind == SourceKind::File ? numbers_.numberOf(time, constantFps_) : numbers_.count();
}

bool VideoDecoder::jumpBefore(MediaTime time, MediaTime lead) {
    if (timesDerived_ || !origin_) {
        return false;
    }
    const AVStream& stream = *input_->stream();
    const MediaTime absolute = time - lead + *origin_;
    const std::int64_t stamp =
        av_rescale_q_rnd(absolute.count(), AVRational{1, 1000000}, stream.time_base, AV_ROUND_DOWN);
    if (avformat_seek_file(input_->container(), stream.index, INT64_MIN, stamp, stamp, 0) < 0) {
        return false;
    }
    avcodec_flush_buffers(codec_.get());
    av_packet_unref(packet_.get());
    packetHeld_ = draining_ = ended_ = false;
    readErrors_ = errorsAtEnd_ = 0;
    readFailure_.reset();
    last_.reset();
    numbers_.jump();
    return skipToKeyFrame(time);
}

/// Reads on to the next key frame and holds it; false unless it is shown at or before `time`. What a container calls
/// the position of a time is often only near it, and pictures before the key frame would be broken.
bool VideoDecoder::skipToKeyFrame(MediaTime time) {
    for (;;) {
        const int code = input_->readPacket(packet_.get());
        if (code < 0) {
            return false;
        }
        if ((packet_->flags & AV_PKT_FLAG_KEY) == 0) {
            av_packet_unref(packet_.get());
            continue;
        }
        packetHeld_ = true;
        std::int64_t stamp = packet_->pts;
        MediaTime reordering{0};
        if (stamp == AV_NOPTS_VALUE) {
            stamp = packet_->dts;
            reordering = period() * (codec_->has_b_frames + 1);
        }
        return stamp != AV_NOPTS_VALUE && toMediaTime(stamp) - *origin_ + reordering <= time;
    }
}

Result<void> VideoDecoder::rewind() {
    const SourceRequest request = input_->request();
    auto reopened = Input::open(request, guard_);
    if (!reopened) {
        return tl::unexpected(std::move(reopened.error()));
    }
    av_packet_unref(packet_.get());
    ended_ = true;
    codec_.reset();
    input_ = std::move(*reopened);
    last_.reset();
    shift_ = MediaTime{0};
    numbers_.restart();
    return open();
}

Error VideoDecoder::noPictures() const {
    if (sawEncryption_ || input_->declaresEncryption()) {
        return {ErrorCode::Unsupported, input_->name() + " is encrypted (copy protection) and cannot be shown",
                "Use a copy without protection."};
    }
    return {ErrorCode::Unreadable,
            input_->name() + " has a video stream (" + input_->codecName() + ") but no frame that can be decoded",
            "The file may be cut off or damaged; fetch or convert it again."};
}

} // namespace livegloss::media
