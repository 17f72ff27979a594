#pragma once

#include "base/result.h"
#include "training/trainer.h"

#include <functional>
#include <memory>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// The processes that train one model together. Every process has to make the same calls in the same order; each waits
/// for the others. Calls throw std::runtime_error where another process has gone.
class WorkerGroup {
public:
    virtual ~WorkerGroup() = default;
    virtual int rank() const { return 0; }
    virtual int size() const { return 1; }
    bool isFirst() const { return rank() == 0; }
    /// Lets tensors on graphics cards go from card to card by nccl, if `exchange` wants that, `own` is this process's
    /// card, and every process has one of its own. Says in a line for a person how the processes talk. Unsupported
    /// where Exchange::Nccl is wanted and cannot be had, InvalidArgument where the processes want different things.
    virtual Result<std::string> talkBetween(const torch::Device& /*own*/, Exchange /*exchange*/) {
        return std::string();
    }
    /// Replaces each tensor by its sum over the processes, in f32; undefined tensors have to be so everywhere.
    virtual void sum(std::vector<torch::Tensor>&) {}
    /// The tensors of all processes, by rank: each process gives one of the same shape, type and kind of device. On
    /// the processor, or on `own`'s card where cards talk.
    virtual std::vector<torch::Tensor> gather(const torch::Tensor& own) { return {own}; }

    /// Gives every process the first one's values, in place; the same tensors everywhere.
    virtual void shareFirst(const std::vector<torch::Tensor>&) {}

    /// Whether `yes` holds in any process.
    bool any(bool yes);
    /// Whether every process gives the same number.
    bool same(std::uint64_t value);
};

/// Where this process stands among those that torchrun, or a person, has started: RANK, WORLD_SIZE, MASTER_ADDR and
/// MASTER_PORT. A group of one where WORLD_SIZE is missing or 1. Waits for the others; InvalidArgument where a variable
/// is missing or wrong, Timeout where they do not come, Unsupported where LibTorch was built without gloo.
Result<std::unique_ptr<WorkerGroup>> joinWorkers();

/// One clip's part of a batch that is spread over processes.
struct SharedClip {
    torch::Tensor features; ///< [T, E]; of this process's own clips the very tensor that was given
    std::vector<std::int64_t> labels;
};
/// Every process's clips, by rank; each process gives the same number of them.
std::vector<SharedClip> gatherClips(WorkerGroup& group, const std::vector<SharedClip>& own);
/// The first process's clips, in every process; what another one gives is not looked at. On the processor.
std::vector<SharedClip> shareClips(WorkerGroup& group, std::vector<SharedClip> ofFirst);
/// What the first process's number is, in every process.
std::int64_t shareNumber(WorkerGroup& group, std::int64_t ofFirst);
/// What the first process decides; an error of it is every process's.
Result<void> decideAtFirst(WorkerGroup& group, const std::function<Result<void>()>& decide);

} // namespace livegloss::training
