#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "ffmpeg.h"
#include "frame_numbers.h"
#include "input.h"
#include "io_guard.h"
#include "media/frame_source.h"

#include <memory>
#include <optional>

namespace livegloss::media {

/// A decoded picture with its place in the clip.
struct DecodedPicture {
    AvFramePtr picture;
    MediaTime time{0};
    Instant arrival{};
    std::int64_t number = 0; ///< from 0, or unknownFrame
};

/// Packets to pictures with time stamps that only grow, counted from the first picture. One thread at a time.
class VideoDecoder {
public:
    /// All three must outlive the decoder; `input` is replaced when a seek has to begin at the file's start.
    VideoDecoder(std::unique_ptr<Input>& input, IoGuard& guard, const Clock& clock);

    Result<void> open();
    /// The next picture; nothing at the end. Damaged packets are skipped; ten read errors in a row are the end.
    Result<std::optional<DecodedPicture>> next();
    /// Continues at a key frame shown at or before `time`, `lead` earlier if there is one; false if the container
    /// cannot take it there.
    bool jumpBefore(MediaTime time, MediaTime lead);
    /// Begins the file anew.
    Result<void> rewind();
    /// See FrameSource::losses().
    const SourceLosses& losses() const { return losses_; }

private:
    enum class Fed { Packet, End, Nothing };

    Result<Fed> feed();
    Result<Fed> noMorePackets(int code);
    void notePacketsEnd();
    void countDamaged();
    void countGap(std::optional<MediaTime> before, MediaTime time);
    void countMissingTail();
    bool skipToKeyFrame(MediaTime time);
    MediaTime timeOf(const AVFrame& picture, Instant arrival);
    std::int64_t numberOf(MediaTime time);
    MediaTime period() const;
    MediaTime toMediaTime(std::int64_t timeStamp) const;
    Error noPictures() const;

    std::unique_ptr<Input>& input_;
    IoGuard& guard_;
    const Clock& clock_;
    CodecContextPtr codec_;
    PacketPtr packet_;
    bool packetHeld_ = false; ///< packet_ waits to be sent
    bool draining_ = false;
    bool ended_ = false;
    bool anyPicture_ = false;
    bool sawEncryption_ = false;
    int readErrors_ = 0;
    int errorsAtEnd_ = 0;
    int packetsWithoutPicture_ = 0;
    std::optional<Error> readFailure_;
    SourceLosses losses_;
    std::int64_t gap_ = 0;                ///< pictures missing before the newest one, not counted yet
    bool cameLate_ = false;               ///< the newest picture has no time of its own, or that had passed
    std::optional<MediaTime> packetsEnd_; ///< container's time at which the last packet's picture ends

    FrameNumbers numbers_;
    double constantFps_ = 0.0;
    double gaplessFps_ = 0.0;         ///< see Input::gaplessFps()
    std::optional<MediaTime> origin_; ///< container's time of the first picture
    std::optional<MediaTime> last_;
    std::optional<Instant> firstArrival_;
    MediaTime shift_{0};        ///< added after the container's time jumped back
    bool timesDerived_ = false; ///< some times did not come from the container: only a rewind leads to them again
};

} // namespace livegloss::media
