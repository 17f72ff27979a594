#include "bench_stream.h"

#include "commands.h"
#include "media/frame_source.h"
#include "media/rate_resampler.h"
#include "process_time.h"
#include "session/stream_recogniser.h"
#include "terminal.h"
#include "vision/preprocess.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace livegloss::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Longer clips are cut: their prepared pictures all stay in memory.
constexpr std::size_t mostClipFrames = 500;
/// Minutes at either end that the summary is made of.
constexpr std::size_t summarised = 3;

/// The clip's pictures at the model's rate, as the encoder takes them.
std::vector<std::vector<float>> preparedFrames(const std::string& clip, const model::ModelConfig& config) {
    const SteadyClock clock;
    const auto source = valueOrFail(media::openSource(media::parseSource(clip), clock));
    media::RateResampler resampler(config.fps);
    std::vector<std::vector<float>> pictures;
    const auto prepare = [&](const std::vector<FramePtr>& slots) {
        for (const FramePtr& slot : slots) {
            pictures.emplace_back(static_cast<std::size_t>(3 * config.resolution * config.resolution));
            vision::prepareInput(*slot, config.resize, config.resolution, pictures.back());
        }
    };
    while (pictures.size() < mostClipFrames) {
        const auto frame = valueOrFail(source->read());
        if (!frame) {
            prepare(resampler.finish());
            break;
        }
        prepare(resampler.push(*frame));
    }
    if (pictures.empty()) {
        throw CommandFailure{{ErrorCode::NoVideo, clip + " holds no frames", "Give a clip of some seconds."}};
    }
    return pictures;
}

class Stream {
public:
    explicit Stream(const StreamRequest& request)
        : request_(request),
          pictures_(preparedFrames(request.clip, request.model->config())),
          recogniser_(request.model, options()) {}

    std::size_t clipFrames() const { return pictures_.size(); }

    StreamMinute runMinute(std::int64_t frames) {
        StreamMinute minute;
        std::vector<double> wall;
        const double begin = processorSeconds();
        for (std::int64_t i = 0; i < frames; ++i) {
            if (interrupted()) {
                throw CommandFailure{{ErrorCode::Cancelled, "stopped", {}}};
            }
            const Clock::time_point before = Clock::now();
            const std::vector<float>& picture = pictures_[static_cast<std::size_t>(next_) % pictures_.size()];
            const MediaTime time = fromSeconds(static_cast<double>(next_++) / request_.model->config().fps);
            const auto output = valueOrFail(recogniser_.push({picture, {&time, 1}, {}}, true));
            wall.push_back(std::chrono::duration<double, std::milli>(Clock::now() - before).count());
            minute.glosses += output.captions ? static_cast<int>(output.captions->committed.size()) : 0;
        }
        minute.cpuMsPerFrame = 1000.0 * (processorSeconds() - begin) / static_cast<double>(frames);
        minute.wallMsPerFrame = median(std::move(wall));
        minute.residentBytes = memoryOfProcess("VmRSS:");
        return minute;
    }

private:
    static session::StreamOptions options() {
        session::StreamOptions options;
        options.maxFeatureRows = session::featureRowsOfCamera;
        return options;
    }

    const StreamRequest& request_;
    std::vector<std::vector<float>> pictures_;
    session::StreamRecogniser recogniser_;
    std::int64_t next_ = 0;
};

/// Medians of some minutes.
StreamMinute middleOf(std::span<const StreamMinute> minutes) {
    const auto medianOf = [&](auto value) {
        std::vector<double> values;
        std::ranges::transform(minutes, std::back_inserter(values), value);
        return median(std::move(values));
    };
    StreamMinute middle;
    middle.cpuMsPerFrame = medianOf([](const StreamMinute& minute) { return minute.cpuMsPerFrame; });
    middle.wallMsPerFrame = medianOf([](const StreamMinute& minute) { return minute.wallMsPerFrame; });
    middle.residentBytes = static_cast<std::size_t>(
        medianOf([](const StreamMinute& minute) { return static_cast<double>(minute.residentBytes); }));
    return middle;
}

std::span<const StreamMinute> beginning(const StreamResult& result) {
    return std::span(result.minutes).first(std::min(summarised, result.minutes.size()));
}
std::span<const StreamMinute> end(const StreamResult& result) {
    return std::span(result.minutes).last(std::min(summarised, result.minutes.size()));
}

std::string row(const std::string& name, const StreamMinute& minute) {
    char line[128];
    std::snprintf(line, sizeof line, "%-14s %12.2f %12.2f %13.1f\n", name.c_str(), minute.cpuMsPerFrame,
                  minute.wallMsPerFrame, static_cast<double>(minute.residentBytes) / 1e6);
    return line;
}

nlohmann::json minuteJson(const StreamMinute& minute) {
    return {{"cpu_ms_per_frame", minute.cpuMsPerFrame},
            {"ms_per_frame", minute.wallMsPerFrame},
            {"resident_bytes", minute.residentBytes},
            {"glosses", minute.glosses}};
}

} // namespace

StreamResult runStream(const StreamRequest& request) {
    StreamResult result;
    const model::ModelConfig& config = request.model->config();
    result.model = config.name;
    result.clip = request.clip;
    result.description = engine::describe(request.model->compute());
    result.fps = config.fps;
    Stream stream(request);
    result.clipFrames = stream.clipFrames();
    const std::int64_t frames = std::max<std::int64_t>(std::llround(60.0 * config.fps), 1);
    for (int minute = 0; minute < request.minutes; ++minute) {
        result.minutes.push_back(stream.runMinute(frames));
        request.progress(minute + 1);
    }
    return result;
}

std::string streamText(const StreamResult& result) {
    std::string text;
    text.append("Model      ").append(result.model).append(", ").append(result.description).append("\n");
    text.append("Stream     ").append(result.clip).append(" in a loop of ").append(std::to_string(result.clipFrames));
    text.append(" frames, frame by frame\n\nMinute         cpu ms/frame     ms/frame   resident MB\n");
    constexpr std::size_t step = 10;
    for (std::size_t i = 0; i < result.minutes.size(); ++i) {
        if (i == 0 || (i + 1) % step == 0 || i + 1 == result.minutes.size()) {
            text += row(std::to_string(i + 1), result.minutes[i]);
        }
    }
    const StreamMinute first = middleOf(beginning(result));
    const StreamMinute last = middleOf(end(result));
    text += "\n" + row("the first " + std::to_string(beginning(result).size()), first);
    text += row("the last " + std::to_string(end(result).size()), last);
    char line[128];
    std::snprintf(line, sizeof line, "last over first %11.2f %12.2f %13.2f\n", last.cpuMsPerFrame / first.cpuMsPerFrame,
                  last.wallMsPerFrame / first.wallMsPerFrame,
                  static_cast<double>(last.residentBytes) / static_cast<double>(first.residentBytes));
    return text + line;
}

std::string streamJson(const StreamResult& result) {
    auto minutes = nlohmann::json::array();
    std::ranges::transform(result.minutes, std::back_inserter(minutes), minuteJson);
    const nlohmann::json all{{"model", result.model},
                             {"clip", result.clip},
                             {"description", result.description},
                             {"fps", result.fps},
                             {"clip_frames", result.clipFrames},
                             {"minutes", minutes},
                             {"first", minuteJson(middleOf(beginning(result)))},
                             {"last", minuteJson(middleOf(end(result)))}};
    return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace livegloss::cli
