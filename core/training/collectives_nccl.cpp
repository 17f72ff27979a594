#include "collectives.h"

#include "base/log.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace livegloss::training {
namespace {

/// From LibTorch 2.4 on a group wants to be left; before, its destructor does all.
template <class Group>
void abortIfPossible(Group& group) {
    if constexpr (requires { group.abort(); }) {
        group.abort();
    }
}

} // namespace

void selectCard(const torch::Device& card) {
    c10::cuda::set_device(card.index());
}

std::array<std::int64_t, 2> cardIdentity(const torch::Device& card) {
    const auto& uuid = at::cuda::getDeviceProperties(card.index())->uuid;
    std::array<std::int64_t, 2> identity{};
    static_assert(sizeof(identity) == sizeof(uuid.bytes));
    std::memcpy(identity.data(), uuid.bytes, sizeof(uuid.bytes));
    return identity;
}

CollectivesPtr joinCards(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    // LibTorch ends the whole process after this time; finishOnCards() gives up first, with an error.
    options->timeout = exchangeLimit + std::chrono::minutes(1);
    return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
}

void finishOnCards(c10d::Work& work) {
    constexpr std::chrono::microseconds pause{20};
    const auto until = std::chrono::steady_clock::now() + exchangeLimit;
    while (!work.isCompleted()) {
        if (std::chrono::steady_clock::now() > until) {
            throw std::runtime_error("another process has not answered for " + std::to_string(exchangeLimit.count()) +
                                     " minutes");
        }
        std::this_thread::sleep_for(pause);
    }
    if (const std::exception_ptr problem = work.exception()) {
        std::rethrow_exception(problem);
    }
    work.wait();
}

void leaveCards(Collectives& cards) {
    try {
        abortIfPossible(dynamic_cast<c10d::ProcessGroupNCCL&>(cards));
    } catch (const std::exception& problem) {
        log(LogLevel::Warning, std::string("the cards were not left in order: ") + problem.what());
    }
}

} // namespace livegloss::training
