#pragma once

namespace livegloss {

/// How far long work stands behind drawing: five steps of the scheduler's nice scale.
inline constexpr int kWorkNiceness = 5;

/// Lets the calling thread, and the threads that it will start, give way to those that draw and read pictures. Where
/// the system has no priority per thread nothing changes. False where the system refused.
bool giveWayToDrawing();

} // namespace livegloss
