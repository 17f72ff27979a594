#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace livegloss::synth {

/// A small generator (splitmix64) with its own distributions, so that a seed means the same on every platform.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    /// An independent stream: same seed, other purpose.
    Random(std::uint64_t seed, std::string_view purpose) : state_(seed) {
        std::uint64_t hash = 1469598103934665603ULL;
        for (const char c : purpose) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        }
        state_ = next() ^ hash;
        next();
    }

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    /// [0, 1)
    float uniform() { return static_cast<float>(next() >> 40U) * (1.0F / 16777216.0F); }
    float range(float from, float to) { return from + (to - from) * uniform(); }
    /// 0 .. count - 1
    int below(int count) { return static_cast<int>(next() % static_cast<std::uint64_t>(count)); }
    /// Both ends included.
    int between(int from, int to) { return from + below(to - from + 1); }
    bool chance(float probability) { return uniform() < probability; }
    /// About normal (sum of uniforms), mean 0, deviation 1, never beyond 3.5.
    float normal() {
        float sum = 0.0F;
        for (int i = 0; i < 4; ++i) {
            sum += uniform();
        }
        return (sum - 2.0F) * 1.7320508F;
    }

private:
    std::uint64_t state_;
};

} // namespace livegloss::synth
