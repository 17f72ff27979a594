#include "session/clip_features.h"

#include "decode/ctc.h"
#include "engine/temporal_head.h"
#include "gloss_times.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

constexpr int kChunkRows = 2000;
/// Rows that neighbouring chunks share; half of them on either side only give the LSTM its context.
constexpr int kOverlapRows = 256;

Matrix rowsOf(const ClipFeatures& features, int first, int count) {
    Matrix matrix(count, features.width);
    const auto begin = features.values.begin() + static_cast<std::ptrdiff_t>(first) * features.width;
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(count) * features.width, matrix.values.begin());
    return matrix;
}

void appendRows(const Matrix& from, int first, int count, Matrix& to) {
    const auto begin = from.values.begin() + static_cast<std::ptrdiff_t>(first) * from.columns;
    to.values.insert(to.values.end(), begin, begin + static_cast<std::ptrdiff_t>(count) * from.columns);
    to.columns = from.columns;
    to.rows += count;
}

/// Copies of the first and last row where the clip was cut, as the padding of a whole clip would be.
ClipFeatures padded(const ClipFeatures& features, const model::TemporalLayout& layout) {
    ClipFeatures whole;
    whole.width = features.width;
    const auto copyRow = [&](int row) {
        const auto* values = features.values.data() + static_cast<std::ptrdiff_t>(row) * features.width;
        whole.append({values, static_cast<std::size_t>(features.width)}, features.times[static_cast<std::size_t>(row)]);
    };
    const int front = features.paddedFront ? 0 : layout.leftPad;
    int back = 0;
    if (!features.paddedBack) {
        const int rest = (features.rows() + front) % layout.stride;
        back = layout.leftPad + (rest == 0 ? 0 : layout.stride - rest);
    }
    for (int i = 0; i < front; ++i) {
        copyRow(0);
    }
    for (int row = 0; row < features.rows(); ++row) {
        copyRow(row);
    }
    for (int i = 0; i < back; ++i) {
        copyRow(features.rows() - 1);
    }
    return whole;
}

/// Log probabilities of every step. Chunks begin on multiples of the stride, so that steps line up.
Result<engine::HeadOutput> logProbabilities(const engine::LoadedModelPtr& model, const ClipFeatures& features,
                                            const std::function<bool()>& cancelled) {
    const int convType = model->config().convType;
    const int stride = model::temporalLayout(convType).stride;
    const auto head = engine::makeTemporalHead(model);
    const int chunk = kChunkRows / stride * stride;
    const int overlap = kOverlapRows / stride * stride;
    const int total = model::temporalSteps(convType, features.rows());
    engine::HeadOutput all;
    for (int first = 0; all.sequence.rows < total; first += chunk - overlap) {
        if (cancelled && cancelled()) {
            return failure(ErrorCode::Cancelled, "The offline pass was stopped.");
        }
        const int count = std::min(chunk, features.rows() - first);
        auto part = head->run(rowsOf(features, first, count));
        if (!part) {
            return tl::unexpected(std::move(part.error()));
        }
        const bool lastChunk = first + count == features.rows();
        const int skip = all.sequence.rows - first / stride;
        const int until = lastChunk ? part->sequence.rows : (count - overlap / 2) / stride;
        appendRows(part->sequence, skip, until - skip, all.sequence);
        appendRows(part->convolutional, skip, until - skip, all.convolutional);
    }
    return all;
}

} // namespace

void ClipFeatures::append(std::span<const float> feature, MediaTime time) {
    width = static_cast<int>(feature.size());
    values.insert(values.end(), feature.begin(), feature.end());
    times.push_back(time);
}

ClipFeatures ClipFeatures::part(int first, int count) const {
    ClipFeatures result;
    result.width = width;
    result.paddedFront = paddedFront && first == 0;
    result.paddedBack = paddedBack && first + count == rows();
    result.times.assign(times.begin() + first, times.begin() + first + count);
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first) * width;
    result.values.assign(begin, begin + static_cast<std::ptrdiff_t>(count) * width);
    return result;
}

void ClipFeatures::dropFront(int count) {
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count) * width);
    times.erase(times.begin(), times.begin() + count);
    paddedFront = paddedFront && count == 0;
}

Result<std::vector<CaptionGloss>> decodeOffline(const engine::LoadedModelPtr& model, const ClipFeatures& features,
                                                const OfflineDecodeOptions& options) {
    std::vector<CaptionGloss> glosses;
    if (features.rows() == 0) {
        return glosses;
    }
    const model::ModelConfig& config = model->config();
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    const ClipFeatures whole = padded(features, layout);
    if (model::temporalSteps(config.convType, whole.rows()) == 0) {
        return glosses;
    }
    auto output = logProbabilities(model, whole, options.cancelled);
    if (!output) {
        return tl::unexpected(std::move(output.error()));
    }
    decode::DecodeOptions decoding;
    decoding.beamWidth = options.beamWidth;
    decoding.alternatives = options.alternatives;
    decoding.language = options.language;
    const auto timeOfRow = [&](std::int64_t row) {
        return whole.times[static_cast<std::size_t>(std::clamp<std::int64_t>(row, 0, whole.rows() - 1))];
    };
    for (const decode::DecodedGloss& gloss : decode::decode(output->sequence, output->convolutional, decoding)) {
        if (gloss.confidence < options.minConfidence) {
            continue;
        }
        const RowRange rows = rowsOfSteps(layout, gloss.firstStep, gloss.lastStep);
        CaptionGloss caption;
        caption.id = static_cast<std::int64_t>(glosses.size()) + 1;
        caption.label = gloss.label;
        caption.text = model::glossText(config, gloss.label);
        caption.confidence = gloss.confidence;
        caption.start = timeOfRow(rows.first);
        caption.end = timeOfRow(rows.last) + frameDuration(config);
        caption.alternatives = namedAlternatives(config, gloss.alternatives);
        glosses.push_back(std::move(caption));
    }
    return glosses;
}

} // namespace livegloss::session
