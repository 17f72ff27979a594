#include "session/clip_features.h"

#include "decode/ctc.h"
#include "engine/temporal_head.h"
#include "gloss_times.h"

#include <algorithm>
#include <new>
#include <utility>

namespace livegloss::session {

namespace {

constexpr int kChunkRows = 2000;
/// Rows that neighbouring chunks share; half of them on either side only give the LSTM its context.
constexpr int kOverlapRows = 256;

void appendRows(const Matrix& from, int first, int count, Matrix& to) {
    const auto begin = from.values.begin() + static_cast<std::ptrdiff_t>(first) * from.columns;
    to.values.insert(to.values.end(), begin, begin + static_cast<std::ptrdiff_t>(count) * from.columns);
    to.columns = from.columns;
    to.rows += count;
}

/// A clip's rows with copies of the first and last one where it was cut, as the padding of a whole clip would be.
class PaddedRows {
public:
    PaddedRows(const ClipFeatures& features, const model::TemporalLayout& layout)
        : features_(features), front_(features.paddedFront ? 0 : layout.leftPad) {
        if (!features.paddedBack) {
            const int rest = (features.rows() + front_) % layout.stride;
            back_ = layout.leftPad + (rest == 0 ? 0 : layout.stride - rest);
            back_ = std::max(back_, layout.receptiveField - front_ - features.rows());
        }
    }

    int count() const { return front_ + features_.rows() + back_; }
    MediaTime timeOf(std::int64_t row) const { return features_.times[static_cast<std::size_t>(sourceOf(row))]; }
    Matrix part(int first, int count) const {
        Matrix matrix(count, features_.width);
        for (int row = 0; row < count; ++row) {
            const auto begin = features_.values.begin() + sourceOf(first + row) * features_.width;
            std::copy(begin, begin + features_.width, matrix.row(row));
        }
        return matrix;
    }

private:
    std::ptrdiff_t sourceOf(std::int64_t row) const {
        return static_cast<std::ptrdiff_t>(std::clamp<std::int64_t>(row - front_, 0, features_.rows() - 1));
    }

    const ClipFeatures& features_;
    int front_ = 0;
    int back_ = 0;
};

/// Log probabilities of every step. Chunks begin on multiples of the stride, so that steps line up.
Result<engine::HeadOutput> logProbabilities(const engine::LoadedModelPtr& model, const PaddedRows& rows,
                                            const std::function<bool()>& cancelled) {
    const int convType = model->config().convType;
    const int stride = model::temporalLayout(convType).stride;
    const auto head = engine::makeTemporalHead(model);
    const int chunk = kChunkRows / stride * stride;
    const int overlap = kOverlapRows / stride * stride;
    const int total = model::temporalSteps(convType, rows.count());
    engine::HeadOutput all;
    for (int first = 0; all.sequence.rows < total; first += chunk - overlap) {
        if (cancelled && cancelled()) {
            return failure(ErrorCode::Cancelled, "The offline pass was stopped.");
        }
        const int count = std::min(chunk, rows.count() - first);
        auto part = head->run(rows.part(first, count));
        if (!part) {
            return tl::unexpected(std::move(part.error()));
        }
        const bool lastChunk = first + count == rows.count();
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

int leaveOutUnsure(std::vector<CaptionGloss>& glosses, float least) {
    constexpr MediaTime inView = std::chrono::seconds(5);
    std::vector<MediaTime> sure;
    for (const CaptionGloss& gloss : glosses) {
        if (gloss.confidence >= decode::sureConfidence(least)) {
            sure.push_back(gloss.start);
        }
    }
    return static_cast<int>(std::erase_if(glosses, [&](const CaptionGloss& gloss) {
        const bool besideSure = std::ranges::any_of(
            sure, [&](MediaTime start) { return start >= gloss.start - inView && start <= gloss.start + inView; });
        return !(gloss.confidence >= (besideSure ? decode::hesitantConfidence(least) : least));
    }));
}

Result<std::vector<CaptionGloss>> decodeOffline(const engine::LoadedModelPtr& model, const ClipFeatures& features,
                                                const OfflineDecodeOptions& options) try {
    std::vector<CaptionGloss> glosses;
    if (features.rows() == 0) {
        return glosses;
    }
    const model::ModelConfig& config = model->config();
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    const PaddedRows padded(features, layout);
    if (model::temporalSteps(config.convType, padded.count()) == 0) {
        return glosses;
    }
    auto output = logProbabilities(model, padded, options.cancelled);
    if (!output) {
        return tl::unexpected(std::move(output.error()));
    }
    decode::DecodeOptions decoding;
    decoding.beamWidth = options.beamWidth;
    decoding.alternatives = options.alternatives;
    decoding.mergeRepeats = options.mergeRepeats;
    decoding.language = options.language;
    for (const decode::DecodedGloss& gloss : decode::decode(output->sequence, output->convolutional, decoding)) {
        const RowRange rows = rowsOfSteps(layout, gloss.firstStep, gloss.lastStep);
        CaptionGloss caption;
        caption.label = gloss.label;
        caption.text = model::glossText(config, gloss.label);
        caption.confidence = gloss.confidence;
        caption.start = padded.timeOf(rows.first);
        caption.end = padded.timeOf(rows.last) + frameDuration(config);
        caption.alternatives = namedAlternatives(config, gloss.alternatives);
        glosses.push_back(std::move(caption));
    }
    leaveOutUnsure(glosses, options.minConfidence);
    for (std::size_t index = 0; index < glosses.size(); ++index) {
        glosses[index].id = static_cast<std::int64_t>(index) + 1;
    }
    return glosses;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "There is not enough memory to recognise the clip as a whole.",
                   "Close other programs, or recognise it in parts.");
}

} // namespace livegloss::session
