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
    std::string startMark;                                     ///< SHA-256 of the file that all cells start from
    nlohmann::json base;                                       ///< recipe
    std::vector<std::pair<std::string, nlohmann::json>> cells; ///< name, changes to the recipe
    std::vector<ReproductionTable> tables;
    std::vector<std::uint64_t> seeds;
    int steps = 0; ///< of adaptation, to try it out; 0: as the recipes say
    int testClips = 0;
    std::uint64_t testSeed = 0;
};
/// Reads and checks a plan; every cell's recipe has to be one.
Result<ReproductionPlan> readPlan(const std::filesystem::path& path);

/// The recipe of a cell as the plan has it, paths counted from the plan's folder.
nlohmann::json plannedRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed);
/// The same with whole paths, to be trained with.
nlohmann::json cellRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed);

/// The tables in Markdown: means over the seeds that ran as the plan says, with the least and the greatest, beside the
/// paper's figures.
std::string reproductionTables(const ReproductionPlan& plan, const std::filesystem::path& output);
/// What each module adds to the multiplications of ViT-B/16, counted as docs/model-costs.md says, beside the paper's.
std::string moduleCostTable();

} // namespace livegloss::cli
