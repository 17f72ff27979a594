#include "avx2_rows.h"
#include "avx2_tile.h"
#include "float_attention.h"

namespace livegloss::kernels {
namespace {

/// scores[token][head] for every token and heads rounded up to whole panels.
inline void scoreTokens(const GatherCall& call, float* panels, float* scores) {
    const auto width = static_cast<std::size_t>(call.width);
    const auto heads = static_cast<std::size_t>(call.heads);
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const std::size_t stride = panelsOf(heads) * panelWidth;
    for (std::size_t panel = 0; panel < stride / panelWidth; ++panel) {
        for (std::size_t i = 0; i < panelWidth; ++i) {
            const std::size_t head = panel * panelWidth + i;
            for (std::size_t d = 0; d < width; ++d) {
                panels[d * panelWidth + i] = head < heads ? call.direction[head * call.headStride + d] : 0.0F;
            }
        }
        const auto give = [&](std::size_t row, const Vector(&sum)[2]) {
            store(scores + row * stride + panel * panelWidth, sum[0]);
            store(scores + row * stride + panel * panelWidth + lanes, sum[1]);
        };
        std::size_t row = 0;
        for (; row + tileRows <= tokens; row += tileRows) {
            Vector sum[tileRows][2];
            multiplyTile<tileRows>(Rows{call.rows + row * width, width}, panels, panelWidth, width, sum);
            for (std::size_t r = 0; r < tileRows; ++r) {
                give(row + r, sum[r]);
            }
        }
        for (; row < tokens; ++row) {
            Vector sum[1][2];
            multiplyTile<1>(Rows{call.rows + row * width, width}, panels, panelWidth, width, sum);
            give(row, sum[0]);
        }
    }
}

/// One head's weighted mean of all rows, `Count` heads together.
template <int Count>
inline void averageRows(const GatherCall& call, const float* shares, std::size_t shareStride, std::size_t head) {
    const auto width = static_cast<std::size_t>(call.width);
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const Rows left{shares + head * shareStride, shareStride};
    for (std::size_t column = 0; column < width; column += panelWidth) {
        Vector sum[Count][2];
        multiplyTile<Count>(left, call.rows + column, width, tokens, sum);
        for (int r = 0; r < Count; ++r) {
            float* const place = call.average + (head + static_cast<std::size_t>(r)) * call.headStride + column;
            store(place, sum[r][0]);
            store(place + lanes, sum[r][1]);
        }
    }
}

} // namespace

std::size_t attentionScratch(int tokens, int prefix) {
    return scratchOfAttention(tokens, prefix);
}

void attendAvx2(const AttentionCall& call, float* scratch) {
    attendInFloats(call, scratch);
}

std::size_t gatherScratch(int tokens, int width, int heads) {
    const std::size_t headStride = panelsOf(static_cast<std::size_t>(heads)) * panelWidth;
    const std::size_t tokenStride = panelsOf(static_cast<std::size_t>(tokens)) * panelWidth;
    return static_cast<std::size_t>(width) * panelWidth + static_cast<std::size_t>(tokens) * headStride +
           static_cast<std::size_t>(heads) * tokenStride;
}

void gatherRowsAvx2(const GatherCall& call, float* scratch) {
    const auto heads = static_cast<std::size_t>(call.heads);
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const std::size_t headStride = panelsOf(heads) * panelWidth;
    const std::size_t tokenStride = panelsOf(tokens) * panelWidth;
    float* const scores = scratch + static_cast<std::size_t>(call.width) * panelWidth;
    float* const shares = scores + tokens * headStride;
    scoreTokens(call, scratch, scores);
    for (std::size_t head = 0; head < heads; ++head) {
        float* const row = shares + head * tokenStride;
        for (std::size_t token = 0; token < tokens; ++token) {
            row[token] = scores[token * headStride + head];
        }
        softmaxRow(row, tokens, tokenStride);
        if (call.shares != nullptr) {
            for (std::size_t token = 0; token < tokens; ++token) {
                call.shares[head * tokens + token] = row[token];
            }
        }
    }
    std::size_t head = 0;
    for (; head + tileRows <= heads; head += tileRows) {
        averageRows<tileRows>(call, shares, tokenStride, head);
    }
    for (; head < heads; ++head) {
        averageRows<1>(call, shares, tokenStride, head);
    }
}

} // namespace livegloss::kernels
