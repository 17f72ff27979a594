#include "amx_linear.h"

#include "amx_block.h"
#include "avx512/take_back.h"
#include "narrow_stores.h"

namespace livegloss::kernels {
namespace {

static_assert(amxTileRows == tileSide && amxPanelWidth == blockSide && amxStepBytes == stepBytes &&
              amxPanelStepBytes == rightStepBytes);

/// Panels whose weights stay in the second cache while all rows pass by.
constexpr std::size_t panelsAtOnce = 8;
/// Steps that are taken at a time where sums may be added to the destination in parts.
constexpr std::size_t stepsAtOnce = 24;

inline std::size_t smaller(std::size_t a, std::size_t b) {
    return a < b ? a : b;
}

/// What becomes of a sum.
enum class Result { Bf16, F32, AddedF32 };

/// Sums of 32 x 32 outputs that were just computed.
struct Block {
    const float* sums; ///< bits of whole numbers where the source is one
    std::size_t row;
    std::size_t rows;
    std::size_t output;
    bool withBias;
};

/// Takes sums to the destination, some rows between two steps of the block that is computed next.
template <TileValues Values, Activation activation, Result result>
class Finisher {
public:
    explicit Finisher(const AmxProduct& product) : product_(product) {}

    void begin(const Block& block) {
        finish(block_.rows);
        block_ = block;
        next_ = 0;
    }
    void finish(std::size_t rows) {
        const std::size_t end = smaller(next_ + rows, block_.rows);
        if (block_.output + amxPanelWidth <= product_.outputs) {
            for (; next_ < end; ++next_) {
                finishRow(next_);
            }
        } else {
            for (; next_ < end; ++next_) {
                finishTail(next_);
            }
        }
    }

private:
    Wide valueAt(std::size_t rowOfBlock, std::size_t half) const {
        const float* const sums = block_.sums + rowOfBlock * amxPanelWidth + half;
        const std::size_t output = block_.output + half;
        Wide value;
        if constexpr (Values == TileValues::Bf16) {
            value = _mm512_load_ps(sums);
        } else {
            value = takenBack(*product_.wholeNumbers, _mm512_load_si512(sums), block_.row + rowOfBlock, output);
        }
        if (block_.withBias) {
            value = _mm512_add_ps(value, loadWide(product_.bias + output));
        }
        if constexpr (activation == Activation::Silu && result == Result::Bf16) {
            return _mm512_mul_ps(value, roughSigmoid(value));
        } else {
            return wideActivated(value, activation);
        }
    }

    void finishRow(std::size_t rowOfBlock) const {
        const std::size_t place = (block_.row + rowOfBlock) * product_.outputs + block_.output;
        Wide lower = valueAt(rowOfBlock, 0);
        Wide upper = valueAt(rowOfBlock, wideLanes);
        if constexpr (result == Result::Bf16) {
            _mm512_storeu_si512(static_cast<Bfloat16*>(product_.destination) + place,
                                reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(upper, lower)));
        } else {
            float* const to = static_cast<float*>(product_.destination) + place;
            if constexpr (result == Result::AddedF32) {
                lower = _mm512_add_ps(lower, loadWide(to));
                upper = _mm512_add_ps(upper, loadWide(to + wideLanes));
            }
            storeWide(to, lower);
            storeWide(to + wideLanes, upper);
        }
    }

    /// The last outputs, where they do not fill a panel.
    void finishTail(std::size_t rowOfBlock) const {
        const std::size_t place = (block_.row + rowOfBlock) * product_.outputs + block_.output;
        const std::size_t left = product_.outputs - block_.output;
        for (std::size_t half = 0; half < left; half += wideLanes) {
            const __mmask16 lanes = firstLanes(left - half);
            Wide value = valueAt(rowOfBlock, half);
            if constexpr (result == Result::Bf16) {
                storeWide(static_cast<Bfloat16*>(product_.destination) + place + half, value, lanes);
            } else {
                float* const to = static_cast<float*>(product_.destination) + place + half;
                if constexpr (result == Result::AddedF32) {
                    value = _mm512_add_ps(value, loadWide(to, lanes));
                }
                storeWide(to, value, lanes);
            }
        }
    }

    const AmxProduct& product_;
    Block block_{nullptr, 0, 0, 0, false};
    std::size_t next_ = 0;
};

/// Asks for weights that are wanted later, a few lines at a time.
struct Ahead {
    const std::byte* next = nullptr;
    const std::byte* end = nullptr;
    std::size_t linesPerStep = 0;

    void step() {
        constexpr std::size_t line = 64;
        for (std::size_t i = 0; i < linesPerStep && next < end; ++i, next += line) {
            _mm_prefetch(reinterpret_cast<const char*>(next), _MM_HINT_T1);
        }
    }
};

/// What is computed while all rows pass by: some panels, some of their steps.
struct Part {
    std::size_t panel, panels, step, steps;
};

template <TileValues Values, Activation activation, Result result>
class Multiplier {
public:
    explicit Multiplier(const AmxProduct& product)
        : product_(product),
          finisher_(product),
          panelCount_((product.outputs + amxPanelWidth - 1) / amxPanelWidth),
          blockCount_((product.rows + blockSide - 1) / blockSide),
          depth_(Values == TileValues::Bf16 && result == Result::AddedF32 ? smaller(stepsAtOnce, product.steps)
                                                                          : product.steps),
          rowsPerStep_((blockSide + depth_ - 1) / depth_) {}

    void run() {
        for (Part part{0, smaller(panelsAtOnce, panelCount_), 0, depth_}; part.panels > 0;) {
            const Part next = partAfter(part);
            for (std::size_t block = 0; block < blockCount_; ++block) {
                for (std::size_t i = 0; i < part.panels; ++i) {
                    Ahead ahead = i < next.panels ? aheadOf(next, i, block, part.steps) : Ahead();
                    runBlock(part, block * blockSide, part.panel + i, ahead);
                }
            }
            part = next;
        }
        finisher_.finish(blockSide);
    }

private:
    Part partAfter(const Part& part) const {
        const std::size_t step = part.step + part.steps;
        if (step < product_.steps) {
            return {part.panel, part.panels, step, smaller(depth_, product_.steps - step)};
        }
        const std::size_t panel = part.panel + part.panels;
        return {panel, smaller(panelsAtOnce, panelCount_ - panel), 0, depth_};
    }
    const std::byte* weightsOf(std::size_t panel, std::size_t step) const {
        return product_.panels + (panel * product_.steps + step) * amxPanelStepBytes;
    }
    TileRows rowsFrom(std::size_t row, std::size_t step) const {
        if (row + tileSide <= product_.rows) {
            return {product_.source + row * product_.sourceStride + step * stepBytes, product_.sourceStride};
        }
        return {product_.lastRows + step * stepBytes, product_.steps * stepBytes};
    }

    /// The `i`th panel of the next part is asked for bit by bit, in each block a share of it, while the rows pass by
    /// this part's `i`th.
    Ahead aheadOf(const Part& next, std::size_t i, std::size_t block, std::size_t steps) const {
        constexpr std::size_t line = 64;
        const std::size_t lines = next.steps * amxPanelStepBytes / line;
        const std::byte* const from = weightsOf(next.panel + i, next.step);
        Ahead ahead;
        ahead.next = from + lines * block / blockCount_ * line;
        ahead.end = from + lines * (block + 1) / blockCount_ * line;
        ahead.linesPerStep = (lines / blockCount_ + steps) / steps;
        return ahead;
    }

    void runBlock(const Part& part, std::size_t row, std::size_t panel, Ahead& ahead) {
        float* const sums = sums_[turn_];
        turn_ = 1 - turn_;
        const auto between = [&] {
            ahead.step();
            finisher_.finish(rowsPerStep_);
        };
        const TileRows upper = rowsFrom(row, part.step);
        const bool both = row + tileSide < product_.rows;
        const TileRows lower = both ? rowsFrom(row + tileSide, part.step) : upper;
        multiplyBlock<Values>(both, upper, lower, weightsOf(panel, part.step), part.steps, sums, blockSide, between);
        finisher_.begin({sums, row, smaller(blockSide, product_.rows - row), panel * amxPanelWidth, part.step == 0});
    }

    const AmxProduct& product_;
    Finisher<Values, activation, result> finisher_;
    std::size_t panelCount_;
    std::size_t blockCount_;
    std::size_t depth_;
    std::size_t rowsPerStep_;
    alignas(64) float sums_[2][blockSide * amxPanelWidth];
    int turn_ = 0;
};

template <TileValues Values, Activation activation>
inline void multiplyTo(const AmxProduct& product) {
    if (product.element == Element::Bf16) {
        Multiplier<Values, activation, Result::Bf16>(product).run();
    } else {
        Multiplier<Values, activation, Result::F32>(product).run();
    }
}

template <TileValues Values>
inline void multiply(const AmxProduct& product) {
    if (product.accumulate) {
        return Multiplier<Values, Activation::None, Result::AddedF32>(product).run();
    }
    switch (product.activation) {
    case Activation::Silu:
        return multiplyTo<Values, Activation::Silu>(product);
    case Activation::Gelu:
        return multiplyTo<Values, Activation::Gelu>(product);
    case Activation::Relu:
        return multiplyTo<Values, Activation::Relu>(product);
    case Activation::None:
        return multiplyTo<Values, Activation::None>(product);
    }
}

} // namespace

void multiplyAmx(const AmxProduct& product) {
    memoryIsWritten();
    const TilesInUse tiles;
    if (product.wholeNumbers != nullptr) {
        multiply<TileValues::Int8>(product);
    } else {
        multiply<TileValues::Bf16>(product);
    }
}

} // namespace livegloss::kernels
