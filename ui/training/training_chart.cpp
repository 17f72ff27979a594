#include "ui/training/training_chart.h"

#include <algorithm>
#include <set>

namespace livegloss::ui {

namespace {

using training::StepValues;

constexpr std::size_t mostPoints = 600;
constexpr double usual = 0.95; ///< share of the values that the axis is for: the first losses are far above
constexpr double above = 1.2;

enum Lane { LossLane, QualityLane };

struct Figure {
    const char* stage; ///< of the page
    const char* log;   ///< stage in the log
    const char* key;
    Lane lane;
    double scale;
    const char* onDark;
    const char* onLight;
    QList<qreal> dashes;
};

const std::vector<Figure>& figures() {
    static const std::vector<Figure> all{
        {"adapt", "adapt", "sequence_ctc", LossLane, 1.0, "#ffb347", "#a85b00", {}},
        {"adapt", "adapt", "conv_ctc", LossLane, 1.0, "#6cb4ff", "#0b5cad", {5, 2.5}},
        {"adapt", "adapt", "distillation", LossLane, 1.0, "#4fd1a5", "#00714d", {1.5, 2}},
        {"adapt", "adapt-dev", "wer_percent", QualityLane, 0.01, "#ff8f8f", "#b3261e", {}},
        {"head", "head", "loss", LossLane, 1.0, "#ffb347", "#a85b00", {}},
        {"pretrain", "pretrain", "contrast", LossLane, 1.0, "#ffb347", "#a85b00", {}},
        {"pretrain", "pretrain", "words", LossLane, 1.0, "#6cb4ff", "#0b5cad", {5, 2.5}},
        {"pretrain", "pretrain", "regions", LossLane, 1.0, "#4fd1a5", "#00714d", {1.5, 2}},
        {"pretrain", "pretrain-dev", "in_group", QualityLane, 1.0, "#ff8f8f", "#b3261e", {}},
    };
    return all;
}

QString figureName(const QString& key) {
    static const std::map<QString, const char*> names{
        {QStringLiteral("sequence_ctc"), QT_TRANSLATE_NOOP("TrainingCharts", "CTC of the sequence")},
        {QStringLiteral("conv_ctc"), QT_TRANSLATE_NOOP("TrainingCharts", "CTC of the convolutions")},
        {QStringLiteral("distillation"), QT_TRANSLATE_NOOP("TrainingCharts", "Distillation")},
        {QStringLiteral("wer_percent"), QT_TRANSLATE_NOOP("TrainingCharts", "Word error rate on dev")},
        {QStringLiteral("loss"), QT_TRANSLATE_NOOP("TrainingCharts", "Loss of the head")},
        {QStringLiteral("contrast"), QT_TRANSLATE_NOOP("TrainingCharts", "Contrast of pictures and captions")},
        {QStringLiteral("words"), QT_TRANSLATE_NOOP("TrainingCharts", "Contrast of single words")},
        {QStringLiteral("regions"), QT_TRANSLATE_NOOP("TrainingCharts", "Contrast of hands and face")},
        {QStringLiteral("in_group"), QT_TRANSLATE_NOOP("TrainingCharts", "Right captions in a group")},
    };
    return TrainingCharts::tr(names.at(key));
}

/// Each of the means stands at the last of its steps.
StepValues thinned(const StepValues& values) {
    const std::size_t each = (values.size() + mostPoints - 1) / mostPoints;
    if (each <= 1) {
        return values;
    }
    StepValues means;
    double sum = 0.0;
    std::size_t count = 0;
    for (auto value = values.begin(); value != values.end(); ++value) {
        sum += value->second;
        if (++count == each || std::next(value) == values.end()) {
            means[value->first] = sum / static_cast<double>(count);
            sum = 0.0;
            count = 0;
        }
    }
    return means;
}

double roundUp(double value) {
    double step = 1e-3;
    while (step < value) {
        for (const double factor : {2.0, 2.5, 2.0}) {
            step *= factor;
            if (step >= value) {
                break;
            }
        }
    }
    return step;
}

double highOf(const std::vector<StepValues>& curves) {
    std::vector<double> all;
    for (const StepValues& curve : curves) {
        for (const auto& [step, value] : curve) {
            all.push_back(value);
        }
    }
    if (all.empty()) {
        return 1.0;
    }
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(usual * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), place, all.end());
    return roundUp(std::max(1e-3, *place * above));
}

} // namespace

TimeChart TrainingCharts::chart(const training::RunHistory& history, const QString& stage, bool dark) {
    TimeChart chart;
    chart.counts = true;
    std::vector<std::pair<const Figure*, StepValues>> shown;
    std::vector<StepValues> losses;
    double mostWrong = 1.0;
    std::set<std::int64_t> steps;
    for (const Figure& figure : figures()) {
        const StepValues* values =
            stage == QLatin1String(figure.stage) ? history.find(figure.log, figure.key) : nullptr;
        if (values == nullptr) {
            continue;
        }
        shown.emplace_back(&figure, thinned(*values));
        for (const auto& [step, value] : shown.back().second) {
            steps.insert(step);
            mostWrong = figure.lane == QualityLane ? std::max(mostWrong, value * figure.scale) : mostWrong;
        }
        if (figure.lane == LossLane) {
            losses.push_back(shown.back().second);
        }
    }
    for (const std::int64_t step : steps) {
        chart.times.push_back(fromSeconds(static_cast<double>(step)));
    }
    chart.lanes = {{tr("Losses"), highOf(losses), false, 3},
                   {stage == QLatin1String("pretrain") ? figureName(QStringLiteral("in_group"))
                                                       : figureName(QStringLiteral("wer_percent")),
                    mostWrong, true, 2}};
    const bool quality = std::ranges::any_of(shown, [](const auto& one) { return one.first->lane == QualityLane; });
    if (!quality && stage == QLatin1String("head")) {
        chart.lanes.removeLast();
    }
    for (const auto& [figure, values] : shown) {
        ChartCurve curve;
        curve.name = figureName(QLatin1String(figure->key));
        curve.colour = QColor(QLatin1String(dark ? figure->onDark : figure->onLight));
        curve.dashes = figure->dashes;
        curve.lane = figure->lane;
        curve.joined = true;
        for (const std::int64_t step : steps) {
            const auto value = values.find(step);
            curve.values.push_back(value == values.end()
                                       ? std::nullopt
                                       : std::optional(static_cast<float>(value->second * figure->scale)));
        }
        chart.curves.append(curve);
    }
    return chart;
}

TimeRange TrainingCharts::extent(const TimeChart& chart) {
    const MediaTime least = fromSeconds(1.0);
    return {MediaTime{0}, chart.times.empty() ? least : std::max(least, chart.times.back())};
}

QStringList TrainingCharts::stages(const training::RunHistory& history) {
    QStringList found;
    for (const std::string& stage : history.stages()) {
        const QString name = QString::fromStdString(stage).section(QLatin1Char('-'), 0, 0);
        if (!found.contains(name)) {
            found.append(name);
        }
    }
    return found;
}

QString TrainingCharts::stageName(const QString& stage) {
    if (stage == QLatin1String("pretrain")) {
        return tr("Pre-training");
    }
    if (stage == QLatin1String("head")) {
        return tr("Head alone");
    }
    return tr("Adaptation");
}

std::vector<Measurement> measurementsOf(const training::RunHistory& history) {
    std::vector<Measurement> found;
    const StepValues* wers = history.find("adapt-dev", "wer_percent");
    if (wers == nullptr) {
        return found;
    }
    const StepValues* epochs = history.find("adapt", "epoch");
    std::size_t best = 0;
    for (const auto& [step, wer] : *wers) {
        Measurement measurement;
        measurement.step = step;
        measurement.werPercent = wer;
        // The log has the epoch of steps just before a measurement.
        if (epochs != nullptr && !epochs->empty()) {
            const auto after = epochs->upper_bound(step);
            if (after != epochs->begin() && std::prev(after)->first > 0) {
                const auto& [known, epoch] = *std::prev(after);
                measurement.epoch = epoch * static_cast<double>(step) / static_cast<double>(known);
            }
        }
        found.push_back(measurement);
        // As the trainer keeps models: of equal ones the first, once anything is recognised.
        const double least = found[best].werPercent;
        if (wer < least || (wer == least && wer >= 100.0)) {
            best = found.size() - 1;
        }
    }
    if (!found.empty()) {
        found[best].best = true;
    }
    return found;
}

} // namespace livegloss::ui
