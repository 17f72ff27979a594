#include "bench_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace livegloss::cli {
namespace {

using json = nlohmann::json;

const char* subjectName(BenchSubject subject) {
    switch (subject) {
    case BenchSubject::Fast:
        return "fast";
    case BenchSubject::Reference:
        return "reference";
    case BenchSubject::Plain:
        break;
    }
    return "plain";
}

template <class... Values>
void append(std::string& text, const char* format, Values... values) {
    char line[256];
    std::snprintf(line, sizeof line, format, values...);
    text += line;
}

double megabytes(std::size_t bytes) {
    return static_cast<double>(bytes) / 1e6;
}

} // namespace

std::string benchText(const BenchResult& result) {
    std::string text;
    append(text, "Machine    %s (%s), %d workers\n", result.processor.c_str(), result.instructions.c_str(),
           result.threads);
    append(text, "Model      %s, %.2f GFLOP per frame, %d frames at a time\n", result.model.c_str(),
           result.gflopPerFrame, result.batch);
    if (result.peakGflops > 0.0) {
        append(text, "Peak       %.1f GFLOP/s in packed matrix products on all workers, in turn with the engines\n",
               result.peakGflops);
    }
    text += "\nEngine      frames/s   ms/frame  cpu ms/frame   GFLOP/s  of peak  head cpu ms/window  relative error\n";
    for (const SubjectResult& subject : result.subjects) {
        append(text, "%-10s %9.2f %10.1f %13.1f %9.1f", subjectName(subject.subject), subject.framesPerSecond,
               subject.msPerFrame, subject.cpuMsPerFrame, subject.gflops);
        subject.shareOfPeak ? append(text, " %7.0f%%", 100.0 * *subject.shareOfPeak) : append(text, " %8s", "-");
        subject.head ? append(text, " %19.1f", subject.head->processorMs) : append(text, " %19s", "-");
        subject.relativeError ? append(text, " %15.1e\n", *subject.relativeError) : append(text, " %15s\n", "-");
    }
    if (result.ratioToReference > 0.0) {
        append(text, "\nFast over reference, processor time: %.2f\n", result.ratioToReference);
    }
    if (result.ratioToPlain > 0.0) {
        append(text, "Fast over plain, processor time:     %.2f\n", result.ratioToPlain);
    }
    if (result.headRatio > 0.0) {
        append(text, "Temporal head, fast over reference:  %.2f\n", result.headRatio);
    }
    for (const SubjectResult& subject : result.subjects) {
        if (!subject.stages.empty()) {
            append(text, "\nStages of the %s engine, ms of processor time per frame\n", subjectName(subject.subject));
            for (const engine::StageTime& stage : subject.stages) {
                append(text, "  %-16s %8.2f\n", stage.name.c_str(), stage.seconds * 1000.0);
            }
        }
    }
    if (!result.attention.empty()) {
        text += "\nAttention              cpu ms/frame   over none\n";
        for (const AttentionCost& cost : result.attention) {
            append(text, "  %-22s %10.1f %10.1f%%\n", cost.name.c_str(), cost.cpuMsPerFrame,
                   100.0 * (cost.overNone - 1.0));
        }
    }
    append(text, "\nMemory     %.0f MB packed weights, %.0f MB at the peak of the whole run\n",
           megabytes(result.packedBytes), megabytes(result.peakMemoryBytes));
    for (const SubjectResult& subject : result.subjects) {
        text.append(subjectName(subject.subject)).append(": ").append(subject.description).append("\n");
    }
    return text;
}

std::string benchJson(const BenchResult& result) {
    json engines = json::array();
    for (const SubjectResult& subject : result.subjects) {
        json stages = json::object();
        for (const engine::StageTime& stage : subject.stages) {
            stages[stage.name] = stage.seconds * 1000.0;
        }
        engines.push_back({{"engine", subjectName(subject.subject)},
                           {"description", subject.description},
                           {"frames", subject.frames},
                           {"frames_per_second", subject.framesPerSecond},
                           {"ms_per_frame", subject.msPerFrame},
                           {"cpu_ms_per_frame", subject.cpuMsPerFrame},
                           {"gflops", subject.gflops},
                           {"share_of_peak", subject.shareOfPeak ? json(*subject.shareOfPeak) : json()},
                           {"head_ms_per_window", subject.head ? json(subject.head->wallMs) : json()},
                           {"head_cpu_ms_per_window", subject.head ? json(subject.head->processorMs) : json()},
                           {"relative_error", subject.relativeError ? json(*subject.relativeError) : json()},
                           {"stages", stages}});
    }
    json attention = json::array();
    for (const AttentionCost& cost : result.attention) {
        attention.push_back(
            {{"name", cost.name}, {"cpu_ms_per_frame", cost.cpuMsPerFrame}, {"over_none", cost.overNone}});
    }
    const json all{{"machine", {{"processor", result.processor}, {"instructions", result.instructions}}},
                   {"model", result.model},
                   {"threads", result.threads},
                   {"batch", result.batch},
                   {"frames_per_second", result.subjects.empty() ? 0.0 : result.subjects.front().framesPerSecond},
                   {"gflop_per_frame", result.gflopPerFrame},
                   {"peak_gflops", result.peakGflops},
                   {"engines", engines},
                   {"fast_over_reference", result.ratioToReference > 0.0 ? json(result.ratioToReference) : json()},
                   {"fast_over_plain", result.ratioToPlain > 0.0 ? json(result.ratioToPlain) : json()},
                   {"head_fast_over_reference", result.headRatio > 0.0 ? json(result.headRatio) : json()},
                   {"attention", attention},
                   {"memory", {{"packed_bytes", result.packedBytes}, {"peak_bytes", result.peakMemoryBytes}}}};
    return all.dump(2) + "\n";
}

} // namespace livegloss::cli
