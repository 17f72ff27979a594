#include "ui/attention/attention_view.h"

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {
/// A longer step is a jump.
constexpr MediaTime kLongestStep = std::chrono::milliseconds(500);

bool sameShape(const std::vector<attention::Layer>& a, const std::vector<attention::Layer>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const attention::Layer& x, const attention::Layer& y) {
        return x.kind == y.kind && x.offset == y.offset && x.values.size() == y.values.size();
    });
}
} // namespace

std::vector<attention::Layer> TimeSmoothing::next(const std::vector<attention::Layer>& layers, MediaTime time,
                                                  double seconds) {
    const MediaTime step = time - time_;
    const bool follows = step >= MediaTime{0} && step <= kLongestStep && seconds > 0.0 && sameShape(layers, last_);
    time_ = time;
    if (!follows) {
        last_ = layers;
        return last_;
    }
    const auto share = static_cast<float>(1.0 - std::exp(-toSeconds(step) / seconds));
    for (std::size_t i = 0; i < layers.size(); ++i) {
        attention::Layer smoothed = layers[i];
        for (std::size_t k = 0; k < smoothed.values.size(); ++k) {
            smoothed.values[k] = std::lerp(last_[i].values[k], layers[i].values[k], share);
        }
        last_[i] = std::move(smoothed);
    }
    return last_;
}

} // namespace livegloss::ui
