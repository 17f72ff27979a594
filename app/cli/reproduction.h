#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// What the paper gives for a row; nothing where it gives nothing.
struct PaperFigures {
    std::optional<double> dev;
    std::optional<double> test;
    std::optional<double> stepSeconds;
};
struct ReproductionRow {
    std::string name;
    std::string cell;
    PaperFigures paper;
};
struct ReproductionTable {
    std::string title;
    std::vector<ReproductionRow> rows;
};

/// A series of trainings that differ in a few keys of the recipe, and the tables that they fill.
struct ReproductionPlan {
    std::filesystem::path folder;                              ///< paths in the recipe count from here
    nlohmann::json base;                                       ///< recipe
    std::vector<std::pair<std::string, nlohmann::json>> cells; ///< name, changes to the recipe
    std::vector<ReproductionTable> tables;
    std::vector<std::uint64_t> seeds;
    int testClips = 0;
    std::uint64_t testSeed = 0;
};
/// Reads and checks a plan; every cell's recipe has to be one.
Result<ReproductionPlan> readPlan(const std::filesystem::path& path);

/// The recipe of a cell; `steps` above 0 replaces the plan's.
nlohmann::json cellRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed, int steps);
/// Where a cell works: DIR/CELL-seedN.
std::filesystem::path cellFolder(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed);

/// What training and testing a cell came to, as result.json in its folder holds it.
struct CellResult {
    double dev = 0.0; ///< word error rate, percent
    double test = 0.0;
    double stepSeconds = 0.0; ///< median
    double minutes = 0.0;     ///< of all its runs, testing included
    std::int64_t steps = 0;
};
std::optional<CellResult> readCell(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed);
Result<void> writeCell(const std::filesystem::path& output, const std::string& cell, std::uint64_t seed,
                       const CellResult& result);

/// The tables in Markdown: means over the seeds that ran, with the least and the greatest, beside the paper's figures.
std::string reproductionTables(const ReproductionPlan& plan, const std::filesystem::path& output);
/// What each module adds to the multiplications of ViT-B/16, counted as docs/model-costs.md says, beside the paper's.
std::string moduleCostTable();

} // namespace livegloss::cli
