#include "worker_group.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#ifdef LIVEGLOSS_WITH_GLOO
#include "joined_group.h"
#endif

namespace livegloss::training {
namespace {

using torch::Tensor;

std::optional<int> numberIn(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) {
        return std::nullopt;
    }
    int value = -1;
    const std::string_view view(text);
    const auto [stopped, problem] = std::from_chars(view.data(), view.data() + view.size(), value);
    return problem == std::errc{} && stopped == view.data() + view.size() ? value : -1;
}

tl::unexpected<Error> wrongVariable(const std::string& variable, const std::string& wanted) {
    const char* value = std::getenv(variable.c_str());
    return failure(
        ErrorCode::InvalidArgument,
        "the environment variable " + variable +
            (value == nullptr ? std::string(" is missing") : " is '" + std::string(value).substr(0, 40) + "'") +
            ", but WORLD_SIZE asks for several processes: it has to be " + wanted,
        "Start every process as torchrun does, with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.");
}

} // namespace

bool WorkerGroup::any(bool yes) {
    if (size() == 1) {
        return yes;
    }
    std::vector<Tensor> count{torch::full({1}, yes ? 1.0F : 0.0F)};
    sum(count);
    return count[0].item<float>() > 0.0F;
}

bool WorkerGroup::same(std::uint64_t value) {
    const auto number = static_cast<std::int64_t>(value);
    bool equal = true;
    for (const Tensor& other : gather(torch::full({1}, number, torch::kInt64))) {
        equal = equal && other.item<std::int64_t>() == number;
    }
    return equal;
}

Result<std::unique_ptr<WorkerGroup>> joinWorkers() {
    const auto size = numberIn("WORLD_SIZE");
    if (!size || *size == 1) {
        return std::make_unique<WorkerGroup>();
    }
    if (*size < 1) {
        return wrongVariable("WORLD_SIZE", "the number of processes");
    }
    const auto rank = numberIn("RANK");
    if (!rank || *rank < 0 || *rank >= *size) {
        return wrongVariable("RANK", "this process's number, from 0");
    }
    const auto port = numberIn("MASTER_PORT");
    if (!port || *port < 1 || *port > 65535) {
        return wrongVariable("MASTER_PORT", "a free port of the machine in MASTER_ADDR");
    }
    const char* address = std::getenv("MASTER_ADDR");
    if (address == nullptr || *address == '\0') {
        return wrongVariable("MASTER_ADDR", "the machine that runs process 0");
    }
#ifdef LIVEGLOSS_WITH_GLOO
    try {
        return joinProcesses(address, *port, *rank, *size);
    } catch (const std::exception& error) {
        return failure(ErrorCode::Timeout,
                       "the " + std::to_string(*size) + " processes did not find each other at " + address + ":" +
                           std::to_string(*port) + ": " + error.what(),
                       "Start all of them within five minutes and let them reach that address.");
    }
#else
    return failure(ErrorCode::Unsupported, "this build trains in one process only: it was made without gloo's headers",
                   "Install libgloo-dev and build again, or unset WORLD_SIZE.");
#endif
}

std::vector<SharedClip> gatherClips(WorkerGroup& group, const std::vector<SharedClip>& own) {
    if (group.size() == 1) {
        return own;
    }
    const auto count = static_cast<std::int64_t>(own.size());
    Tensor sizes = torch::empty({count, 2}, torch::kInt64);
    for (std::int64_t clip = 0; clip < count; ++clip) {
        const SharedClip& each = own[static_cast<std::size_t>(clip)];
        sizes[clip][0] = each.features.size(0);
        sizes[clip][1] = static_cast<std::int64_t>(each.labels.size());
    }
    const std::vector<Tensor> allSizes = group.gather(sizes);
    const Tensor largest = torch::cat(allSizes).amax(0);
    const std::int64_t width = own.front().features.size(1);
    // Where the clips lie: they may go from graphics card to graphics card.
    const auto options = torch::dtype(torch::kFloat32).device(own.front().features.device());
    Tensor features = torch::zeros({count, largest[0].item<std::int64_t>(), width}, options);
    Tensor labels = torch::zeros({count, std::max<std::int64_t>(1, largest[1].item<std::int64_t>())}, torch::kInt64);
    for (std::int64_t clip = 0; clip < count; ++clip) {
        const SharedClip& each = own[static_cast<std::size_t>(clip)];
        const auto words = static_cast<std::int64_t>(each.labels.size());
        features[clip].narrow(0, 0, each.features.size(0)).copy_(each.features.detach());
        labels[clip].narrow(0, 0, words).copy_(torch::tensor(each.labels, torch::kInt64));
    }
    const std::vector<Tensor> allFeatures = group.gather(features);
    const std::vector<Tensor> allLabels = group.gather(labels);
    std::vector<SharedClip> clips;
    for (int rank = 0; rank < group.size(); ++rank) {
        const auto from = static_cast<std::size_t>(rank);
        for (std::int64_t clip = 0; clip < count; ++clip) {
            if (rank == group.rank()) {
                clips.push_back(own[static_cast<std::size_t>(clip)]);
                continue;
            }
            const std::int64_t frames = allSizes[from][clip][0].item<std::int64_t>();
            const std::int64_t words = allSizes[from][clip][1].item<std::int64_t>();
            const std::int64_t* first = allLabels[from][clip].data_ptr<std::int64_t>();
            clips.push_back({allFeatures[from][clip].narrow(0, 0, frames).to(own.front().features.device()),
                             std::vector<std::int64_t>(first, first + words)});
        }
    }
    return clips;
}

std::vector<SharedClip> shareClips(WorkerGroup& group, std::vector<SharedClip> ofFirst) {
    if (group.size() == 1) {
        return ofFirst;
    }
    std::vector<SharedClip> clips = group.isFirst() ? std::move(ofFirst) : std::vector<SharedClip>();
    const std::int64_t count = shareNumber(group, static_cast<std::int64_t>(clips.size()));
    if (count == 0) {
        return clips;
    }
    const std::int64_t width = shareNumber(group, clips.empty() ? 0 : clips.front().features.size(1));
    Tensor sizes = torch::zeros({count, 2}, torch::kInt64);
    for (std::size_t clip = 0; clip < clips.size(); ++clip) {
        sizes[static_cast<std::int64_t>(clip)][0] = clips[clip].features.size(0);
        sizes[static_cast<std::int64_t>(clip)][1] = static_cast<std::int64_t>(clips[clip].labels.size());
    }
    group.shareFirst({sizes});
    clips.resize(static_cast<std::size_t>(count));
    for (std::int64_t clip = 0; clip < count; ++clip) {
        SharedClip& each = clips[static_cast<std::size_t>(clip)];
        const auto words = sizes[clip][1].item<std::int64_t>();
        // One place is always sent, so that no exchange is empty.
        Tensor labels = torch::zeros({words + 1}, torch::kInt64);
        if (group.isFirst()) {
            labels.narrow(0, 0, words).copy_(torch::tensor(each.labels, torch::kInt64));
        } else {
            each.features = torch::empty({sizes[clip][0].item<std::int64_t>(), width});
        }
        group.shareFirst({each.features, labels});
        const auto* first = labels.data_ptr<std::int64_t>();
        each.labels.assign(first, first + words);
    }
    return clips;
}

std::int64_t shareNumber(WorkerGroup& group, std::int64_t ofFirst) {
    const Tensor number = torch::full({1}, ofFirst, torch::kInt64);
    group.shareFirst({number});
    return number.item<std::int64_t>();
}

Result<void> decideAtFirst(WorkerGroup& group, const std::function<Result<void>()>& decide) {
    const Result<void> own = group.isFirst() ? decide() : Result<void>();
    Error error = own ? Error() : own.error();
    if (shareNumber(group, own ? 0 : 1) == 0) {
        return {};
    }
    error.code = static_cast<ErrorCode>(shareNumber(group, static_cast<std::int64_t>(error.code)));
    for (std::string* text : {&error.message, &error.hint}) {
        text->resize(static_cast<std::size_t>(shareNumber(group, static_cast<std::int64_t>(text->size()))));
        Tensor letters = torch::zeros({static_cast<std::int64_t>(text->size()) + 1}, torch::kUInt8);
        std::copy(text->begin(), text->end(), letters.data_ptr<std::uint8_t>());
        group.shareFirst({letters});
        std::copy_n(letters.data_ptr<std::uint8_t>(), text->size(), text->begin());
    }
    return tl::unexpected(std::move(error));
}

} // namespace livegloss::training
