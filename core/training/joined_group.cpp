#include "joined_group.h"

#include "collectives.h"
#include "exchange_choice.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace livegloss::training {
namespace {

using torch::Tensor;

/// Newer LibTorch asks for libuv where nothing is said, and Debian's is built without it. What is sent is the same.
template <class Options>
void avoidLibUv(Options& options) {
    if constexpr (requires { options.useLibUV; }) {
        options.useLibUV = false;
    }
}

c10::intrusive_ptr<c10d::Store> meet(const std::string& address, int port, int rank) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    // torchrun may hold the store itself.
    const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
    options.isServer = rank == 0 && (agent == nullptr || std::string_view(agent) != "True");
    options.waitWorkers = false;
    avoidLibUv(options);
    options.timeout = std::chrono::minutes(5);
    return c10::make_intrusive<c10d::TCPStore>(address, options);
}

Tensor packed(const ExchangeWish& wish) {
    return torch::tensor({static_cast<std::int64_t>(wish.exchange), std::int64_t{wish.onCard}, std::int64_t{wish.nccl},
                          wish.card[0], wish.card[1]});
}

ExchangeWish unpacked(const Tensor& numbers) {
    const auto* at = numbers.data_ptr<std::int64_t>();
    return {static_cast<Exchange>(at[0]), at[1] != 0, at[2] != 0, {at[3], at[4]}};
}

ExchangeWish wishOf(const torch::Device& own, Exchange exchange) {
    ExchangeWish wish{exchange, own.is_cuda(), false, {}};
#ifdef LIVEGLOSS_WITH_NCCL
    wish.nccl = true;
    if (own.is_cuda()) {
        selectCard(own);
        wish.card = cardIdentity(own);
    }
#endif
    return wish;
}

/// Processes that LibTorch's c10d joins: by gloo through the processors' memory and, where asked, their cards by nccl.
class JoinedGroup final : public WorkerGroup {
public:
    JoinedGroup(const std::string& address, int port, int rank, int size)
        : rank_(rank), size_(size), store_(meet(address, port, rank)) {
        auto options = c10d::ProcessGroupGloo::Options::create(exchangeLimit);
        options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
        processors_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
            c10::make_intrusive<c10d::PrefixStore>("livegloss", store_), rank, size, options);
    }
    ~JoinedGroup() override {
#ifdef LIVEGLOSS_WITH_NCCL
        if (cards_) {
            leaveCards(*cards_);
        }
#endif
    }
    JoinedGroup(const JoinedGroup&) = delete;
    JoinedGroup& operator=(const JoinedGroup&) = delete;
    int rank() const override {
        return rank_;
    }
    int size() const override {
        return size_;
    }

    Result<std::string> talkBetween(const torch::Device& own, Exchange exchange) override {
        std::vector<ExchangeWish> wishes;
        for (const Tensor& numbers : gather(packed(wishOf(own, exchange)))) {
            wishes.push_back(unpacked(numbers));
        }
        const Result<ExchangeChoice> choice = chooseExchange(wishes);
        if (!choice) {
            return tl::unexpected(choice.error());
        }
#ifdef LIVEGLOSS_WITH_NCCL
        if (choice->nccl) {
            cards_ = joinCards(c10::make_intrusive<c10d::PrefixStore>("livegloss-cards", store_), rank_, size_);
        }
#endif
        return choice->text;
    }

    void sum(std::vector<Tensor>& tensors) override {
        // One exchange for all: joined on the way there, cut apart on the way back.
        std::vector<Tensor> flat;
        std::optional<torch::Device> place;
        for (const Tensor& tensor : tensors) {
            if (tensor.defined()) {
                place = place.value_or(meetingPlace(tensor));
                flat.push_back(tensor.detach().to(*place, torch::kFloat32).flatten());
            }
        }
        if (flat.empty()) {
            return;
        }
        std::vector<Tensor> joined{torch::cat(flat)};
        finish(*at(*place).allreduce(joined), *place);
        std::int64_t from = 0;
        for (Tensor& tensor : tensors) {
            if (tensor.defined()) {
                tensor = joined[0].narrow(0, from, tensor.numel()).view(tensor.sizes()).to(tensor.options());
                from += tensor.numel();
            }
        }
    }

    std::vector<Tensor> gather(const Tensor& own) override {
        const torch::Device place = meetingPlace(own);
        std::vector<Tensor> inputs{own.detach().to(place).contiguous()};
        std::vector<std::vector<Tensor>> outputs(1);
        for (int rank = 0; rank < size_; ++rank) {
            outputs[0].push_back(torch::empty_like(inputs[0]));
        }
        finish(*at(place).allgather(outputs, inputs), place);
        return outputs[0];
    }

    void shareFirst(const std::vector<Tensor>& tensors) override {
        const torch::NoGradGuard noGrad;
        for (const Tensor& tensor : tensors) {
            if (tensor.numel() == 0) { // as the prefixes of a model without
                continue;
            }
            const torch::Device place = meetingPlace(tensor);
            std::vector<Tensor> values{tensor.detach().to(place).contiguous()};
            finish(*at(place).broadcast(values), place);
            Tensor(tensor).copy_(values[0]);
        }
    }

private:
    /// Where tensors of this one's kind are exchanged.
    torch::Device meetingPlace(const Tensor& tensor) const {
        return cards_ && tensor.is_cuda() ? tensor.device() : torch::Device(torch::kCPU);
    }
    Collectives& at(const torch::Device& place) {
        return place.is_cuda() ? *cards_ : *processors_;
    }
    static void finish(c10d::Work& work, const torch::Device& place) {
#ifdef LIVEGLOSS_WITH_NCCL
        if (place.is_cuda()) {
            finishOnCards(work);
            return;
        }
#else
        (void)place;
#endif
        work.wait();
    }

    int rank_;
    int size_;
    c10::intrusive_ptr<c10d::Store> store_;
    CollectivesPtr processors_;
    CollectivesPtr cards_; ///< null: what lies on cards goes through the processors' memory
};

} // namespace

std::unique_ptr<WorkerGroup> joinProcesses(const std::string& address, int port, int rank, int size) {
    return std::make_unique<JoinedGroup>(address, port, rank, size);
}

} // namespace livegloss::training
