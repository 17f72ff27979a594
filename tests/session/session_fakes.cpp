#include "session_fakes.h"

#include "random_model.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace livegloss::test {

namespace {

class ScriptedSource final : public media::FrameSource {
public:
    ScriptedSource(std::shared_ptr<Script> script, const Clock& clock) : script_(std::move(script)), clock_(clock) {
        ++script_->alive;
        info_.name = "script";
        info_.width = 48;
        info_.height = 32;
        info_.fps = script_->fps;
        info_.live = script_->live;
        info_.seekable = !script_->live;
        if (!script_->live && script_->frames >= 0 && script_->declaresLength) {
            info_.duration = timeOf(script_->frames);
        }
    }
    ~ScriptedSource() override { --script_->alive; }

    const media::SourceInfo& info() const override { return info_; }

    Result<std::optional<FramePtr>> read() override {
        if (script_->gated && !script_->await(interrupted_)) {
            return failure(ErrorCode::Cancelled, "interrupted");
        }
        if (script_->live && !script_->gated) {
            std::this_thread::sleep_for(std::chrono::milliseconds(4)); // a camera of 250 frames a second
        }
        if (interrupted_) {
            return failure(ErrorCode::Cancelled, "interrupted");
        }
        if (next_ == script_->failAt) {
            return tl::unexpected(script_->failure);
        }
        if (script_->frames >= 0 && next_ >= script_->frames) {
            return std::nullopt;
        }
        ++script_->reads;
        if (next_ == script_->damagedAt || (script_->damaged && next_ >= 20 && next_ % 2 == 1)) {
            ++next_;
            ++losses_.frames;
        }
        const std::int64_t index = next_++;
        return greyFrame(index, timeOf(index), static_cast<int>(index % 256), clock_.now());
    }

    Result<void> seek(MediaTime time) override {
        next_ = static_cast<std::int64_t>(toSeconds(time) * script_->fps + 1e-6);
        return {};
    }
    media::SourceLosses losses() const override { return losses_; }
    void interrupt() override {
        interrupted_ = true;
        script_->wakeAll();
    }

private:
    MediaTime timeOf(std::int64_t index) const { return fromSeconds(static_cast<double>(index) / script_->fps); }

    std::shared_ptr<Script> script_;
    const Clock& clock_;
    media::SourceInfo info_;
    std::int64_t next_ = 0;
    media::SourceLosses losses_;
    std::atomic<bool> interrupted_{false};
};

/// Features count up with the frames; nothing is held back but the padding.
class ControlledEncoder final : public engine::StreamingEncoder {
public:
    ControlledEncoder(engine::LoadedModelPtr model, std::shared_ptr<EncoderControl> control)
        : model_(std::move(model)), control_(std::move(control)) {}

    Result<engine::EncoderOutput> push(std::span<const float>, int count, bool wantAttention) override {
        control_->await();
        if (control_->fails) {
            return failure(ErrorCode::Internal, "the encoder broke");
        }
        if (control_->beforePush) {
            control_->beforePush(count);
        }
        control_->encoded += count;
        control_->largestBatch = std::max(control_->largestBatch.load(), count);
        engine::EncoderOutput output;
        for (int i = 0; i < count; ++i) {
            for (int pad = next_ == 0 ? -layout().leftPad : 0; pad < 0; ++pad) {
                output.features.push_back(feature(pad));
            }
            output.features.push_back(feature(next_));
            if (wantAttention) {
                const int side = model_->config().gridSide();
                const auto patches = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
                output.attention.push_back({next_, side, side, std::vector<float>(patches, 0.25F), 0.0F, 0.0F});
            }
            ++next_;
        }
        if (control_->losesDevice.exchange(false)) {
            output.deviceFailure = Error{ErrorCode::OutOfMemory, "cuda:0 has no memory left", {}};
        }
        return output;
    }
    Result<engine::EncoderOutput> finish() override {
        engine::EncoderOutput output;
        const std::int64_t padded = layout().paddedFrames(next_) - layout().leftPad;
        for (std::int64_t index = next_; next_ > 0 && index < padded; ++index) {
            output.features.push_back(feature(index));
        }
        return output;
    }
    void reset() override { next_ = 0; }

private:
    model::TemporalLayout layout() const { return model::temporalLayout(model_->config().convType); }
    engine::FrameFeature feature(std::int64_t index) const {
        const auto width = static_cast<std::size_t>(model_->config().embedDim);
        engine::FrameFeature result{index, std::vector<float>(width)};
        for (std::size_t i = 0; i < width; ++i) {
            result.values[i] = static_cast<float>((index * 37 + static_cast<std::int64_t>(i) * 11) % 23) / 11.5F - 1.0F;
        }
        return result;
    }

    engine::LoadedModelPtr model_;
    std::shared_ptr<EncoderControl> control_;
    std::int64_t next_ = 0;
};

} // namespace

FramePtr greyFrame(std::int64_t index, MediaTime time, int grey, Instant capturedAt) {
    auto frame = std::make_shared<Frame>();
    frame->width = 48;
    frame->height = 32;
    frame->rgb.assign(48 * 32 * 3, static_cast<std::uint8_t>(grey));
    frame->time = time;
    frame->index = index;
    frame->capturedAt = capturedAt;
    return frame;
}

void Script::allow(int count) {
    const std::scoped_lock lock(mutex_);
    allowed_ += count;
    changed_.notify_all();
}

bool Script::await(const std::atomic<bool>& interrupted) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return allowed_ > 0 || interrupted; });
    if (interrupted) {
        return false;
    }
    --allowed_;
    return true;
}

void Script::wakeAll() {
    const std::scoped_lock lock(mutex_);
    changed_.notify_all();
}

void EncoderControl::allow(int pushes) {
    const std::scoped_lock lock(mutex_);
    allowed_ += pushes;
    changed_.notify_all();
}

void EncoderControl::openGate() {
    const std::scoped_lock lock(mutex_);
    gated = false;
    changed_.notify_all();
}

void EncoderControl::await() {
    std::unique_lock lock(mutex_);
    ++waiting;
    changed_.wait(lock, [&] { return !gated || allowed_ > 0; });
    --waiting;
    allowed_ -= gated ? 1 : 0;
}

std::unique_ptr<media::FrameSource> scriptedSource(std::shared_ptr<Script> script, const Clock& clock) {
    return std::make_unique<ScriptedSource>(std::move(script), clock);
}

session::EncoderFactory controlledEncoder(std::shared_ptr<EncoderControl> control) {
    return [control](engine::LoadedModelPtr model,
                     const engine::EncoderOptions&) -> std::unique_ptr<engine::StreamingEncoder> {
        return std::make_unique<ControlledEncoder>(std::move(model), control);
    };
}

session::SessionParts scriptedParts(std::shared_ptr<Script> script, std::shared_ptr<const Clock> clock,
                                    std::shared_ptr<EncoderControl> encoder) {
    session::SessionParts parts;
    parts.clock = std::move(clock);
    parts.openSource = [script](const media::SourceRequest&, const Clock& stamps,
                                const std::atomic<bool>*) -> Result<std::unique_ptr<media::FrameSource>> {
        ++script->opened;
        if (script->openFailures > 0) {
            --script->openFailures;
            return tl::unexpected(script->failure);
        }
        return scriptedSource(script, stamps);
    };
    if (encoder) {
        parts.makeEncoder = controlledEncoder(std::move(encoder));
    }
    return parts;
}

void writeTinyModel(const std::filesystem::path& path, unsigned seed) {
    RandomModel model(seed);
    model.config.patch = 16;
    model.config.resize = 36;
    model.config.vocabulary = {"", "HOUSE", "TREE", "RAIN", "SUN", "WIND"};
    if (auto saved = model.save(path); !saved) {
        throw std::runtime_error(saved.error().message);
    }
}

engine::LoadedModelPtr tinyModel(unsigned seed) {
    // The files stay until the end.
    struct Folder {
        std::filesystem::path path =
            std::filesystem::temp_directory_path() /
            ("livegloss-tiny-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
        Folder() { std::filesystem::create_directories(path); }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
    };
    static const Folder folder;
    const auto path = folder.path / ("tiny-" + std::to_string(seed) + ".safetensors");
    writeTinyModel(path, seed);
    auto model = engine::loadModel(path);
    if (!model) {
        throw std::runtime_error(model.error().message);
    }
    return *model;
}

bool eventually(const std::function<bool()>& condition, int seconds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

} // namespace livegloss::test
