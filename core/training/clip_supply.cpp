#include "clip_supply.h"

#include "augment.h"

#include <algorithm>
#include <numeric>

namespace livegloss::training {

ClipSupply::ClipSupply(const StageContext& context)
    : context_(context),
      stage_(context.recipe.adapt),
      endless_([this](std::int64_t number) { return make(number); }),
      room_(static_cast<std::size_t>(context.recipe.adapt.cacheMegabytes) * 1'000'000U) {
    perStep_ = static_cast<std::int64_t>(stage_.batch) * stage_.accumulate * context.group->size();
    setSize_ = context.source.clipCount(SamplePart::Train);
    if (setSize_ == 0) {
        setSize_ = stage_.clips;
    }
    if (setSize_ > 0) {
        stepsPerEpoch_ = std::max<std::int64_t>(1, setSize_ / perStep_);
    }
    steps_ = stage_.steps > 0 ? stage_.steps : stepsPerEpoch_ * stage_.epochs;
    if (steps_ == 0) {
        throw StageFailure{{ErrorCode::InvalidArgument,
                            "the recipe counts epochs, but there is no end of clips to train on",
                            "Set \"adapt.clips\" (clips of an epoch) or \"adapt.steps\" in the recipe."}};
    }
    if (isSet() && context.source.clipCount(SamplePart::Train) == 0 && stage_.curriculum.size() > 1) {
        throw StageFailure{{ErrorCode::InvalidArgument,
                            "the recipe has lessons (\"adapt.curriculum\") and an epoch of the same clips "
                            "(\"adapt.clips\"), which cannot follow one another",
                            "Leave one of them out of the recipe, or keep one lesson."}};
    }
    plan_ = {mixSeed(context.recipe.seed, 6), static_cast<int>(perStep_), stage_.uses,
             std::max(stage_.keepClips, static_cast<int>(perStep_))};
    const std::int64_t devAll = context.source.clipCount(SamplePart::Dev);
    constexpr int endlessDev = 24;
    if (devAll > 0 && stage_.devClips > 0 && stage_.devClips < devAll) {
        devChoice_ = mixed(devAll, 22);
    }
    headOrder_ = mixed(context.source.clipCount(SamplePart::Train), 23);
    devCount_ = devAll > 0 && (stage_.devClips == 0 || devAll < stage_.devClips) ? static_cast<int>(devAll)
                : stage_.devClips > 0                                            ? stage_.devClips
                                                                                 : endlessDev;
}

/// Clips 0 .. count - 1 in an order of the recipe's seed: lists are sorted by person and day, and their first clips are
/// no sample of them.
std::vector<std::int64_t> ClipSupply::mixed(std::int64_t count, std::uint64_t use) const {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(count), use));
    std::shuffle(order.begin(), order.end(), random);
    return order;
}

std::vector<std::int64_t> ClipSupply::draw(std::int64_t step) const {
    if (!isSet()) {
        return plan_.draw(step);
    }
    // What does not fill a step at the end of an epoch waits for another one, as in the released loader.
    std::vector<std::int64_t> order(static_cast<std::size_t>(setSize_));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step / stepsPerEpoch_), 21));
    std::shuffle(order.begin(), order.end(), random);
    std::vector<std::int64_t> drawn;
    for (std::int64_t place = 0; place < perStep_; ++place) {
        drawn.push_back(order[static_cast<std::size_t>((step % stepsPerEpoch_ * perStep_ + place) % setSize_)]);
    }
    return drawn;
}

ClipSupply::ClipPtr ClipSupply::get(std::int64_t number) {
    return isSet() ? remembered(SamplePart::Train, number) : endless_.get(number);
}

void ClipSupply::passed(std::int64_t step) {
    if (!isSet()) {
        endless_.dropBefore(plan_.oldest(step));
    }
}

ClipSupply::ClipPtr ClipSupply::dev(int index) {
    return remembered(SamplePart::Dev, index);
}

TrainingClip ClipSupply::headClip(std::int64_t number) const {
    constexpr double halfway = 0.5; // of the curriculum
    if (const auto count = static_cast<std::int64_t>(headOrder_.size()); count > 0) {
        number = number / count * count + headOrder_[static_cast<std::size_t>(number % count)];
    }
    return render(number, halfway);
}

ClipSupply::ClipPtr ClipSupply::remembered(SamplePart part, std::int64_t number) {
    const std::pair key{part, number};
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = kept_.find(key); found != kept_.end()) {
            return found->second;
        }
    }
    auto clip = std::make_shared<const TrainingClip>(part == SamplePart::Train ? make(number) : makeDev(number));
    const std::scoped_lock lock(mutex_);
    if (clip->rgb.size() <= room_ && kept_.emplace(key, clip).second) {
        room_ -= clip->rgb.size();
    }
    return clip;
}

TrainingClip ClipSupply::make(std::int64_t number) const {
    const double step = static_cast<double>(number - 2L * perStep_) * stage_.uses / static_cast<double>(perStep_);
    return render(number, std::clamp(step / static_cast<double>(std::max<std::int64_t>(1, steps_)), 0.0, 1.0));
}

TrainingClip ClipSupply::render(std::int64_t number, double progress) const {
    const int base = stage_.renderSize > 0 ? stage_.renderSize : context_.network->config().resize;
    ClipQuery query;
    query.seed = mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(number), 5);
    query.size = renderedSize(query.seed, base, stage_.sizeJitter, context_.network->config().resolution);
    query.fps = context_.network->config().fps;
    if (const std::int64_t count = context_.source.clipCount(SamplePart::Train); count > 0) {
        query.number = number % count;
    }
    for (const Curriculum& lesson : stage_.curriculum) {
        query.minSigns = lesson.minSigns;
        query.maxSigns = lesson.maxSigns;
        if (progress <= lesson.until) {
            break;
        }
    }
    return context_.source.clip(query);
}

TrainingClip ClipSupply::makeDev(std::int64_t index) const {
    ClipQuery query;
    query.seed = mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(index), 7);
    query.part = SamplePart::Dev;
    query.size = context_.network->config().resize;
    query.fps = context_.network->config().fps;
    if (context_.source.clipCount(SamplePart::Dev) > 0) {
        query.number = devChoice_.empty() ? index : devChoice_[static_cast<std::size_t>(index)];
    }
    return context_.source.clip(query);
}

ClipBatch joinClips(const std::vector<torch::Tensor>& features, const std::vector<std::vector<std::int64_t>>& labels) {
    std::int64_t longest = 0;
    for (const torch::Tensor& clip : features) {
        longest = std::max(longest, clip.size(0));
    }
    std::vector<torch::Tensor> rows;
    std::vector<std::int64_t> lengths;
    std::vector<std::int64_t> allLabels;
    std::vector<std::int64_t> labelLengths;
    for (std::size_t index = 0; index < features.size(); ++index) {
        const torch::Tensor& clip = features[index];
        lengths.push_back(clip.size(0));
        rows.push_back(clip.size(0) == longest
                           ? clip
                           : torch::cat({clip, clip.slice(0, -1).expand({longest - clip.size(0), -1})}, 0));
        allLabels.insert(allLabels.end(), labels[index].begin(), labels[index].end());
        labelLengths.push_back(static_cast<std::int64_t>(labels[index].size()));
    }
    return {torch::stack(rows), torch::tensor(lengths, torch::kInt64), torch::tensor(allLabels, torch::kInt64),
            torch::tensor(labelLengths, torch::kInt64)};
}

} // namespace livegloss::training
