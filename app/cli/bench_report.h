#pragma once

#include "bench_run.h"

namespace livegloss::cli {

std::string benchText(const BenchResult& result);
std::string benchJson(const BenchResult& result);

} // namespace livegloss::cli
