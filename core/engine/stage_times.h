#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace livegloss::engine {

/// What FastBlocks spends its time on.
enum class Stage { Embedding, QueryKeyValue, Attention, AttentionOut, Adapters, Mlp, LayerNorm, Aggregation };
inline constexpr std::array<std::string_view, 8> stageNames{
    "embedding", "query_key_value", "attention", "attention_out", "adapters", "mlp", "layer_norm", "aggregation"};

using StageSeconds = std::array<double, stageNames.size()>;

/// Adds the time until its end to a stage; does nothing without a table.
class StageTimer {
public:
    using Clock = std::chrono::steady_clock;
    StageTimer(StageSeconds* table, Stage stage) : table_(table), stage_(stage) {
        if (table_ != nullptr) {
            begin_ = Clock::now();
        }
    }
    ~StageTimer() {
        if (table_ != nullptr) {
            (*table_)[static_cast<std::size_t>(stage_)] += std::chrono::duration<double>(Clock::now() - begin_).count();
        }
    }
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    StageSeconds* table_;
    Stage stage_;
    Clock::time_point begin_;
};

} // namespace livegloss::engine
