#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace livegloss::training {

/// A curve by step: what a resumed run logged again counts once.
using StepValues = std::map<std::int64_t, double>;

/// What a run wrote into its log.jsonl: for each stage ("adapt", "adapt-dev", ...) its figures over the steps. Reads
/// on from where it was, so that it can follow a run. One thread at a time.
class RunHistory {
public:
    explicit RunHistory(std::filesystem::path log) : path_(std::move(log)) {}

    /// Reads what has come since; true where there is something new. A log that has become shorter is read anew.
    bool update();
    /// Null where there is no such figure.
    const StepValues* find(const std::string& stage, const std::string& figure) const;
    /// In the order in which they appeared.
    const std::vector<std::string>& stages() const { return order_; }
    /// Newest step of a stage; -1 where there is none.
    std::int64_t lastStep(const std::string& stage) const;

private:
    bool take(const std::string& line);

    std::filesystem::path path_;
    std::uintmax_t read_ = 0; ///< bytes of whole lines
    std::map<std::string, std::map<std::string, StepValues>> figures_;
    std::vector<std::string> order_;
};

} // namespace livegloss::training
