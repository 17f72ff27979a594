#include "step_times.h"

#include "kernels/instruction_set.h"
#include "output_file.h"
#include "process_time.h"
#include "synth_samples.h"
#include "training/step_timer.h"

#include <ctime>
#include <fstream>
#include <tuple>
#include <utility>

namespace livegloss::cli {

namespace {

using OrderedJson = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* fileName = "step_times.json";

/// The synthetic signer, with what it has drawn since forget(): the cells ask for the same clips one after the other.
class RememberingSource final : public training::SampleSource {
public:
    const std::vector<std::string>& glosses() const override { return signer_->glosses(); }
    const std::vector<std::vector<std::string>>& captionSlots() const override { return signer_->captionSlots(); }
    training::TrainingClip clip(const training::ClipQuery& query) const override {
        const auto key = std::tuple(query.seed, query.part, query.size, query.fps, query.minSigns, query.maxSigns);
        const auto found = clips_.find(key);
        return found != clips_.end() ? found->second : clips_.emplace(key, signer_->clip(query)).first->second;
    }
    std::vector<training::TrainingStill> stillGroup(std::uint64_t seed, training::SamplePart part, int size,
                                                    int count) const override {
        return signer_->stillGroup(seed, part, size, count);
    }
    void forget() { clips_.clear(); }

private:
    using Key = std::tuple<std::uint64_t, training::SamplePart, int, double, int, int>;
    std::unique_ptr<training::SampleSource> signer_ = makeSynthSamples();
    mutable std::map<Key, training::TrainingClip> clips_; ///< asked for by one thread
};

std::string today() {
    const std::time_t now = std::time(nullptr);
    char text[16] = {};
    std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
    return text;
}

struct TimedCell {
    std::string name;
    training::StepTimer timer;
    std::vector<double> seconds;
};

Result<std::vector<TimedCell>> timedCells(const ReproductionPlan& plan, const std::vector<std::string>& names,
                                          std::uint64_t seed, int threads, const training::SampleSource& source) {
    std::vector<TimedCell> cells;
    for (const std::string& name : names) {
        const auto recipe = training::parseRecipe(cellRecipe(plan, name, seed).dump(), "of the cell " + name);
        if (!recipe) {
            return tl::unexpected(recipe.error());
        }
        auto timer = training::StepTimer::make(*recipe, source, threads);
        if (!timer) {
            return tl::unexpected(std::move(timer.error()));
        }
        cells.push_back({name, std::move(*timer), {}});
    }
    return cells;
}

} // namespace

std::optional<StepTimes> readStepTimes(const fs::path& output) {
    std::ifstream file(output / fileName);
    if (!file) {
        return std::nullopt;
    }
    try {
        const OrderedJson json = OrderedJson::parse(file);
        StepTimes times;
        times.machine = json.at("machine").get<std::string>();
        times.date = json.at("date").get<std::string>();
        times.threads = json.at("threads").get<int>();
        times.rounds = json.at("rounds").get<int>();
        times.medians = json.at("median_step_seconds").get<std::map<std::string, double>>();
        return times;
    } catch (const OrderedJson::exception&) {
        return std::nullopt;
    }
}

Result<void> writeStepTimes(const fs::path& output, const StepTimes& times) {
    const OrderedJson json{{"machine", times.machine},
                           {"date", times.date},
                           {"threads", times.threads},
                           {"rounds", times.rounds},
                           {"median_step_seconds", times.medians}};
    return writeOutput((output / fileName).string(), json.dump(1) + "\n");
}

Result<StepTimes> measureStepTimes(const ReproductionPlan& plan, const std::vector<std::string>& cells,
                                   std::uint64_t seed, int threads, int rounds, const std::function<bool(int)>& told) {
    RememberingSource source;
    auto timed = timedCells(plan, cells, seed, threads, source);
    if (!timed) {
        return tl::unexpected(std::move(timed.error()));
    }
    for (int round = 0; round <= rounds; ++round) {
        if (!told(round)) {
            return failure(ErrorCode::Cancelled, "stopped before all rounds of steps were measured",
                           "Nothing was written; the same command begins again.");
        }
        for (TimedCell& cell : *timed) {
            const auto seconds = cell.timer.step();
            if (!seconds) {
                return tl::unexpected(seconds.error());
            }
            if (round > 0) {
                cell.seconds.push_back(*seconds);
            }
        }
        source.forget();
    }
    StepTimes times{kernels::processorName(), today(), threads, rounds, {}};
    for (TimedCell& cell : *timed) {
        times.medians[cell.name] = median(std::move(cell.seconds));
    }
    return times;
}

} // namespace livegloss::cli
