#include "reproduced_cell.h"

#include "base/sha256.h"
#include "output_file.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <vector>

namespace livegloss::cli {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::string sha256Of(const std::string& text) {
    Sha256 sum;
    sum.add(std::as_bytes(std::span(text)));
    return sum.finish();
}

std::string recipeText(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed) {
    return plannedRecipe(plan, cell, seed).dump(1) + "\n";
}

std::string contentsOf(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::optional<double> numberOf(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

Json orNull(const std::optional<double>& value) {
    return value ? Json(*value) : Json();
}

/// The first name of this form that nothing has.
fs::path nameForEarlier(const fs::path& folder) {
    std::error_code ignored;
    for (int number = 1;; ++number) {
        fs::path name = folder;
        name += ".earlier-";
        name += std::to_string(number);
        if (!fs::exists(name, ignored)) {
            return name;
        }
    }
}

} // namespace

fs::path cellFolder(const fs::path& output, const std::string& cell, std::uint64_t seed) {
    return output / (cell + "-seed" + std::to_string(seed));
}

std::string recipeMark(const ReproductionPlan& plan, const std::string& cell, std::uint64_t seed) {
    constexpr const char* measure = "dev by beam search"; // results of another measure are not of this table
    return sha256Of(recipeText(plan, cell, seed) + plan.startMark + measure);
}

std::optional<CellResult> readCell(const fs::path& output, const std::string& cell, std::uint64_t seed) {
    std::ifstream file(cellFolder(output, cell, seed) / "result.json");
    const Json json = Json::parse(file, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    const auto dev = numberOf(json, "dev_wer_percent");
    const auto test = numberOf(json, "test_wer_percent");
    if (!dev || !test) {
        return std::nullopt;
    }
    CellResult result;
    const auto mark = json.find("recipe_sha256");
    result.recipe = mark != json.end() && mark->is_string() ? mark->get<std::string>() : std::string();
    result.testClips = static_cast<int>(numberOf(json, "test_clips").value_or(0.0));
    if (const auto seedOfTest = json.find("test_seed"); seedOfTest != json.end() && seedOfTest->is_number_unsigned()) {
        result.testSeed = seedOfTest->get<std::uint64_t>();
    }
    result.dev = *dev;
    result.devBefore = numberOf(json, "dev_wer_percent_before_adaptation");
    result.test = *test;
    const auto stepSeconds = numberOf(json, "step_seconds");
    result.stepSeconds = stepSeconds && *stepSeconds > 0.0 ? stepSeconds : std::nullopt;
    result.minutes = numberOf(json, "minutes").value_or(0.0);
    result.steps = static_cast<std::int64_t>(numberOf(json, "steps").value_or(0.0));
    return result;
}

std::optional<CellResult> finishedCell(const ReproductionPlan& plan, const fs::path& output, const std::string& cell,
                                       std::uint64_t seed) {
    auto result = readCell(output, cell, seed);
    const bool asPlanned = result && result->testClips == plan.testClips && result->testSeed == plan.testSeed &&
                           result->recipe == recipeMark(plan, cell, seed);
    return asPlanned ? result : std::nullopt;
}

Result<void> writeCell(const fs::path& output, const std::string& cell, std::uint64_t seed, const CellResult& result) {
    const nlohmann::ordered_json json{{"cell", cell},
                                      {"seed", seed},
                                      {"recipe_sha256", result.recipe},
                                      {"steps", result.steps},
                                      {"test_clips", result.testClips},
                                      {"test_seed", result.testSeed},
                                      {"dev_wer_percent_before_adaptation", orNull(result.devBefore)},
                                      {"dev_wer_percent", result.dev},
                                      {"test_wer_percent", result.test},
                                      {"step_seconds", orNull(result.stepSeconds)},
                                      {"minutes", result.minutes}};
    return writeOutput((cellFolder(output, cell, seed) / "result.json").string(), json.dump(1) + "\n");
}

namespace {

/// Whether a half-trained cell started from another file than it would now.
bool beganElsewhere(const fs::path& folder, const Json& recipe) {
    const auto checkpoint = tensorfile::SafetensorsReader::open(folder / "adapt.safetensors");
    if (!checkpoint) {
        return false;
    }
    const auto origin = checkpoint->metadata().find("origin");
    const std::string file = recipe.value("start", recipe.value("backbone", std::string()));
    if (origin == checkpoint->metadata().end() || origin->second.empty() || file.empty()) {
        return false;
    }
    return origin->second != fileSha256(file).value_or(origin->second);
}

} // namespace

Result<std::optional<fs::path>> prepareCell(const ReproductionPlan& plan, const fs::path& output,
                                            const std::string& cell, std::uint64_t seed) {
    const fs::path folder = cellFolder(output, cell, seed);
    const std::string recipe = recipeText(plan, cell, seed);
    std::optional<fs::path> earlier;
    std::error_code problem;
    const bool used = fs::exists(folder, problem) && !fs::is_empty(folder, problem);
    if (used &&
        (contentsOf(folder / "recipe.json") != recipe || beganElsewhere(folder, cellRecipe(plan, cell, seed)))) {
        earlier = nameForEarlier(folder);
        fs::rename(folder, *earlier, problem);
        if (problem) {
            return failure(ErrorCode::WriteFailed,
                           folder.string() +
                               " holds a run of another recipe and cannot be renamed: " + problem.message(),
                           "Choose another folder for --output, or move it away.");
        }
    }
    fs::create_directories(folder, problem);
    if (auto written = writeOutput((folder / "recipe.json").string(), recipe); !written) {
        return tl::unexpected(std::move(written.error()));
    }
    return earlier;
}

TrainingFacts readTrainingFacts(const fs::path& folder) {
    TrainingFacts facts;
    std::map<double, double> seconds; // by step: what a resumed run logged again counts once
    std::ifstream log(folder / "log.jsonl");
    for (std::string line; std::getline(log, line);) {
        const Json entry = Json::parse(line, nullptr, false);
        if (!entry.is_object() || !entry.contains("stage")) {
            continue; // a line that was cut off when the machine stopped
        }
        const Json& stage = entry["stage"];
        const double step = numberOf(entry, "step").value_or(-1.0);
        if (const auto wer = numberOf(entry, "wer_percent"); wer && stage == "adapt-dev" && step == 0.0) {
            facts.devBefore = *wer;
        }
        if (const auto value = numberOf(entry, "step_seconds"); value && stage == "adapt") {
            seconds[step] = *value;
        }
    }
    std::vector<double> sorted;
    for (const auto& [step, value] : seconds) {
        sorted.push_back(value);
    }
    if (!sorted.empty()) {
        std::sort(sorted.begin(), sorted.end());
        facts.stepSeconds = sorted[sorted.size() / 2];
    }
    return facts;
}

} // namespace livegloss::cli
