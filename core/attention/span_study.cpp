#include "attention/span_study.h"

#include "attention/over_time.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace livegloss::attention {

namespace {

constexpr std::size_t kStrongest = 3;
constexpr MediaTime kSecond = std::chrono::seconds(1);

/// The mean of layers of one shape, over the frame nearest to a moment.
class MeanFrame {
public:
    explicit MeanFrame(MediaTime middle) : middle_(middle) {}

    void add(const SpanFrame& frame) {
        if (sum_.empty()) {
            sum_ = frame.layers;
        } else {
            for (std::size_t i = 0; i < sum_.size() && i < frame.layers.size(); ++i) {
                addLayer(frame.layers[i], sum_[i]);
            }
        }
        ++count_;
        const auto distance = [this](const FramePtr& candidate) { return std::chrono::abs(candidate->time - middle_); };
        if (!frame_ || distance(frame.frame) < distance(frame_)) {
            frame_ = frame.frame;
        }
    }
    bool empty() const { return count_ == 0; }
    int count() const { return count_; }
    SpanFrame mean() const {
        SpanFrame result;
        result.frame = frame_;
        result.layers = sum_;
        const float share = 1.0F / static_cast<float>(std::max(1, count_));
        for (Layer& layer : result.layers) {
            std::ranges::transform(layer.values, layer.values.begin(), [share](float value) { return value * share; });
            layer.classShare *= share;
            layer.prefixShare *= share;
        }
        result.strength = strengthOf(result.layers);
        return result;
    }

private:
    static void addLayer(const Layer& from, Layer& to) {
        std::ranges::transform(from.values, to.values, to.values.begin(), std::plus<>());
        to.classShare += from.classShare;
        to.prefixShare += from.prefixShare;
    }

    MediaTime middle_;
    std::vector<Layer> sum_;
    FramePtr frame_;
    int count_ = 0;
};

void keepStrongest(SpanFrame frame, std::vector<SpanFrame>& strongest) {
    const auto place = std::ranges::upper_bound(strongest, frame.strength, std::greater<>(), &SpanFrame::strength);
    strongest.insert(place, std::move(frame));
    if (strongest.size() > kStrongest) {
        strongest.pop_back();
    }
}

} // namespace

double strengthOf(const std::vector<Layer>& layers) {
    if (layers.empty()) {
        return 0.0;
    }
    const Layer& layer = layers.back(); // of two side by side AdaptSign's
    if (!layer.isSigned()) {
        return 1.0 - static_cast<double>(entropyOf(layer.values).value_or(1.0F));
    }
    double sum = 0.0;
    for (const float value : layer.values) {
        sum += std::abs(static_cast<double>(value));
    }
    return sum;
}

Result<SpanStudy> studySpan(const SpanJob& job) {
    const View view = fitted(job.view, job.model->config());
    SpanStudy study;
    MeanFrame whole((job.from + job.to) / 2);
    std::vector<MeanFrame> seconds;
    for (MediaTime begin = job.from; begin < job.to; begin += kSecond) {
        seconds.emplace_back((begin + std::min(begin + kSecond, job.to)) / 2);
    }
    WalkOptions options = job.options;
    options.from = job.from;
    options.progress = nullptr;
    FramePtr last;
    const auto take = [&](AttendedFrame attended) {
        if (attended.frame == last) {
            return true; // a video slower than the model: the network got this frame again
        }
        last = attended.frame;
        const MediaTime time = attended.frame->time;
        if (time >= job.to) {
            return false;
        }
        if (time < job.from) {
            return true;
        }
        study.firstFrame = whole.empty() ? attended.frame->index : study.firstFrame;
        study.lastFrame = attended.frame->index;
        SpanFrame frame;
        frame.frame = attended.frame;
        frame.layers = layersOf(view, attended.result);
        if (view.shown == Shown::CrossFrame) {
            frame.layers = {crossFrameOverlay(frame.layers)};
        }
        frame.strength = strengthOf(frame.layers);
        study.scales.add(frame.layers);
        whole.add(frame);
        seconds[static_cast<std::size_t>((time - job.from) / kSecond)].add(frame);
        keepStrongest(std::move(frame), study.strongest);
        if (job.options.progress) {
            job.options.progress(whole.count(), toSeconds(time - job.from) / toSeconds(job.to - job.from));
        }
        return true;
    };
    const auto walked =
        walkVideo({media::SourceKind::File, job.input.string()}, job.model, requestFor(view), options, take);
    if (!walked) {
        return tl::unexpected(walked.error());
    }
    if (whole.empty()) {
        return failure(ErrorCode::InvalidArgument, "the network saw no frame in this span",
                       "Choose a longer span inside the clip.");
    }
    study.frames = whole.count();
    study.mean = whole.mean();
    for (const MeanFrame& second : seconds) {
        if (!second.empty()) {
            study.seconds.push_back(second.mean());
        }
    }
    return study;
}

} // namespace livegloss::attention
