#pragma once

namespace livegloss::engine {

/// Threads that one call into the network uses. Set once, before the first model runs; 0 means one per processor core.
/// Affects encoders and heads on every thread.
void setComputeThreads(int threads);
int computeThreads();

} // namespace livegloss::engine
