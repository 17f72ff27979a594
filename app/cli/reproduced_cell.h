#pragma once

#include "base/result.h"
#include "reproduction.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace livegloss::cli {

/// Where a cell works: DIR/CELL-seedN.
std::filesystem::path cellFolder(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed);

/// What training and testing a cell came to, as result.json in its folder holds it.
struct CellResult {
    std::string recipe;              ///< see recipeMark()
    int testClips = 0;               ///< of the test
    std::uint64_t testSeed = 0;      ///< of its clips
    double dev = 0.0;                ///< word error rate, percent
    std::optional<double> devBefore; ///< the same with only the head trained, where that was measured
    double test = 0.0;
    std::optional<double> stepSeconds; ///< median over the cell's runs, where it is known
    double minutes = 0.0;              ///< of all its runs, testing included
    std::int64_t steps = 0;
};
/// SHA-256 of the cell's recipe as the plan has it and of the file that it starts from: the same for a plan that was
/// moved.
std::string recipeMark(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed);
/// Whatever result the cell's folder holds.
std::optional<CellResult> readCell(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed);
/// The cell's result, where it was trained and tested as the plan says.
std::optional<CellResult> finishedCell(const ReproductionPlan& plan, const std::filesystem::path& output,
                                       const std::string& cell, std::uint64_t seed);
Result<void> writeCell(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed,
                       const CellResult& result);

/// Makes the cell's folder ready for a run with the plan's recipe, which it writes there as recipe.json. What a run
/// with another recipe left there is renamed; its new name comes back.
Result<std::optional<std::filesystem::path>> prepareCell(const ReproductionPlan& plan,
                                                         const std::filesystem::path& output, const std::string& cell,
                                                         std::uint64_t seed);

/// What log.jsonl in a cell's folder tells of its training, all runs together.
struct TrainingFacts {
    std::optional<double> devBefore;   ///< word error rate at step 0, percent
    std::optional<double> stepSeconds; ///< median of the logged steps of adaptation
};
TrainingFacts readTrainingFacts(const std::filesystem::path& folder);

} // namespace livegloss::cli
