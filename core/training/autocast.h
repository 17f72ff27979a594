#pragma once

#include <ATen/autocast_mode.h>
#include <optional>
#include <torch/version.h>

namespace livegloss::training {

/// While it lives, the calling thread computes matrix products on a graphics card in the narrower type, where one is
/// given. Weights stay as they are.
class Autocast {
public:
    explicit Autocast(const std::optional<at::ScalarType>& type) : active_(type.has_value()) {
        if (active_) {
            set(true, *type);
        }
    }
    ~Autocast() {
        if (active_) {
            at::autocast::clear_cache();
            set(false, at::kHalf);
        }
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    static void set(bool on, at::ScalarType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
        at::autocast::set_autocast_dtype(at::kCUDA, type);
        at::autocast::set_autocast_enabled(at::kCUDA, on);
#else
        at::autocast::set_autocast_gpu_dtype(type);
        at::autocast::set_enabled(on);
#endif
    }
    bool active_;
};

} // namespace livegloss::training
