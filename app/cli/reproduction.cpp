#include "reproduction.h"

#include "base/sha256.h"
#include "model/model_layout.h"
#include "reproduced_cell.h"
#include "step_times.h"
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
        return "-";
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

/// The figures of a row, seed by seed; where one is not known, it is left out.
struct RowFigures {
    std::vector<double> devBefore, dev, test, step;
    std::int64_t steps = 0;
};

RowFigures figuresOf(const ReproductionPlan& plan, const fs::path& output, const ReproductionRow& row) {
    RowFigures figures;
    const auto add = [](std::vector<double>& values, const std::optional<double>& value) {
        if (value) {
            values.push_back(*value);
        }
    };
    for (const std::uint64_t seed : plan.seeds) {
        if (const auto cell = finishedCell(plan, output, row.cell, seed)) {
            add(figures.devBefore, cell->devBefore);
            add(figures.dev, cell->dev);
            add(figures.test, cell->test);
            add(figures.step, cell->stepSeconds);
            figures.steps = std::max(figures.steps, cell->steps);
        }
    }
    return figures;
}

/// Measured in turn with the other cells where that was done, otherwise what the runs logged.
std::string stepText(const std::optional<StepTimes>& times, const std::string& cell, const RowFigures& figures) {
    if (times && times->medians.contains(cell)) {
        return percent(times->medians.at(cell), "%.2f");
    }
    const std::string logged = figures.dev.empty() ? "not run yet" : spread(figures.step, "%.2f");
    return times && !figures.step.empty() ? logged + " (log)" : logged;
}

/// What the tables' column of step times shows.
std::string stepLegend(const std::optional<StepTimes>& times) {
    if (!times) {
        return "Step s: the median of the steps that a cell's runs logged, without waiting for data.";
    }
    std::string text = "Step s: the median of ";
    text.append(std::to_string(times->rounds)).append(" steps without waiting for data, one of each cell in turn, on ");
    text.append(times->machine).append(" with ").append(std::to_string(times->threads)).append(" threads, ");
    return text.append(times->date).append("; \"(log)\": the median of the steps that the cell's runs logged.");
}

std::string tableRow(const ReproductionPlan& plan, const fs::path& output, const ReproductionRow& row,
                     const std::optional<StepTimes>& times) {
    const RowFigures figures = figuresOf(plan, output, row);
    const bool ran = !figures.dev.empty();
    const auto measured = [ran](const std::vector<double>& values, const char* format) {
        return ran ? spread(values, format) : std::string("not run yet");
    };
    std::string text = "| " + row.name;
    for (const std::string& cell :
         {std::to_string(figures.dev.size()) + " of " + std::to_string(plan.seeds.size()),
          ran ? std::to_string(figures.steps) : std::string("-"), measured(figures.devBefore, "%.1f"),
          measured(figures.dev, "%.1f"), measured(figures.test, "%.1f"), stepText(times, row.cell, figures),
          percent(row.paper.dev), percent(row.paper.test), percent(row.paper.stepSeconds, "%.2f")}) {
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
    for (const char* key : {"backbone", "start"}) {
        if (plan.base.contains(key) && plan.base[key].is_string()) {
            plan.startMark = fileSha256(plan.folder / plan.base[key].get<std::string>()).value_or("");
        }
    }
    for (const auto& [name, change] : plan.cells) {
        const auto recipe = training::parseRecipe(cellRecipe(plan, name, 1).dump(), "of the cell " + name);
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

Json plannedRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed) {
    Json recipe = plan.base;
    for (const auto& [name, change] : plan.cells) {
        if (name == cell) {
            recipe.merge_patch(change);
        }
    }
    recipe["seed"] = seed;
    if (plan.steps > 0) {
        recipe["adapt"]["steps"] = plan.steps;
    }
    return recipe;
}

Json cellRecipe(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed) {
    Json recipe = plannedRecipe(plan, cell, seed);
    for (const char* key : {"backbone", "start"}) {
        if (recipe.contains(key) && recipe[key].is_string()) {
            const fs::path file = recipe[key].get<std::string>();
            recipe[key] = file.is_relative() ? (plan.folder / file).string() : file.string();
        }
    }
    return recipe;
}

std::string reproductionTables(const ReproductionPlan& plan, const fs::path& output) {
    const std::optional<StepTimes> times = readStepTimes(output);
    std::string text =
        "Means over the seeds that ran, with the least and the greatest. \"Dev before\": before adaptation, "
        "with only the head trained. Dev WER: the best of all measurements, that one included, decoded "
        "greedily. Test WER: of the model that was best on dev, by beam search, on ";
    text.append(std::to_string(plan.testClips)).append(" sentences. ").append(stepLegend(times));
    text += "\n\n";
    for (const ReproductionTable& table : plan.tables) {
        text += "## " + table.title +
                "\n\n| Row | seeds | steps | dev before % | dev WER % | test WER % | step s | paper dev | paper test | "
                "paper step s |\n|---|---|---|---|---|---|---|---|---|---|\n";
        for (const ReproductionRow& row : table.rows) {
            text += tableRow(plan, output, row, times);
        }
        text += "\n";
    }
    return text + moduleCostTable();
}

std::string moduleCostTable() {
    const training::Recipe paper = training::parseRecipe("{}", "of the paper").value();
    const auto costs = model::partCosts(paper.model, training::adapterWidth(paper, paper.model.width));
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
