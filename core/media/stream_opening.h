#pragma once

#include "ffmpeg.h"
#include "io_guard.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace livegloss::media {

/// FFmpeg's opening of a network address, on a thread of its own: looking a computer's name up can neither be
/// interrupted nor limited in time, so whoever waits leaves the thread behind, and it cleans up once the look-up ends.
class StreamOpening : public std::enable_shared_from_this<StreamOpening> {
public:
    enum class Stage { LookingUp, Connecting, Done };
    struct Outcome {
        int code = 0;              ///< FFmpeg's; AVERROR_EXIT when it was left behind
        int lookup = 0;            ///< getaddrinfo()'s
        Stage stage = Stage::Done; ///< what was under way when it was left behind
    };
    using OptionList = std::vector<std::pair<std::string, std::string>>;

    /// `guard` must outlive the container that is opened, or abandon() must be called before it goes.
    StreamOpening(std::string url, OptionList options, IoGuard& guard);

    /// Waits until FFmpeg has opened the address into `container` (null on failure), or until the guard says to give
    /// up, 20 ms later at most. The container calls back into this object, which must outlive it. Once.
    Outcome open(AVFormatContext*& container);

private:
    void work();
    void connect();
    bool isAbandoned();
    static int poll(void* opening);

    const std::string url_;
    const OptionList options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    IoGuard* guard_; ///< null once nobody waits any more
    AVFormatContext* container_ = nullptr;
    Outcome outcome_{0, 0, Stage::LookingUp};
};

/// The computer that an address names, without user, port and brackets; empty where it names none.
std::string hostOf(const std::string& url);

} // namespace livegloss::media
