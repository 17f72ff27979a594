#include "attention_keeper.h"

#include "gloss_times.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

/// Frames at the model's rate that are kept, about 20 MB of them: some seconds, more than is read ahead.
constexpr std::size_t kSlots = 64;

bool needsFrozen(const engine::AttentionRequest& request) {
    return std::ranges::any_of(request.spatial, [](const engine::SpatialRequest& spatial) {
        return spatial.path == engine::AttentionPath::Frozen;
    });
}

} // namespace

bool AttentionKeeper::setView(const std::optional<attention::View>& view) {
    {
        const std::scoped_lock lock(mutex_);
        const bool same = view.has_value() == wanted_.has_value() &&
                          (!view || (view->shown == wanted_->shown && requestFor(*view) == requestFor(*wanted_)));
        wanted_ = view;
        if (same) {
            return false;
        }
        gaveUp_ = false;
    }
    if (view) {
        board_.startAttended();
        intake_.reportAttentionGap();
    } else {
        board_.stopAttended();
    }
    return true;
}

/// Takes up a view that was set meanwhile.
void AttentionKeeper::refreshView(const model::ModelConfig& config) {
    std::optional<attention::View> wanted;
    {
        const std::scoped_lock lock(mutex_);
        if (!gaveUp_) {
            wanted = wanted_;
        }
    }
    if (!wanted) {
        view_.reset();
        request_ = {};
        pass_.reset();
        return;
    }
    const attention::View view = attention::fitted(*wanted, config);
    engine::AttentionRequest request = requestFor(view);
    if (view_ && view_->shown == view.shown && request == request_) {
        return;
    }
    view_ = view;
    request_ = std::move(request);
    scales_.reset();
    for (Slot& slot : slots_) {
        slot.done = false;
    }
}

/// Pictures go on without attention instead of waiting for it.
void AttentionKeeper::giveUp() {
    {
        const std::scoped_lock lock(mutex_);
        gaveUp_ = true;
    }
    view_.reset();
    request_ = {};
    pass_.reset();
    board_.stopAttended();
}

void AttentionKeeper::clear() {
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(gaveUp_, false) && wanted_) {
            board_.startAttended();
        }
    }
    slots_.clear();
    scales_.reset();
    pass_.reset();
    passModel_.reset();
}

void AttentionKeeper::startRun(const RunPtr& run, MediaTime firstTime) {
    runOver_ = false;
    passModel_ = run->model;
    pass_.reset();
    std::erase_if(slots_, [firstTime](const Slot& slot) { return slot.time >= firstTime; });
}

engine::AttentionRequest AttentionKeeper::encoderRequest(const RunPtr& run) {
    refreshView(run->model->config());
    // Of a live source every frame counts, so the second pass through the backbone has to wait for a free moment.
    return view_ && !(run->live && needsFrozen(request_)) ? request_ : engine::AttentionRequest{};
}

void AttentionKeeper::remember(const std::vector<PreparedFrame>& frames, std::int64_t firstIndex, bool byEncoder) {
    for (const PreparedFrame& frame : frames) {
        slots_.push_back(
            {frame.run, firstIndex++, frame.index, frame.time, frame.pixels, frame.pattern, nullptr, false});
    }
    while (slots_.size() > kSlots) {
        slots_.pop_front();
    }
    byEncoder_ = byEncoder && !(frames.front().run->live && needsFrozen(request_));
    if (view_ && !byEncoder_) {
        intake_.reportAttentionGap();
    }
}

void AttentionKeeper::take(const std::vector<engine::AttentionResult>& results) {
    if (!view_) {
        return;
    }
    for (const engine::AttentionResult& result : results) {
        // The results of a run come in order, so the slot is among the newest.
        const auto slot = std::find_if(slots_.rbegin(), slots_.rend(), [&](const Slot& candidate) {
            return candidate.index == result.frameIndex && candidate.run == slots_.back().run;
        });
        if (slot != slots_.rend()) {
            publish(*slot, result);
        }
    }
}

AttentionKeeper::Slot* AttentionKeeper::neighbour(const Slot& slot, std::int64_t offset) {
    const auto found = std::ranges::find_if(
        slots_, [&](const Slot& other) { return other.run == slot.run && other.index == slot.index + offset; });
    return found != slots_.end() ? &*found : nullptr;
}

/// Whether all its neighbours are known, or never will be.
bool AttentionKeeper::isComplete(const Slot& slot) const {
    const std::int64_t reach = request_.crossFrame ? passModel_->config().window / 2 : 0;
    const bool underWay = !runOver_ && slot.run == slots_.back().run;
    return !underWay || slots_.back().index >= slot.index + reach;
}

/// The one on show, then those after it in order; of a live source the newest only. Null: nothing is missing.
AttentionKeeper::Slot* AttentionKeeper::mostWanted() {
    const MediaTime position = board_.position();
    const bool live = slots_.back().run->live && !runOver_;
    Slot* wanted = nullptr;
    if (live) {
        const auto newest =
            std::find_if(slots_.rbegin(), slots_.rend(), [this](const Slot& slot) { return isComplete(slot); });
        return newest != slots_.rend() && !newest->done ? &*newest : nullptr;
    }
    for (Slot& slot : slots_) {
        if (slot.time <= position) {
            wanted = !slot.done && isComplete(slot) ? &slot : nullptr;
        } else if (wanted == nullptr && !slot.done && isComplete(slot)) {
            wanted = &slot;
        }
    }
    return wanted;
}

Result<void> AttentionKeeper::fillGap() {
    if (!passModel_) {
        return {};
    }
    refreshView(passModel_->config());
    Slot* const slot = view_ && !slots_.empty() ? mostWanted() : nullptr;
    if (slot == nullptr) {
        return {};
    }
    if (!pass_) {
        pass_ = engine::makeAttentionPass(passModel_);
    }
    const std::int64_t reach = request_.crossFrame ? passModel_->config().window / 2 : 0;
    std::vector<float> frames;
    int first = 0;
    int count = 0;
    for (std::int64_t offset = -reach; offset <= reach; ++offset) {
        if (const Slot* other = neighbour(*slot, offset)) {
            frames.resize(frames.size() + other->pixels.size());
            unpackInput(other->pixels, frames.data() + frames.size() - other->pixels.size());
            first = offset < 0 ? first + 1 : first;
            ++count;
        }
    }
    auto results = pass_->compute(frames, count, first, 1, true, request_);
    if (!results) {
        giveUp();
        return tl::unexpected(std::move(results.error()));
    }
    publish(*slot, results->front());
    intake_.reportAttentionGap();
    return {};
}

InputPicturePtr AttentionKeeper::pictureOf(Slot& slot) {
    if (!slot.picture) {
        auto picture = std::make_shared<InputPicture>();
        picture->side = slot.run->model->config().resolution;
        const std::size_t area = slot.pixels.size() / 3;
        picture->rgb.resize(slot.pixels.size());
        for (std::size_t i = 0; i < area; ++i) {
            for (std::size_t channel = 0; channel < 3; ++channel) {
                picture->rgb[i * 3 + channel] = static_cast<std::uint8_t>(slot.pixels[channel * area + i] / 257);
            }
        }
        slot.picture = std::move(picture);
    }
    return slot.picture;
}

void AttentionKeeper::publish(Slot& slot, const engine::AttentionResult& result) {
    auto attended = std::make_shared<AttendedPicture>();
    attended->time = slot.time;
    attended->frameIndex = slot.frameIndex;
    attended->view = *view_;
    attended->layers = layersOf(*view_, result);
    scales_.add(attended->layers);
    attended->scales = scales_;
    if (result.crossFrame) {
        attended->temporalWeight = result.crossFrame->temporalWeight;
        for (const attention::Layer& layer : attended->layers) {
            Slot* other = layer.neighbour == engine::Neighbour::Frame ? neighbour(slot, layer.offset) : nullptr;
            attended->neighbours.push_back(other != nullptr ? pictureOf(*other) : nullptr);
        }
    }
    slot.done = true;
    board_.addAttended(slot.run->epoch, std::move(attended), frameDuration(slot.run->model->config()) * slot.pattern);
}

} // namespace livegloss::session
