#include "commands.h"
#include "decimal_range.h"

#include "bench_report.h"
#include "bench_run.h"
#ifdef LIVEGLOSS_WITH_MEDIA
#include "bench_stream.h"
#include "engine/threads.h"
#include "recognition_inputs.h"
#include "terminal.h"
#endif

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

namespace livegloss::cli {
namespace {

struct BenchCommandOptions {
    BenchRequest request;
    std::string engines = "both";
    std::string precision = "auto";
    bool json = false;
    int streamMinutes = 0;
    std::string clip;
};

std::vector<BenchSubject> subjectsOf(const std::string& engines) {
    static const std::map<std::string, std::vector<BenchSubject>> subjects{
        {"fast", {BenchSubject::Fast}},
        {"reference", {BenchSubject::Reference}},
        {"both", {BenchSubject::Fast, BenchSubject::Reference}},
        {"all", {BenchSubject::Fast, BenchSubject::Reference, BenchSubject::Plain}}};
    return subjects.at(engines);
}

#ifdef LIVEGLOSS_WITH_MEDIA
void runStreamed(const BenchCommandOptions& options) {
    catchInterrupts();
    engine::setComputeThreads(options.request.threads);
    const bool reference = options.engines == "reference";
    StreamRequest request;
    request.model =
        valueOrFail(benchModel(options.request, {reference ? engine::EngineKind::Reference : engine::EngineKind::Fast,
                                                 reference ? engine::Precision::F32 : options.request.precision}));
    request.clip = options.clip.empty() ? defaultSample() : options.clip;
    request.minutes = options.streamMinutes;
    StreamResult result;
    {
        ProgressBar bar("Streaming");
        request.progress = [&](int done) { bar.update(static_cast<double>(done) / options.streamMinutes, ""); };
        result = runStream(request);
    }
    std::fputs((options.json ? streamJson(result) : streamText(result)).c_str(), stdout);
}
#endif

void run(BenchCommandOptions options) {
    options.request.subjects = subjectsOf(options.engines);
    options.request.precision = engine::precisionNamed(options.precision).value();
#ifdef LIVEGLOSS_WITH_MEDIA
    if (options.streamMinutes > 0) {
        runStreamed(options);
        return;
    }
#endif
    const BenchResult result = valueOrFail(runBench(options.request));
    std::fputs((options.json ? benchJson(result) : benchText(result)).c_str(), stdout);
}

} // namespace

void addBenchCommand(CLI::App& app) {
    auto options = std::make_shared<BenchCommandOptions>();
    CLI::App* command = app.add_subcommand("bench", "Measure how many frames a second this machine encodes.");
    command->add_option("--model", options->request.model, "Model (.safetensors); random weights if not given")
        ->type_name("FILE");
    command
        ->add_option("--config", options->request.config, "sizes of a random model: vit-b16, vit-b32, vit-l14 or demo")
        ->check(CLI::IsMember({"vit-b16", "vit-b32", "vit-l14", "demo"}))
        ->capture_default_str();
    command
        ->add_option("--engine", options->engines,
                     "fast, reference, both, or all: also the plain network as the paper writes it, by LibTorch")
        ->check(CLI::IsMember({"fast", "reference", "both", "all"}))
        ->capture_default_str();
    command->add_option("--precision", options->precision, "of the fast engine: auto, f32, bf16 or int8")
        ->check(CLI::IsMember({"auto", "f32", "bf16", "int8"}))
        ->capture_default_str();
    command->add_option("--threads", options->request.threads, "workers, each on whole frames; 0: one per core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--batch", options->request.batch, "frames handed over at a time; 0: two per worker")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command
        ->add_option("--seconds", options->request.seconds,
                     "time for each engine; the products that the peak is taken from come on top")
        ->check(decimalRange(0.1, 3600.0))
        ->capture_default_str();
    command->add_flag("--attention", options->request.attention, "also measure what attention pictures cost");
#ifdef LIVEGLOSS_WITH_MEDIA
    auto* minutes = command->add_option("--stream-minutes", options->streamMinutes,
                                        "instead: so many minutes of frames through encoder, head and decoder as live "
                                        "recognition does it; time and memory for each minute");
    minutes->check(CLI::Range(1, 1440));
    command
        ->add_option("--clip", options->clip,
                     "for --stream-minutes: video shown in a loop; a bundled sample if not given")
        ->needs(minutes)
        ->type_name("FILE");
#endif
    command->add_flag("--json", options->json, "print one JSON object");
    command->footer(
        "Engines take turns, one batch each, so that other programs slow all of them alike; ratios are more certain "
        "than\n"
        "rates. The error is the relative L2 difference of the frame features from the reference engine's in f32. The\n"
        "peak is that of packed matrix products (197 x 768 by 768 x 3072) in the fast engine's precision, measured "
        "after\n"
        "every batch; an engine's share of it goes by processor time.\n"
        "JSON: machine, model, threads, batch, engines [{engine, frames_per_second, ms_per_frame, cpu_ms_per_frame,\n"
        "gflops, share_of_peak, head_ms_per_window, head_cpu_ms_per_window, relative_error, stages {name: ms}}], "
        "peak_gflops,\n"
        "fast_over_reference, head_fast_over_reference, attention [{name, cpu_ms_per_frame, over_none}], memory.\n"
        "With --stream-minutes: model, clip, fps, minutes [{cpu_ms_per_frame, ms_per_frame, resident_bytes, "
        "glosses}],\n"
        "first and last: medians of three minutes each.\n\n"
        "Examples:\n"
        "  livegloss-cli bench --config vit-b16 --seconds 20\n"
        "  livegloss-cli bench --config vit-b32 --engine fast --json\n"
        "  livegloss-cli bench --model demo.safetensors --engine all --threads 2 --batch 4\n"
        "  livegloss-cli bench --model demo.safetensors --engine fast --stream-minutes 60");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
