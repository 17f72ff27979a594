#include "reproduction.h"

#include "model/model_layout.h"
#include "output_file.h"
#include "training/recipe.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace livegloss::cli {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::optional<double> numberOf(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

ReproductionPlan planOf(const Json& root) {
    ReproductionPlan plan;
    plan.base = root.at("base");
    plan.seeds = root.at("seeds").get<std::vector<std::uint64_t>>();
    plan.testClips = root.at("test").at("clips").get<int>();
    plan.testSeed = root.at("test").at("seed").get<std::uint64_t>();
    for (const auto& [name, change] : root.at("cells").items()) {
        plan.cells.emplace_back(name, change);
    }
    for (const Json& table : root.at("tables")) {
        ReproductionTable& entry = plan.tables.emplace_back();
        entry.title = table.at("title").get<std::string>();
        for (const Json& row : table.at("rows")) {
            const Json paper = row.value("paper", Json::object());
            entry.rows.push_back({row.at("name").get<std::string>(),
                                  row.at("cell").get<std::string>(),
                                  {numberOf(paper, "dev"), numberOf(paper, "test"), numberOf(paper, "step_seconds")}});
        }
    }
    return plan;
}

std::string percent(const std::optional<double>& value, const char* format = "%.1f") {
    std::array<char, 32> text{};
    if (value) {
        std::snprintf(text.data(), text.size(), format, *value);
    }
    return value ? text.data() : "-";
}

/// Mean, and the range where there are several.
std::string spread(const std::vector<double>& values, const char* format) {
    if (values.empty()) {
        return "not run yet";
    }
    double sum = 0.0;
    for (const double value : values) {
        sum += value;
    }
    std::string text = percent(sum / static_cast<double>(values.size()), format);
    if (values.size() > 1) {
        const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
        text.append(" (").append(percent(*least, format)).append(" to ").append(percent(*greatest, format)).append(")");
    }
    return text;
}

std::string tableRow(const ReproductionPlan& plan, const fs::path& output, const ReproductionRow& row) {
    std::vector<double> dev;
    std::vector<double> test;
    std::vector<double> step;
    std::int64_t steps = 0;
    for (const std::uint64_t seed : plan.seeds) {
        if (const auto cell = readCell(output, row.cell, seed)) {
            dev.push_back(cell->dev);
            test.push_back(cell->test);
            step.push_back(cell->stepSeconds);
            steps = std::max(steps, cell->steps);
        }
    }
    std::string text = "| " + row.name;
    for (const std::string& cell : {std::to_string(dev.size()) + " of " + std::to_string(plan.seeds.size()),
                                    dev.empty() ? std::string("-") : std::to_string(steps), spread(dev, "%.1f"),
                                    spread(test, "%.1f"), spread(step, "%.2f"), percent(row.paper.dev),
                                    percent(row.paper.test), percent(row.paper.stepSeconds, "%.2f")}) {
        text.append(" | ").append(cell);
    }
    return text + " |\n";
}

} // namespace

Result<ReproductionPlan> readPlan(const fs::path& path) {
    std::ifstream file(path);
    if (!file) {
        return failure(ErrorCode::NotFound, "cannot open the plan " + path.string(),
                       "models/paper-miniature.json in the project's folder is one; name it with --plan.");
    }
    std::ostringstream text;
    text << file.rdbuf();
    ReproductionPlan plan;
    try {
        plan = planOf(Json::parse(text.str()));
    } catch (const std::exception& error) {
        return failure(ErrorCode::Unreadable, "the plan " + path.string() + " cannot be used: " + error.what(),
                       "models/paper-miniature.json shows what a plan holds.");
    }
    plan.folder = fs::absolute(path).parent_path();
    for (const auto& [name, change] : plan.cells) {
        const auto recipe = training::parseRecipe(cellRecipe(plan, name, 1, 0).dump(), "of the cell " + name);
        if (!recipe) {
            return tl::unexpected(recipe.error());
        }
    }
    for (const ReproductionTable& table : plan.tables) {
        for (const ReproductionRow& row : table.rows) {
            const bool known =
                std::ranges::any_of(plan.cells, [&](const auto& cell) { return cell.first == row.cell; });
            if (!known) {
                return failure(ErrorCode::Unreadable,
                               path.string() + ": the row \"" + row.name + "\" names the cell \"" + row.cell +
                                   "\", which \"cells\" does not have",
                               "Add the cell, or correct the row.");
            }
        }
    }
    return plan;
}

Json cellRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed, int steps) {
    Json recipe = plan.base;
    for (const auto& [name, change] : plan.cells) {
        if (name == cell) {
            recipe.merge_patch(change);
        }
    }
    recipe["seed"] = seed;
    if (recipe.contains("backbone") && recipe["backbone"].is_string()) {
        const fs::path backbone = recipe["backbone"].get<std::string>();
        recipe["backbone"] = backbone.is_relative() ? (plan.folder / backbone).string() : backbone.string();
    }
    if (steps > 0) {
        recipe["adapt"]["steps"] = steps;
    }
    return recipe;
}

fs::path cellFolder(const fs::path& output, const std::string& cell, std::uint64_t seed) {
    return output / (cell + "-seed" + std::to_string(seed));
}

std::optional<CellResult> readCell(const fs::path& output, const std::string& cell, std::uint64_t seed) {
    std::ifstream file(cellFolder(output, cell, seed) / "result.json");
    const Json json = Json::parse(file, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    CellResult result;
    result.dev = numberOf(json, "dev_wer_percent").value_or(-1.0);
    result.test = numberOf(json, "test_wer_percent").value_or(-1.0);
    result.stepSeconds = numberOf(json, "step_seconds").value_or(0.0);
    result.minutes = numberOf(json, "minutes").value_or(0.0);
    result.steps = json.value("steps", std::int64_t{0});
    return result.dev < 0.0 || result.test < 0.0 ? std::nullopt : std::optional(result);
}

Result<void> writeCell(const fs::path& output, const std::string& cell, std::uint64_t seed, const CellResult& result) {
    const nlohmann::ordered_json json{{"cell", cell},
                                      {"seed", seed},
                                      {"steps", result.steps},
                                      {"dev_wer_percent", result.dev},
                                      {"test_wer_percent", result.test},
                                      {"step_seconds", result.stepSeconds},
                                      {"minutes", result.minutes}};
    return writeOutput((cellFolder(output, cell, seed) / "result.json").string(), json.dump(1) + "\n");
}

std::string reproductionTables(const ReproductionPlan& plan, const fs::path& output) {
    std::string text;
    for (const ReproductionTable& table : plan.tables) {
        text +=
            "## " + table.title +
            "\n\n| Row | seeds | steps | dev WER % | test WER % | step s | paper dev | paper test | paper step s |\n"
            "|---|---|---|---|---|---|---|---|---|\n";
        for (const ReproductionRow& row : table.rows) {
            text += tableRow(plan, output, row);
        }
        text += "\n";
    }
    return text + moduleCostTable();
}

std::string moduleCostTable() {
    const training::Recipe paper = training::parseRecipe("{}", "of the paper").value();
    const auto costs = model::partCosts(paper.model, training::adapterWidth(paper));
    const auto share = [&](model::ModelPart part, double model::PartCost::*kind) {
        double of = 0.0;
        double backbone = 1.0;
        for (const model::PartCost& cost : costs) {
            of = cost.part == part ? cost.*kind : of;
            backbone = cost.part == model::ModelPart::Backbone ? cost.*kind : backbone;
        }
        return 100.0 * of / backbone;
    };
    std::string text = "## Extra computation of the modules, ViT-B/16, percent of the backbone\n\n"
                       "| Module | as drawn | fused | paper |\n|---|---|---|---|\n";
    const auto row = [&text](std::string_view name, double drawn, double fused, const char* stated) {
        std::array<char, 128> line{};
        std::snprintf(line.data(), line.size(), "| %.*s | %.2f | %.2f | %s |\n", static_cast<int>(name.size()),
                      name.data(), drawn, fused, stated);
        text += line.data();
    };
    const std::array<std::pair<model::ModelPart, const char*>, 4> parts{{{model::ModelPart::Adapters, "0.1"},
                                                                         {model::ModelPart::Prefixes, "<0.1"},
                                                                         {model::ModelPart::Aggregation, "1.9"},
                                                                         {model::ModelPart::CrossFrame, "1.0"}}};
    for (const auto& [part, stated] : parts) {
        row(model::partName(part), share(part, &model::PartCost::multiplicationsAsDrawn),
            share(part, &model::PartCost::multiplicationsFused), stated);
    }
    row("All four", 100.0 * model::addedComputation(costs, &model::PartCost::multiplicationsAsDrawn),
        100.0 * model::addedComputation(costs, &model::PartCost::multiplicationsFused), "3.2");
    return text;
}

} // namespace livegloss::cli
