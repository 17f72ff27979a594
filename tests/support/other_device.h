#pragma once

#include <string>
#include <torch/torch.h>

namespace livegloss::test {

/// Adds a device of LibTorch for tests and returns its name, such as "xpu:0". It computes with LibTorch's kernels for
/// the processor, but keeps apart from it as a graphics card does: its memory can only be read through a copy, whatever
/// else does ends the process, and no operator takes tensors of it beside tensors of the processor, single numbers and
/// indices aside.
std::string addOtherDevice();

/// Operators that it has computed so far.
std::int64_t otherDeviceOperators();

} // namespace livegloss::test
