#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "engine/streaming_encoder.h"
#include "engine/temporal_head.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace livegloss::engine {

struct WindowOptions {
    int windowFrames = 64; ///< W: frame features per decode
    int strideFrames = 0;  ///< S: new features between decodes; 0: 0.32 s of them (8 at 25 fps)
};

/// What a model runs with: a stride of 0 chosen by its frame rate, S and W rounded up to multiples of the head's
/// stride, W long enough to miss no step between two runs.
WindowOptions resolvedWindow(const model::ModelConfig& config, WindowOptions options);

/// Log probabilities of one window, placed on the clip's own step axis.
struct WindowResult {
    std::int64_t firstStep = 0; ///< absolute index of row 0; step k starts at padded frame k * stride
    Matrix logProbs;
    Matrix support;    ///< the convolutional classifier's, of the same steps
    bool last = false; ///< made by finish()
};

/// Ring of the last W features; every S new ones the temporal head runs over them. One thread at a time.
class FeatureWindow {
public:
    FeatureWindow(LoadedModelPtr model, WindowOptions options);

    /// Appends one feature; a result when a window fell due.
    Result<std::optional<WindowResult>> push(const FrameFeature& feature);
    /// The window that ends with the clip's last feature, unless it was just given out.
    Result<std::optional<WindowResult>> finish();
    void reset();

private:
    Result<WindowResult> run(bool last);

    LoadedModelPtr model_;
    WindowOptions options_;
    std::unique_ptr<TemporalHead> head_;
    std::vector<std::vector<float>> ring_;
    std::int64_t received_ = 0;
    std::int64_t lastRunAt_ = 0;
};

} // namespace livegloss::engine
