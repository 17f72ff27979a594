#include "engine/loaded_model.h"

#include "engine/threads.h"
#include "load_network.h"
#include "pack_network.h"
#include "prepared_network.h"

#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#include <stdexcept>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <thread>

namespace livegloss::engine {
namespace {

/// OpenBLAS keeps a thread count of its own, apart from LibTorch's; other libraries have no such function.
void setBlasThreads(int threads) {
    using SetThreads = void (*)(int);
    if (auto* function = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
        function(threads);
    }
}

std::atomic<int> chosenThreads{0}; // 0: not chosen yet

/// The allocator keeps what it was given back; a model's weights are worth returning to the system.
void giveBackFreeMemory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace

void setComputeThreads(int threads) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    chosenThreads = threads > 0 ? threads : cores;
    setLibraryThreads(1);
}

void setLibraryThreads(int threads) {
    at::set_num_threads(threads);
    setBlasThreads(threads);
}

int computeThreads() {
    if (chosenThreads == 0) {
        setComputeThreads(0);
    }
    return chosenThreads;
}

FileStamp stampOf(const std::filesystem::path& path) {
    std::error_code none;
    FileStamp stamp{std::filesystem::file_size(path, none), {}};
    if (none) {
        return {};
    }
    stamp.changed = std::filesystem::last_write_time(path, none);
    return stamp;
}

const TorchModel& TorchModel::whole() const {
    if (!fast) {
        return *this;
    }
    const std::scoped_lock lock(wholeMutex_);
    if (!whole_) {
        Result<model::AdaptSign> source = failure(ErrorCode::NotFound, "the model came from no file");
        if (!path_.empty() && stampOf(path_) != stamp_) {
            throw std::runtime_error("the weights cannot be read again: '" + path_.string() +
                                     "' was changed or removed since it was opened. Open the model again");
        }
        if (!path_.empty()) {
            source = model::loadAdaptSign(path_);
        }
        if (!source) {
            throw std::runtime_error("the weights cannot be read again: " + source.error().message);
        }
        whole_ = std::make_shared<const TorchModel>(*source, prepareNetwork(*source), nullptr, choice, path_);
    }
    return *whole_;
}

LoadedModelPtr makeLoadedModel(const model::AdaptSign& network, ComputeRequest request,
                               const std::filesystem::path& path) {
    const ComputeChoice choice = chooseCompute(request);
    if (choice.engine == EngineKind::Reference) {
        return std::make_shared<const TorchModel>(network, prepareNetwork(network), nullptr, choice, path);
    }
    PreparedNetwork surroundings = prepareSurroundings(network);
    const auto element = choice.precision == Precision::Bf16 ? kernels::Element::Bf16 : kernels::Element::F32;
    auto fast = packNetwork(network, surroundings, element, kernels::usableInstructionSet());
    surroundings.patchWeight = torch::Tensor();
    giveBackFreeMemory();
    return std::make_shared<const TorchModel>(network, std::move(surroundings), std::move(fast), choice, path);
}

Result<LoadedModelPtr> loadModel(const std::filesystem::path& path, ComputeRequest request) try {
    computeThreads();
    auto network = model::loadAdaptSign(path);
    if (!network) {
        return tl::unexpected(network.error());
    }
    return makeLoadedModel(*network, request, path);
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the model '" + path.string() + "'",
                   "Close other programs, or take a smaller model.");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot prepare the model '" + path.string() + "': " + error.what());
}

ComputeDevice computeDevice() {
    return {"CPU", computeThreads()};
}

} // namespace livegloss::engine
