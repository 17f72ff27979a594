#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>

namespace livegloss::engine {

/// What FastBlocks spends its time on.
enum class Stage { Embedding, QueryKeyValue, Attention, AttentionOut, Adapters, Mlp, LayerNorm, Aggregation };
inline constexpr std::array<std::string_view, 8> stageNames{
    "embedding", "query_key_value", "attention", "attention_out", "adapters", "mlp", "layer_norm", "aggregation"};

using StageSeconds = std::array<double, stageNames.size()>;

/// Adds the processor time of this thread until its end to a stage; does nothing without a table.
class StageTimer {
public:
    StageTimer(StageSeconds* table, Stage stage) : table_(table), stage_(stage) {
        if (table_ != nullptr) {
            begin_ = now();
        }
    }
    ~StageTimer() {
        if (table_ != nullptr) {
            (*table_)[static_cast<std::size_t>(stage_)] += now() - begin_;
        }
    }
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    static double now() {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }

    StageSeconds* table_;
    Stage stage_;
    double begin_ = 0.0;
};

} // namespace livegloss::engine
