#include "media/frame_source.h"

#include "input.h"
#include "io_guard.h"
#include "picture_converter.h"
#include "video_decoder.h"

#include <deque>
#include <utility>

namespace livegloss::media {

namespace {

using namespace std::chrono_literals;

class DecodedSource final : public FrameSource {
public:
    DecodedSource(const Clock& clock, const std::atomic<bool>* cancel)
        : guard_(cancel), decoder_(input_, guard_, clock) {}

    Result<void> open(const SourceRequest& request);
    const SourceInfo& info() const override { return info_; }
    Result<std::optional<FramePtr>> read() override;
    Result<void> seek(MediaTime time) override;
    void interrupt() override { guard_.interrupt(); }
    SourceLosses losses() const override { return decoder_.losses(); }

private:
    Result<FramePtr> convert(const DecodedPicture& decoded);
    Result<void> moveBefore(MediaTime time);
    void describe(const Frame& first);

    IoGuard guard_;
    std::unique_ptr<Input> input_;
    VideoDecoder decoder_;
    PictureConverter converter_;
    std::deque<DecodedPicture> ready_; ///< decoded ahead while opening or seeking
    FramePtr first_;                   ///< converted while opening, for read()
    SourceInfo info_;
};

Result<void> DecodedSource::open(const SourceRequest& request) {
    auto input = Input::open(request, guard_);
    if (!input) {
        return tl::unexpected(std::move(input.error()));
    }
    input_ = std::move(*input);
    if (auto opened = decoder_.open(); !opened) {
        return opened;
    }
    auto first = decoder_.next();
    if (!first) {
        return tl::unexpected(std::move(first.error()));
    }
    auto frame = convert(**first);
    if (!frame) {
        return tl::unexpected(std::move(frame.error()));
    }
    first_ = *frame;
    describe(*first_);
    guard_.watch(nullptr);
    return {};
}

void DecodedSource::describe(const Frame& first) {
    info_.name = input_->name();
    info_.codec = input_->codecName();
    if (info_.codec == "wrapped_avframe") {
        info_.codec = "rawvideo";
    }
    info_.width = first.width;
    info_.height = first.height;
    info_.fps = input_->nominalFps();
    info_.live = input_->isLive();
    info_.seekable = input_->request().kind == SourceKind::File;
    if (info_.seekable || input_->isRecording()) {
        info_.duration = input_->duration();
    }
}

Result<FramePtr> DecodedSource::convert(const DecodedPicture& decoded) {
    AVFrame& picture = *decoded.picture;
    const AVRational aspect = av_guess_sample_aspect_ratio(input_->container(), input_->stream(), &picture);
    auto frame = converter_.convert(picture, aspect, input_->orientation());
    if (!frame) {
        frame.error().message = input_->name() + ": " + frame.error().message;
        return tl::unexpected(std::move(frame.error()));
    }
    (*frame)->time = decoded.time;
    (*frame)->capturedAt = decoded.arrival;
    (*frame)->index = decoded.number;
    return FramePtr(std::move(*frame));
}

Result<std::optional<FramePtr>> DecodedSource::read() {
    if (guard_.cancelled()) {
        return tl::unexpected(input_->describe(AVERROR_EXIT));
    }
    if (first_) {
        return std::exchange(first_, nullptr);
    }
    if (ready_.empty()) {
        auto next = decoder_.next();
        if (!next) {
            return tl::unexpected(std::move(next.error()));
        }
        if (!*next) {
            return std::nullopt;
        }
        ready_.push_back(std::move(**next));
    }
    auto frame = convert(ready_.front());
    ready_.pop_front();
    if (!frame) {
        return tl::unexpected(std::move(frame.error()));
    }
    return std::move(*frame);
}

/// Sets the decoder to a key frame at or before `time`: near it where the container can, else at the start.
Result<void> DecodedSource::moveBefore(MediaTime time) {
    for (const MediaTime lead : {MediaTime(0), MediaTime(1s), MediaTime(4s), MediaTime(16s)}) {
        if (time - lead > MediaTime(0) && decoder_.jumpBefore(time, lead)) {
            return {};
        }
        if (guard_.cancelled()) {
            return tl::unexpected(input_->describe(AVERROR_EXIT));
        }
    }
    return decoder_.rewind();
}

Result<void> DecodedSource::seek(MediaTime time) {
    if (!info_.seekable) {
        return failure(ErrorCode::Unsupported, info_.name + " cannot be seeked", "Only files can.");
    }
    if (guard_.cancelled()) {
        return tl::unexpected(input_->describe(AVERROR_EXIT));
    }
    first_.reset();
    ready_.clear();
    if (auto moved = moveBefore(time); !moved) {
        return moved;
    }
    // The picture on show at `time` is known once the one after it is.
    for (;;) {
        auto next = decoder_.next();
        if (!next) {
            // The damage lies behind the picture that was asked for; the next read past it reports it.
            if (ready_.empty() || next.error().code == ErrorCode::Cancelled) {
                return tl::unexpected(std::move(next.error()));
            }
            return {};
        }
        if (!*next) {
            return {};
        }
        const bool after = (*next)->time > time;
        if (!after) {
            ready_.clear();
        }
        ready_.push_back(std::move(**next));
        if (after) {
            return {};
        }
    }
}

} // namespace

Result<std::unique_ptr<FrameSource>> openSource(const SourceRequest& request, const Clock& clock,
                                                const std::atomic<bool>* cancel) {
    auto source = std::make_unique<DecodedSource>(clock, cancel);
    if (auto opened = source->open(request); !opened) {
        return tl::unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<FrameSource>(std::move(source));
}

} // namespace livegloss::media
