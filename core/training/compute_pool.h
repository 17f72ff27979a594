#pragma once

#include <functional>

namespace livegloss::training {

/// Runs independent pieces of work side by side, each on a thread that computes alone: on small matrices that is faster
/// than several threads sharing every single operation, and results do not depend on the number of threads.
class ComputePool {
public:
    explicit ComputePool(int threads);
    int threads() const { return threads_; }
    /// Calls work(0) .. work(count - 1); the calling thread takes part. Rethrows the first exception.
    void run(int count, const std::function<void(int)>& work) const;

private:
    int threads_;
};

/// Makes the calling thread, and LibTorch's matrix library for all threads, compute single-threaded.
void computeAlone();

} // namespace livegloss::training
