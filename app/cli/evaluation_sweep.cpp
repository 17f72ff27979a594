#include "evaluation_sweep.h"

#include "evaluation/tradeoff_chart.h"
#include "output_file.h"
#include "report_output.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

/// The figures of one setting.
struct SweepRow {
    OnlineSetting setting;
    evaluation::ErrorCounts counts;
    evaluation::DelayReport delays;
    bool timed = false; ///< the moments of the signs are known, and some were recognised
    double revisionsPer100 = 0.0;
    double msPerDecode = 0.0;
};

SweepRow rowOf(const OnlineScores& scores) {
    SweepRow row;
    row.setting = scores.setting;
    row.counts = evaluation::scoreCorpus(scores.utterances).total;
    row.delays = scores.delays.report();
    row.timed = row.delays.matched > 0;
    const auto words = static_cast<double>(std::max<std::int64_t>(1, row.counts.referenceWords));
    row.revisionsPer100 = 100.0 * scores.revisions / words;
    row.msPerDecode = scores.decodes == 0 ? 0.0 : 1e3 * scores.decodeSeconds / static_cast<double>(scores.decodes);
    return row;
}

std::string csvOf(const std::vector<OnlineScores>& scores) {
    std::string text = "window_frames,stride_frames,stability,wer_percent,substitutions,deletions,insertions,"
                       "reference_words,commit_median_s,commit_p95_s,provisional_median_s,missed,revisions_per_100,"
                       "ms_per_decode\n";
    for (const OnlineScores& score : scores) {
        const SweepRow row = rowOf(score);
        char line[256];
        std::snprintf(line, sizeof line, "%d,%d,%d,%.3f,%lld,%lld,%lld,%lld,", row.setting.windowFrames,
                      row.setting.strideFrames, row.setting.stability, row.counts.werPercent(),
                      static_cast<long long>(row.counts.substitutions), static_cast<long long>(row.counts.deletions),
                      static_cast<long long>(row.counts.insertions), static_cast<long long>(row.counts.referenceWords));
        text.append(line);
        if (row.timed) {
            std::snprintf(line, sizeof line, "%.3f,%.3f,%.3f,", row.delays.committed.medianSeconds,
                          row.delays.committed.percentile95Seconds, row.delays.provisional.medianSeconds);
        } else {
            std::snprintf(line, sizeof line, ",,,");
        }
        text.append(line);
        text.append(score.delays.signs() > 0 ? std::to_string(row.delays.missed) : "").append(",");
        std::snprintf(line, sizeof line, "%.2f,%.3f\n", row.revisionsPer100, row.msPerDecode);
        text.append(line);
    }
    return text;
}

evaluation::TradeoffChart chartOf(const std::vector<OnlineScores>& scores, double offlineWerPercent) {
    evaluation::TradeoffChart chart;
    chart.offlineWerPercent = offlineWerPercent;
    for (const OnlineScores& score : scores) {
        const SweepRow row = rowOf(score);
        chart.points.push_back({row.setting.windowFrames, row.setting.strideFrames, row.counts.werPercent(),
                                row.timed ? std::optional(row.delays.committed.medianSeconds) : std::nullopt});
    }
    return chart;
}

} // namespace

void addSweepOptions(CLI::App& command, SweepOptions& options) {
    CLI::Option* sweep = command.add_flag("--sweep", options.enabled,
                                          "score live recognition with every pair of --windows and --strides");
    command.add_option("--windows", options.windows, "with --sweep: frames, such as 32,64,96")
        ->delimiter(',')
        ->check(CLI::Range(16, 4096))
        ->needs(sweep)
        ->capture_default_str();
    command.add_option("--strides", options.strides, "with --sweep: frames, such as 4,8,16")
        ->delimiter(',')
        ->check(CLI::Range(1, 1024))
        ->needs(sweep)
        ->capture_default_str();
    command.add_option("--csv", options.csv, "with --sweep: file for the table")->needs(sweep);
    command.add_option("--plot", options.plot, "with --sweep: file for the curves (.svg)")->needs(sweep);
}

std::vector<OnlineSetting> sweepSettings(const SweepOptions& options, const OnlineSetting& base) {
    std::vector<OnlineSetting> settings;
    for (const int window : options.windows) {
        for (const int stride : options.strides) {
            OnlineSetting setting = base;
            setting.windowFrames = window;
            setting.strideFrames = stride;
            settings.push_back(setting);
        }
    }
    return settings;
}

std::string sweepTable(const std::vector<OnlineScores>& scores) {
    std::string text = "window  stride   WER %    sub    del    ins   commit s   95 % s   taken back   ms per\n"
                       "frames  frames                              median              per 100   decode\n";
    for (const OnlineScores& score : scores) {
        const SweepRow row = rowOf(score);
        char line[200];
        std::snprintf(line, sizeof line, "%6d  %6d  %6.2f %6lld %6lld %6lld", row.setting.windowFrames,
                      row.setting.strideFrames, row.counts.werPercent(),
                      static_cast<long long>(row.counts.substitutions), static_cast<long long>(row.counts.deletions),
                      static_cast<long long>(row.counts.insertions));
        text.append(line);
        if (row.timed) {
            std::snprintf(line, sizeof line, "   %8.2f %8.2f", row.delays.committed.medianSeconds,
                          row.delays.committed.percentile95Seconds);
        } else {
            std::snprintf(line, sizeof line, "   %8s %8s", "-", "-");
        }
        text.append(line);
        std::snprintf(line, sizeof line, "   %10.1f %8.2f\n", row.revisionsPer100, row.msPerDecode);
        text.append(line);
    }
    return text;
}

nlohmann::ordered_json sweepJson(const std::vector<OnlineScores>& scores) {
    auto list = nlohmann::ordered_json::array();
    for (const OnlineScores& score : scores) {
        const SweepRow row = rowOf(score);
        nlohmann::ordered_json entry{{"window_frames", row.setting.windowFrames},
                                     {"stride_frames", row.setting.strideFrames},
                                     {"stability", row.setting.stability}};
        entry.update(errorJson(row.counts));
        entry["revisions"] = score.revisions;
        if (score.delays.signs() > 0) {
            entry["delays"] = delayJson(row.delays);
        }
        entry["ms_per_decode"] = std::round(row.msPerDecode * 1e3) / 1e3;
        list.push_back(std::move(entry));
    }
    return list;
}

Result<void> writeSweep(const SweepOptions& options, const std::vector<OnlineScores>& scores,
                        double offlineWerPercent) {
    if (!options.csv.empty()) {
        if (auto written = writeOutput(options.csv, csvOf(scores)); !written) {
            return written;
        }
    }
    return options.plot.empty() ? Result<void>()
                                : writeOutput(options.plot, evaluation::chartSvg(chartOf(scores, offlineWerPercent)));
}

} // namespace livegloss::cli
