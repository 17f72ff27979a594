#pragma once

#include "stage.h"
#include "training/replay.h"

#include <memory>
#include <mutex>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// Which clips each step of adaptation trains on, and the clips themselves. Two ways: a set of clips that is gone
/// through in a new order every epoch, or an endless supply from which new clips come into use at a steady rate.
/// Everything follows from seed and step, whatever the number of processes. Thread-safe.
class ClipSupply {
public:
    using ClipPtr = std::shared_ptr<const TrainingClip>;
    /// Throws StageFailure where the recipe counts epochs of a supply without an end, or has lessons for a fixed set.
    explicit ClipSupply(const StageContext& context);

    std::int64_t steps() const { return steps_; }
    std::int64_t stepsPerEpoch() const { return stepsPerEpoch_; } ///< 0: endless
    /// Numbers of the clips of `step`, of all processes and accumulated batches.
    std::vector<std::int64_t> draw(std::int64_t step) const;
    ClipPtr get(std::int64_t number);
    /// No later step needs what only steps before `step` use.
    void passed(std::int64_t step);
    /// Clip `number` of those whose features the head begins with: of a list a sample of it; not kept.
    TrainingClip headClip(std::int64_t number) const;

    int devCount() const { return devCount_; }
    ClipPtr dev(int index);

private:
    bool isSet() const { return stepsPerEpoch_ > 0; }
    std::vector<std::int64_t> mixed(std::int64_t count, std::uint64_t use) const;
    TrainingClip make(std::int64_t number) const;
    /// Clip `number` at `progress` (0..1) of the stage, which chooses the curriculum's lesson.
    TrainingClip render(std::int64_t number, double progress) const;
    TrainingClip makeDev(std::int64_t index) const;
    /// Clips that are decoded again when they do not fit into memory.
    ClipPtr remembered(SamplePart part, std::int64_t number);

    const StageContext& context_;
    const AdaptRecipe& stage_;
    std::int64_t setSize_ = 0;
    std::int64_t perStep_ = 1;
    std::int64_t stepsPerEpoch_ = 0;
    std::int64_t steps_ = 0;
    int devCount_ = 0;
    std::vector<std::int64_t> devChoice_; ///< clips of dev that are measured; empty: all
    std::vector<std::int64_t> headOrder_; ///< of a list's clips
    ReplayPlan plan_;
    SampleCache<TrainingClip> endless_;
    std::mutex mutex_;
    std::map<std::pair<SamplePart, std::int64_t>, ClipPtr> kept_;
    std::size_t room_ = 0; ///< bytes
};

/// Features of several clips side by side, the shorter ones continued with their last row.
struct ClipBatch {
    torch::Tensor features;     ///< [B, T, E]
    torch::Tensor lengths;      ///< [B]
    torch::Tensor labels;       ///< concatenated
    torch::Tensor labelLengths; ///< [B]
};
ClipBatch joinClips(const std::vector<torch::Tensor>& features, const std::vector<std::vector<std::int64_t>>& labels);

} // namespace livegloss::training
