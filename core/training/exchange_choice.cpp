#include "exchange_choice.h"

#include <map>

namespace livegloss::training {

Result<ExchangeChoice> chooseExchange(const std::vector<ExchangeWish>& wishes) {
    const Exchange wanted = wishes.front().exchange;
    std::map<std::array<std::int64_t, 2>, std::size_t> owners;
    std::string obstacle;
    bool cards = false;
    for (std::size_t rank = 0; rank < wishes.size(); ++rank) {
        const ExchangeWish& wish = wishes[rank];
        if (wish.exchange != wanted) {
            return failure(ErrorCode::InvalidArgument,
                           "process " + std::to_string(rank) + " was started with another --exchange than process 0",
                           "Start all of them with the same.");
        }
        cards = cards || wish.onCard;
        if (!obstacle.empty()) {
            continue;
        }
        if (!wish.onCard) {
            obstacle = "process " + std::to_string(rank) + " trains on the processor";
        } else if (!wish.nccl) {
            obstacle = "the build that process " + std::to_string(rank) + " runs has no nccl";
        } else if (const auto [owner, fresh] = owners.emplace(wish.card, rank); !fresh) {
            obstacle = "processes " + std::to_string(owner->second) + " and " + std::to_string(rank) +
                       " share a graphics card";
        }
    }
    const std::string talk = std::to_string(wishes.size()) + " processes talk through ";
    if (wanted == Exchange::Nccl && !obstacle.empty()) {
        return failure(
            ErrorCode::Unsupported, "the processes cannot talk through nccl: " + obstacle,
            "Give every process a graphics card of its own (LOCAL_RANK chooses one), or leave --exchange at auto.");
    }
    if (wanted == Exchange::Gloo || !obstacle.empty()) {
        const bool tells = wanted == Exchange::Auto && cards; // on processors nobody expects anything else
        return ExchangeChoice{false, talk + "gloo" + (tells ? " (" + obstacle + ")" : std::string())};
    }
    return ExchangeChoice{true, talk + "nccl"};
}

} // namespace livegloss::training
