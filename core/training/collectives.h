#pragma once

#include <array>
#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/torch.h>
#include <type_traits>

namespace livegloss::training {

/// What LibTorch's gloo and nccl have in common; LibTorch 2 gave it another name.
using Collectives =
    std::conditional_t<std::is_base_of_v<c10d::Backend, c10d::ProcessGroupGloo>, c10d::Backend, c10d::ProcessGroup>;
using CollectivesPtr = c10::intrusive_ptr<Collectives>;

/// How long a process waits for the others in one exchange.
constexpr std::chrono::minutes exchangeLimit{10};

#ifdef LIVEGLOSS_WITH_NCCL
/// Makes it the calling thread's: nothing of this process should end up on another's card.
void selectCard(const torch::Device& card);
/// Two numbers that no other graphics card has, on any machine.
std::array<std::int64_t, 2> cardIdentity(const torch::Device& card);
/// nccl between `size` processes, each with a card of its own. The cards themselves meet in the first exchange.
CollectivesPtr joinCards(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);
/// Waits as Work::wait does, but for no longer than the limit: the cards cannot see that a process is gone. Throws what
/// broke the exchange.
void finishOnCards(c10d::Work& work);
/// Has to be called before joinCards' group goes; waits for no other process.
void leaveCards(Collectives& cards);
#endif

} // namespace livegloss::training
