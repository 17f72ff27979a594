#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace livegloss::training {

/// Makes the batches of coming steps on threads of its own, at most `depth` steps ahead, and hands them out in order.
/// What `make` returns must depend on the step alone, so that the order in which threads finish does not matter.
template <class Batch>
class Prefetcher {
public:
    Prefetcher(std::int64_t firstStep, std::int64_t endStep, int depth, int threads,
               std::function<Batch(std::int64_t)> make)
        : nextToMake_(firstStep), nextToTake_(firstStep), end_(endStep), depth_(depth), make_(std::move(make)) {
        for (int index = 0; index < threads; ++index) {
            threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
        }
    }
    ~Prefetcher() {
        for (std::jthread& thread : threads_) {
            thread.request_stop();
        }
        changed_.notify_all();
    }
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// The next step's batch; waits for it. Rethrows what `make` threw.
    Batch take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return failed_ || ready_.contains(nextToTake_); });
        if (failed_) {
            std::rethrow_exception(failed_);
        }
        auto node = ready_.extract(nextToTake_);
        ++nextToTake_;
        changed_.notify_all();
        return std::move(node.mapped());
    }

private:
    void work(const std::stop_token& stop) {
        while (true) {
            std::int64_t step = 0;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, stop, [&] { return nextToMake_ >= end_ || nextToMake_ < nextToTake_ + depth_; });
                if (stop.stop_requested() || nextToMake_ >= end_ || failed_) {
                    return;
                }
                step = nextToMake_++;
            }
            try {
                Batch batch = make_(step);
                const std::scoped_lock lock(mutex_);
                ready_.emplace(step, std::move(batch));
            } catch (...) {
                const std::scoped_lock lock(mutex_);
                failed_ = std::current_exception();
            }
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::int64_t, Batch> ready_;
    std::exception_ptr failed_;
    std::int64_t nextToMake_;
    std::int64_t nextToTake_;
    const std::int64_t end_;
    const int depth_;
    std::function<Batch(std::int64_t)> make_;
    std::vector<std::jthread> threads_; // last: joined before the rest goes
};

} // namespace livegloss::training
