#include "training/run_history.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace livegloss::training {

bool RunHistory::update() {
    std::error_code missing;
    const std::uintmax_t size = std::filesystem::file_size(path_, missing);
    if (missing || size < read_) {
        const bool hadAny = !figures_.empty();
        read_ = 0;
        figures_.clear();
        order_.clear();
        if (missing) {
            return hadAny;
        }
    }
    std::ifstream log(path_, std::ios::binary);
    log.seekg(static_cast<std::streamoff>(read_));
    bool anything = false;
    for (std::string line; std::getline(log, line) && !log.eof();) {
        read_ += line.size() + 1;
        anything = take(line) || anything;
    }
    return anything;
}

/// False for a line that was cut off when the machine stopped.
bool RunHistory::take(const std::string& line) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number_integer() ||
        !entry.contains("stage") || !entry["stage"].is_string()) {
        return false;
    }
    const std::string stage = entry["stage"];
    const std::int64_t step = entry["step"];
    if (std::find(order_.begin(), order_.end(), stage) == order_.end()) {
        order_.push_back(stage);
    }
    auto& figures = figures_[stage];
    for (const auto& [name, value] : entry.items()) {
        if (name != "step" && value.is_number()) {
            figures[name][step] = value;
        }
    }
    return true;
}

const StepValues* RunHistory::find(const std::string& stage, const std::string& figure) const {
    const auto figures = figures_.find(stage);
    if (figures == figures_.end()) {
        return nullptr;
    }
    const auto values = figures->second.find(figure);
    return values == figures->second.end() ? nullptr : &values->second;
}

std::int64_t RunHistory::lastStep(const std::string& stage) const {
    std::int64_t last = -1;
    if (const auto figures = figures_.find(stage); figures != figures_.end()) {
        for (const auto& [name, values] : figures->second) {
            last = std::max(last, values.empty() ? -1 : values.rbegin()->first);
        }
    }
    return last;
}

} // namespace livegloss::training
