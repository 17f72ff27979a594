#pragma once

#include "attention/scale.h"
#include "attention/view.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/result.h"
#include "engine/loaded_model.h"
#include "media/frame_source.h"
#include "session/caption.h"
#include "session/frame_pattern.h"
#include "session/stream_recogniser.h"
#include "vision/heat_map.h"
#include "vision/preprocess.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::session {

enum class State {
    Idle,    ///< no source
    Opening, ///< a source is being opened, or a camera or stream is being waited for
    Playing,
    Paused,
    Ended,  ///< the file played to its end, or the live source was stopped; the offline pass may still run
    Failed, ///< see Snapshot::error
};

struct Statistics {
    double sourceFps = 0.0;         ///< frames the source gave per second, over the last 2 s
    double encodedFps = 0.0;        ///< frames the network took per second, over the last 2 s
    double captionDelaySeconds = 0; ///< from a frame's capture to the newest caption that includes it
    std::int64_t captured = 0;
    std::int64_t encoded = 0;
    std::int64_t reused = 0;          ///< taken from the frame before: see SessionSettings::skipSimilar
    std::int64_t interpolated = 0;    ///< left out by the pattern, their features interpolated
    std::int64_t droppedOverload = 0; ///< live only: the model was too slow
    std::int64_t droppedSource = 0;   ///< the device or decoder lost or could not decode them
    std::int64_t backlog = 0;         ///< frames waiting for the model
    bool cannotKeepUp = false;
    FramePattern pattern;         ///< in force now
    double modelFps = 0.0;        ///< frames a second that the model was trained with
    engine::ComputeDevice device; ///< what the network runs on
};

/// One consistent view of the session; cheap to copy, never changes.
struct Snapshot {
    State state = State::Idle;
    std::optional<Error> error;
    std::optional<Error> deviceFailure;  ///< the device that the model ran on failed, and the CPU goes on
    std::optional<Error> attentionError; ///< why SessionSettings::view cannot be shown; captions go on
    media::SourceInfo source;
    std::optional<MediaTime> endsEarly; ///< the file ends here, before its length: it is damaged or cut off
    MediaTime position{0};              ///< of the picture now on show
    CaptionList committed;              ///< all of them, oldest first; never null
    CaptionList provisional;            ///< the present tail; never null
    CaptionList offline;           ///< the offline pass, with changes marked; null until it is done, and again while
                                   ///< recognition goes on in a clip that was not seen as a whole
    bool offlineFromStart = false; ///< `offline` is about all that was seen, from the clip's beginning without a gap
    bool offlineRunning = false;
    bool recognised = false; ///< the model has seen frames of this source
    bool notSure = false;    ///< signing is seen that the model does not know
    Statistics statistics;
    std::uint64_t captionRevision = 0; ///< grows whenever one of the three lists changes
};

/// What the network took for one frame, RGB, and where it lies in time.
struct InputPicture {
    int side = 0;
    std::vector<std::uint8_t> rgb; ///< side * side * 3
};
using InputPicturePtr = std::shared_ptr<const InputPicture>;

/// The attention of one frame as SessionSettings::view asked for it, ready to be drawn in any colours.
struct AttendedPicture {
    MediaTime time{0};                      ///< of the frame that the network took, on the session's own axis
    std::int64_t frameIndex = unknownFrame; ///< its place in the source, or unknownFrame
    attention::View view;                   ///< what was computed; its colours and normalisation do not matter
    std::vector<attention::Layer> layers;
    attention::ClipScales scales;            ///< of the clip as far as it was seen by then
    std::vector<InputPicturePtr> neighbours; ///< one per layer when it goes across frames; null outside the clip
    float temporalWeight = 0.0F;             ///< of the cross-frame step
};
using AttendedPicturePtr = std::shared_ptr<const AttendedPicture>;

/// A frame with the attention that belongs to it.
struct Picture {
    FramePtr frame;
    MediaTime position{0};       ///< the frame's time on the session's own axis, which goes on where a camera came back
    AttendedPicturePtr attended; ///< what `view` asked for; null while it is not computed
    vision::RgbaPicturePtr attention; ///< null while it is off or not computed yet
    vision::Region attentionRegion;   ///< where on the frame the attention picture lies
    std::uint64_t serial = 0;         ///< grows with each new frame or attention picture
};

struct SessionSettings {
    int windowFrames = 64;      ///< frames that a decode looks back on
    int strideFrames = 0;       ///< new frames between two decodes; 0: 0.32 s of them (8 at 25 fps)
    int stability = 2;          ///< stabiliserPreset() level, 0 fast .. 4 stable
    float minConfidence = 0.4F; ///< see decode::StabiliserOptions
    /// Maps over the pictures. Live pictures wait up to 0.2 s for theirs; on a machine that takes longer they come
    /// without.
    bool attention = true;
    /// Attention beyond the overlay of `attention`. Live pictures then wait up to a second for theirs; what needs the
    /// frozen backbone is computed for live sources when nothing else waits, and for files for every frame.
    std::optional<attention::View> view;
    /// Which frames are encoded: every first, second or third, or automaticPattern: of live sources as many as the
    /// machine can, of files all.
    int framePattern = automaticPattern;
    /// Frames whose most changed patch changed by no more than so many grey levels of 255 since the last computed frame
    /// take its results. 0: exact copies only, which costs nothing.
    float skipSimilar = 0.0F;
    bool loop = false;
    double rate = 1.0; ///< playback rate of files, 0.25 .. 2
    /// Files: frames read ahead of the picture, so that their attention is ready when they are shown. 0: recognition
    /// gets a frame when it is shown, as from a camera. Takes effect with the next open().
    int readAheadFrames = 8;
};

/// What a session is made of; the defaults are the real things, tests put others in.
struct SessionParts {
    std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>();
    std::function<Result<std::unique_ptr<media::FrameSource>>(const media::SourceRequest&, const Clock&,
                                                              const std::atomic<bool>* cancel)>
        openSource = media::openSource;
    EncoderFactory makeEncoder = defaultEncoderFactory();
    /// Prepared frames of a file that may wait for the model: half a minute to two minutes of video.
    std::size_t backlogBytes = 256U << 20U;
    /// Frames of a live source that the offline pass can look back on; about a quarter of them go at a time.
    int liveFeatureRows = featureRowsOfCamera;
    bool givesWayToDrawing = false; ///< recognition runs at a lower priority: see base/thread_priority.h
};

/// Live recognition of one source at a time: capture, encoding and presenting on threads of its own, bounded queues
/// between them. Every member may be called from any one controlling thread, at any moment, and returns at once;
/// results are pulled with snapshot() and picture(), which any thread may call. The destructor stops everything within
/// 2 s.
///
/// Overload: of live sources only every second or third frame is encoded when the machine is too slow for all, and past
/// that the oldest that waits is dropped before encoding and counted; features of both are interpolated. Files lose
/// nothing: their frames wait, and past a fixed backlog playback slows down. The picture does not wait for the model,
/// but of live sources for a bounded time for its attention.
class LiveSession {
public:
    explicit LiveSession(std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>());
    explicit LiveSession(SessionParts parts);
    ~LiveSession();
    LiveSession(const LiveSession&) = delete;
    LiveSession& operator=(const LiveSession&) = delete;

    /// Ends what runs and starts `source`. `startPaused` shows the first frame of a file and waits.
    void open(const media::SourceRequest& source, bool startPaused = false);
    /// Used from now on. Files that can be seeked are recognised anew from the clip's beginning, ended ones as a whole;
    /// the picture stays where it is, or goes on from there once recognition got so far. Past its first minute a file
    /// that plays is recognised from the picture on, as are other sources. Null: picture only.
    void setModel(engine::LoadedModelPtr model);
    void setSettings(const SessionSettings& settings);

    void play();
    void pause();
    /// Stops a live source or file; the offline pass over what was seen follows.
    void stop();
    /// Files only: jumps, keeps what was recognised elsewhere in the clip in the history.
    void seek(MediaTime time);
    /// Files only: one frame on or back, paused.
    void step(int frames);
    /// Closes the source; back to Idle.
    void close();

    std::shared_ptr<const Snapshot> snapshot() const;
    Picture picture() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace livegloss::session
