#pragma once

#include "base/result.h"
#include "training/trainer.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace livegloss::training {

/// What a process tells the others before all decide how to talk.
struct ExchangeWish {
    Exchange exchange = Exchange::Auto;
    bool onCard = false;                ///< it trains on a graphics card
    bool nccl = false;                  ///< its LibTorch can talk from card to card
    std::array<std::int64_t, 2> card{}; ///< no other card, on any machine, has these numbers
};
struct ExchangeChoice {
    bool nccl = false;
    std::string text; ///< a line for a person
};
/// How processes with these wishes, by rank, talk; at least one. The errors of WorkerGroup::talkBetween.
Result<ExchangeChoice> chooseExchange(const std::vector<ExchangeWish>& wishes);

} // namespace livegloss::training
