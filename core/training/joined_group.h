#pragma once

#include "worker_group.h"

namespace livegloss::training {

/// Joins this process with those that meet at `address`, by gloo. Throws std::exception where they do not come.
std::unique_ptr<WorkerGroup> joinProcesses(const std::string& address, int port, int rank, int size);

} // namespace livegloss::training
