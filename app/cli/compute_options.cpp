#include "compute_options.h"

#include "engine/default_compute.h"
#include "engine/threads.h"

#include <CLI/CLI.hpp>

namespace livegloss::cli {

void addComputeOptions(CLI::App& command) {
    command
        .add_option_function<std::string>(
            "--engine",
            [](const std::string& name) {
                engine::ComputeRequest request = engine::defaultCompute();
                request.engine = engine::engineNamed(name).value();
                engine::setDefaultCompute(request);
            },
            "fast, or reference: LibTorch in f32")
        ->check(CLI::IsMember({"fast", "reference"}))
        ->default_str("fast");
    command
        .add_option_function<std::string>(
            "--precision",
            [](const std::string& name) {
                engine::ComputeRequest request = engine::defaultCompute();
                request.precision = engine::precisionNamed(name).value();
                engine::setDefaultCompute(request);
            },
            "of the fast engine: auto (int8 where processor and model are made for it, else bf16 where the processor "
            "has "
            "AMX, else f32), f32, bf16 or int8 (needs scales in the model, see quantize)")
        ->check(CLI::IsMember({"auto", "f32", "bf16", "int8"}))
        ->default_str("auto");
    command
        .add_option_function<std::string>(
            "--device",
            [](const std::string& name) {
                engine::ComputeRequest request = engine::defaultCompute();
                request.device = name;
                engine::setDefaultCompute(request);
            },
            "of the encoder: auto (a CUDA device where there is one, else the CPU), cpu, cuda, cuda:N, or torch: and "
            "a\n"
            "device name of LibTorch")
        ->default_str("auto");
    command
        .add_option_function<int>(
            "--threads", [](int threads) { engine::setComputeThreads(threads); },
            "threads that compute; 0: one per core")
        ->check(CLI::Range(0, 1024))
        ->default_str("0");
}

} // namespace livegloss::cli
