#include "engine/loaded_model.h"

#include "engine/threads.h"
#include "prepared_network.h"

#include <algorithm>
#include <atomic>
#include <dlfcn.h>
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

} // namespace

void setComputeThreads(int threads) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    chosenThreads = threads > 0 ? threads : cores;
    at::set_num_threads(1);
    setBlasThreads(1);
}

int computeThreads() {
    if (chosenThreads == 0) {
        setComputeThreads(0);
    }
    return chosenThreads;
}

Result<LoadedModelPtr> loadModel(const std::filesystem::path& path) try {
    computeThreads();
    auto network = model::loadAdaptSign(path);
    if (!network) {
        return tl::unexpected(network.error());
    }
    PreparedNetwork prepared = prepareNetwork(*network);
    return std::make_shared<const TorchModel>(std::move(*network), std::move(prepared));
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, "cannot prepare the model '" + path.string() + "': " + error.what());
}

ComputeDevice computeDevice() {
    return {"CPU", computeThreads()};
}

} // namespace livegloss::engine
