#pragma once

#include "engine/loaded_model.h"
#include "media/frame_source.h"
#include "session/live_session.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace livegloss::test {

/// A small model with random weights, written to a file and loaded as any other. 5 classes, 32 x 32 input, 2 x 2
/// patches.
engine::LoadedModelPtr tinyModel(unsigned seed = 1);
/// Writes such a model.
void writeTinyModel(const std::filesystem::path& path, unsigned seed = 1);

/// A frame of one grey, 48 x 32.
FramePtr greyFrame(std::int64_t index, MediaTime time, int grey = 128, Instant capturedAt = {});

/// What a scripted source does; shared between a test and the sources that it hands out.
class Script {
public:
    std::int64_t frames = 50; ///< until the end; negative: endless
    double fps = 25.0;
    bool live = false;
    std::int64_t failAt = -1; ///< read() of this frame fails with `failure`
    Error failure{ErrorCode::Disconnected, "unplugged", {}};
    std::int64_t damagedAt = -1; ///< this frame is passed over and counted as lost
    bool damaged = false;        ///< so is every second one from the twentieth on
    bool declaresLength = true;
    std::atomic<bool> gated{false}; ///< each read() waits for allow()

    std::atomic<int> opened{0};
    std::atomic<int> alive{0};
    std::atomic<int> openFailures{0}; ///< the next so many openings fail with `failure`
    std::atomic<std::int64_t> reads{0};

    void allow(int count);
    /// Waits for permission; false when interrupted.
    bool await(const std::atomic<bool>& interrupted);
    void wakeAll();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t allowed_ = 0;
};

std::unique_ptr<media::FrameSource> scriptedSource(std::shared_ptr<Script> script, const Clock& clock);

/// Encoder that gives features without a network: for tests of queues and threads. Each frame of a push waits for a
/// permit when `gated`.
class EncoderControl {
public:
    std::atomic<bool> gated{false};
    std::atomic<bool> fails{false};
    std::atomic<bool> losesDevice{false}; ///< the next push() tells of a device that failed
    std::atomic<std::int64_t> encoded{0};
    std::atomic<int> largestBatch{0};
    std::atomic<int> waiting{0};                ///< pushes that wait for permission now
    std::function<void(int frames)> beforePush; ///< on the recognition thread; set it before the session starts

    void allow(int pushes);
    void openGate();
    void await();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int allowed_ = 0;
};
session::EncoderFactory controlledEncoder(std::shared_ptr<EncoderControl> control);

/// Parts of a session around a scripted source, and an encoder when one is given.
session::SessionParts scriptedParts(std::shared_ptr<Script> script, std::shared_ptr<const Clock> clock,
                                    std::shared_ptr<EncoderControl> encoder = nullptr);

/// Asks `condition` again and again for up to ten seconds.
bool eventually(const std::function<bool()>& condition, int seconds = 10);

} // namespace livegloss::test
