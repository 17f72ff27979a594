#include "training_report.h"

#include "evaluation/training_chart.h"
#include "event_output.h"
#include "output_file.h"
#include "terminal.h"
#include "training/run_history.h"
#ifdef LIVEGLOSS_WITH_MEDIA
#include "drawing_application.h"
#include "ui/sheets/sheet_file.h"
#endif

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

evaluation::TrainingCurve curveOf(const std::string& name, const training::StepValues* values) {
    evaluation::TrainingCurve curve{name, {}};
    for (const auto& [step, value] : values == nullptr ? training::StepValues() : *values) {
        curve.points.emplace_back(static_cast<double>(step), value);
    }
    return curve;
}

evaluation::TrainingChart readLog(const std::filesystem::path& path) {
    training::RunHistory history(path);
    history.update();
    evaluation::TrainingChart chart;
    chart.title = "Training in " + path.parent_path().string();
    for (const auto& [key, name] :
         {std::pair{"conv_ctc", "CTC of the convolutions"}, std::pair{"sequence_ctc", "CTC of the sequence"},
          std::pair{"distillation", "distillation"}}) {
        if (const training::StepValues* values = history.find("adapt", key)) {
            chart.losses.push_back(curveOf(name, values));
        }
    }
    chart.wer = curveOf("word error rate", history.find("adapt-dev", "wer_percent"));
    return chart;
}

nlohmann::ordered_json progressEvent(const training::TrainProgress& progress) {
    nlohmann::ordered_json event{{"event", "progress"},
                                 {"stage", progress.stage},
                                 {"step", progress.step},
                                 {"steps", progress.steps},
                                 {"epoch", progress.epoch},
                                 {"epochs", progress.epochs},
                                 {"losses", nlohmann::ordered_json::object()},
                                 {"rate", progress.rate},
                                 {"wer_percent", nullptr},
                                 {"best_wer_percent", nullptr},
                                 {"skipped", progress.skipped},
                                 {"seconds_left", progress.secondsLeft}};
    for (const auto& [name, value] : progress.losses) {
        event["losses"][name] = value;
    }
    if (progress.werPercent >= 0.0) {
        event["wer_percent"] = progress.werPercent;
        event["best_wer_percent"] = progress.bestWerPercent;
    }
    return event;
}

std::function<void()> drawCurves(const training::TrainOptions& options) {
    return [folder = options.workFolder, report = options.report] {
        if (const auto drawn = drawTrainingCurves(folder); !drawn) {
            report("the curves could not be drawn: " + drawn.error().message);
        }
    };
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
    const auto bar = std::make_shared<ProgressBar>("training", ProgressBar::Time::InDetail);
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
    options.measured = drawCurves(options);
}

void tellTraining(training::TrainOptions& options) {
    options.report = [](const std::string& line) { writeEvent({{"event", "message"}, {"text", line}}); };
    options.progress = [throttle = std::make_shared<Throttle>()](const training::TrainProgress& progress) {
        if (throttle->due() || progress.step == progress.steps) {
            writeEvent(progressEvent(progress));
        }
    };
    options.measured = [draw = drawCurves(options)] {
        draw();
        writeEvent({{"event", "measured"}});
    };
}

void tellEnd(const training::TrainOutcome& outcome, const std::filesystem::path& workFolder) {
    nlohmann::ordered_json event{{"event", "end"},
                                 {"finished", outcome.finished},
                                 {"steps", outcome.steps},
                                 {"skipped", outcome.skipped},
                                 {"best_wer_percent", nullptr},
                                 {"work", workFolder.string()}};
    if (outcome.bestWer >= 0.0) {
        event["best_wer_percent"] = outcome.bestWer;
    }
    writeEvent(event);
}

} // namespace livegloss::cli
