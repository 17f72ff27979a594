#include "compute_pool.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#include <exception>
#include <malloc.h>
#include <mutex>
#include <thread>
#include <vector>

namespace livegloss::training {

void computeAlone() {
    at::set_num_threads(1);
    static std::once_flag once;
    std::call_once(once, [] {
        // OpenBLAS has threads of its own, which would compete with ours. It is there only on some systems.
        using SetThreads = void (*)(int);
        if (auto* const symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
            reinterpret_cast<SetThreads>(symbol)(1);
        }
#ifdef __GLIBC__
        // Activations are freed and allocated again all the time; giving them back to the system each time costs more
        // than computing on them.
        mallopt(M_MMAP_THRESHOLD, 1 << 30);
        mallopt(M_TRIM_THRESHOLD, 2047 << 20);
        mallopt(M_TOP_PAD, 64 << 20);
        mallopt(M_ARENA_MAX, 1);
#endif
    });
}

ComputePool::ComputePool(int threads) : threads_(std::max(1, threads)) {}

void ComputePool::run(int count, const std::function<void(int)>& work) const {
    std::atomic<int> next{0};
    std::mutex mutex;
    std::exception_ptr failed;
    const auto loop = [&] {
        computeAlone();
        for (int index = next++; index < count; index = next++) {
            try {
                work(index);
            } catch (...) {
                const std::scoped_lock lock(mutex);
                failed = std::current_exception();
                next = count;
            }
        }
    };
    std::vector<std::jthread> helpers;
    for (int index = 1; index < std::min(threads_, count); ++index) {
        helpers.emplace_back(loop);
    }
    loop();
    helpers.clear();
    if (failed) {
        std::rethrow_exception(failed);
    }
}

} // namespace livegloss::training
