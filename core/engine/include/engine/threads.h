#pragma once

namespace livegloss::engine {

/// Threads that an encoder made from now on uses for the frames of one push(); 0 means one per processor core, which is
/// also what the first model to load chooses. LibTorch and OpenBLAS are set to one thread each for the whole process:
/// whole frames side by side are as fast as threads inside every operation, and suffer far less on a busy machine.
void setComputeThreads(int threads);
int computeThreads();

} // namespace livegloss::engine
