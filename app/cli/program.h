#pragma once

namespace livegloss::cli {

/// The whole command line: reads the arguments, does the work and returns the process's exit code.
int runProgram(int argc, char** argv);

} // namespace livegloss::cli
