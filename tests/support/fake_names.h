#pragma once

#include <string>

namespace livegloss::test {

// Stand-ins for the C library's look-up of computers' names, for the program and every library in it: "camera.test" is
// this computer, every other name that is not a number is unknown. Link with ENABLE_EXPORTS.

/// From the next look-up of a name that is no number on, `answered` are answered at once and all later ones wait until
/// releaseNames().
void holdNamesAfter(int answered);
/// Lets the waiting look-ups go on and later ones pass.
void releaseNames();
/// Look-ups of names that are no numbers, since the last holdNamesAfter() or releaseNames().
int namesLookedUp();

} // namespace livegloss::test
