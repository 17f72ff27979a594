#include "stage.h"

#include "base/decimal.h"

#include <functional>
#include <nlohmann/json.hpp>

namespace livegloss::training {

std::string coloursOf(const model::ModelConfig& config) {
    return config.normalisation == model::plainNormalisation  ? "plain"
           : config.normalisation == model::clipNormalisation ? "clip"
                                                              : "other";
}

Pacer::Pacer(const TrainOptions& options, double checkpointMinutes)
    : options_(options), checkpointSeconds_(checkpointMinutes * 60.0), start_(std::chrono::steady_clock::now()) {}

double Pacer::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

bool Pacer::shouldStop() const {
    return options_.stopRequested() || (options_.maxMinutes > 0.0 && seconds() >= options_.maxMinutes * 60.0);
}

bool Pacer::checkpointDue() {
    if (seconds() - lastCheckpoint_ < checkpointSeconds_) {
        return false;
    }
    lastCheckpoint_ = seconds();
    return true;
}

bool Pacer::reportDue() {
    if (seconds() - lastReport_ < 15.0) {
        return false;
    }
    lastReport_ = seconds();
    return true;
}

void RunLog::write(const std::string& stage, std::int64_t step,
                   const std::vector<std::pair<std::string, double>>& figures) {
    nlohmann::ordered_json line;
    line["stage"] = stage;
    line["step"] = step;
    for (const auto& [name, value] : figures) {
        line[name] = value;
    }
    if (!path_.empty() && !file_.is_open()) {
        file_.open(path_, std::ios::app);
    }
    if (file_.is_open()) {
        file_ << line.dump() << std::endl;
    }
}

void StageContext::begun() {
    if (!std::exchange(hasBegun, true) && group->isFirst()) {
        valueOrThrow(options.begun());
    }
}

std::uint64_t vocabularyHash(const model::ModelConfig& config) {
    std::string all;
    for (const std::string& gloss : config.vocabulary) {
        all.append(gloss).push_back('\n');
    }
    return std::hash<std::string>{}(all) >> 12U;
}

void addGradients(std::vector<torch::Tensor>& sums, const std::vector<torch::Tensor>& parts) {
    if (sums.empty()) {
        sums.resize(parts.size());
    }
    for (std::size_t index = 0; index < parts.size(); ++index) {
        if (!parts[index].defined()) {
            continue;
        }
        if (sums[index].defined()) {
            sums[index] = sums[index] + parts[index];
        } else {
            sums[index] = parts[index];
        }
    }
}

double numberFact(const CheckpointFacts& facts, const std::string& key, std::optional<double> otherwise) {
    const auto found = facts.find(key);
    if (found == facts.end() && otherwise) {
        return *otherwise;
    }
    const auto number = found == facts.end() ? std::nullopt : decimalNumber(found->second);
    if (!number) {
        throw StageFailure{{ErrorCode::Unreadable, "the checkpoint does not say '" + key + "' as a number",
                            "start again in an empty --work folder"}};
    }
    return *number;
}

} // namespace livegloss::training
