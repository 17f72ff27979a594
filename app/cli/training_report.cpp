#include "training_report.h"

#include "evaluation/training_chart.h"
#include "output_file.h"
#include "terminal.h"
#ifdef LIVEGLOSS_WITH_MEDIA
#include "drawing_application.h"
#include "ui/sheets/sheet_file.h"
#endif

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using Json = nlohmann::json;

/// A curve by step: what a resumed run logged again counts once.
using StepValues = std::map<double, double>;

evaluation::TrainingCurve curveOf(const std::string& name, const StepValues& values) {
    return {name, {values.begin(), values.end()}};
}

evaluation::TrainingChart readLog(const std::filesystem::path& path) {
    std::map<std::string, StepValues> losses;
    StepValues wer;
    std::ifstream log(path);
    for (std::string line; std::getline(log, line);) {
        const Json entry = Json::parse(line, nullptr, false);
        if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number()) {
            continue; // a line that was cut off when the machine stopped
        }
        const double step = entry["step"];
        const auto add = [&](const char* key, StepValues& values) {
            if (const auto found = entry.find(key); found != entry.end() && found->is_number()) {
                values[step] = *found;
            }
        };
        const std::string stage = entry.value("stage", "");
        if (stage == "adapt") {
            add("sequence_ctc", losses["CTC of the sequence"]);
            add("conv_ctc", losses["CTC of the convolutions"]);
            add("distillation", losses["distillation"]);
        } else if (stage == "adapt-dev") {
            add("wer_percent", wer);
        }
    }
    evaluation::TrainingChart chart;
    chart.title = "Training in " + path.parent_path().string();
    for (const auto& [name, values] : losses) {
        chart.losses.push_back(curveOf(name, values));
    }
    chart.wer = curveOf("word error rate", wer);
    return chart;
}

} // namespace

Result<void> drawTrainingCurves(const std::filesystem::path& workFolder) {
    const std::string svg = evaluation::trainingSvg(readLog(workFolder / "log.jsonl"));
    if (auto written = writeOutput((workFolder / "curves.svg").string(), svg); !written) {
        return written;
    }
#ifdef LIVEGLOSS_WITH_MEDIA
    const DrawingApplication application;
    return ui::saveDrawing(QByteArray::fromStdString(svg),
                           QString::fromStdString((workFolder / "curves.png").string()));
#else
    return {};
#endif
}

void showTraining(training::TrainOptions& options) {
    const auto bar = std::make_shared<ProgressBar>("training");
    options.report = [bar](const std::string& line) {
        bar->clear();
        std::fprintf(stderr, "%s\n", printable(line).c_str());
    };
    if (errorIsTerminal()) {
        options.progress = [bar](const training::TrainProgress& progress) {
            const double share =
                progress.steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.steps) : -1.0;
            bar->update(share, training::progressText(progress));
        };
    }
    options.measured = [folder = options.workFolder, report = options.report] {
        if (const auto drawn = drawTrainingCurves(folder); !drawn) {
            report("the curves could not be drawn: " + drawn.error().message);
        }
    };
}

} // namespace livegloss::cli
