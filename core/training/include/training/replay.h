#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

namespace livegloss::training {

/// A 64-bit hash of up to three numbers; the source of every seed.
inline std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0) {
    std::uint64_t value = a * 0x9E3779B97F4A7C15ULL + b * 0xC2B2AE3D27D4EB4FULL + c * 0x165667B19E3779F9ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

/// Which samples of an endless, numbered supply each step uses. New numbers come in at a steady rate, and a step draws
/// from the newest `keep`, so that a sample serves `uses` times on average. A pure function of seed and step: a resumed
/// run draws what an uninterrupted one would.
struct ReplayPlan {
    std::uint64_t seed = 0;
    int batch = 1;
    double uses = 1.0;
    int keep = 1;

    /// One past the newest number that `step` may use.
    std::int64_t newest(std::int64_t step) const {
        return 2L * batch + static_cast<std::int64_t>(static_cast<double>(step) * batch / uses);
    }
    std::int64_t oldest(std::int64_t step) const { return std::max<std::int64_t>(0, newest(step) - keep); }
    /// `batch` different numbers.
    std::vector<std::int64_t> draw(std::int64_t step) const {
        std::mt19937_64 random(mixSeed(seed, static_cast<std::uint64_t>(step), 17));
        std::uniform_int_distribution<std::int64_t> number(oldest(step), newest(step) - 1);
        std::vector<std::int64_t> drawn;
        while (static_cast<int>(drawn.size()) < std::min<std::int64_t>(batch, newest(step) - oldest(step))) {
            const std::int64_t candidate = number(random);
            if (std::find(drawn.begin(), drawn.end(), candidate) == drawn.end()) {
                drawn.push_back(candidate);
            }
        }
        return drawn;
    }
};

/// Samples by number, each made once however many threads ask for it. Thread-safe.
template <class Sample>
class SampleCache {
public:
    using Pointer = std::shared_ptr<const Sample>;
    explicit SampleCache(std::function<Sample(std::int64_t)> make) : make_(std::move(make)) {}

    Pointer get(std::int64_t number) {
        std::promise<Pointer> promise;
        std::shared_future<Pointer> future;
        bool mine = false;
        {
            const std::scoped_lock lock(mutex_);
            if (const auto found = samples_.find(number); found != samples_.end()) {
                future = found->second;
            } else {
                future = promise.get_future().share();
                samples_.emplace(number, future);
                mine = true;
            }
        }
        if (mine) {
            try {
                promise.set_value(std::make_shared<const Sample>(make_(number)));
            } catch (...) {
                promise.set_exception(std::current_exception());
            }
        }
        return future.get();
    }
    void dropBefore(std::int64_t number) {
        const std::scoped_lock lock(mutex_);
        samples_.erase(samples_.begin(), samples_.lower_bound(number));
    }

private:
    std::mutex mutex_;
    std::map<std::int64_t, std::shared_future<Pointer>> samples_;
    std::function<Sample(std::int64_t)> make_;
};

} // namespace livegloss::training
