#pragma once

#include "protocol_message.h"

#include <string>

namespace livegloss::vision {

/// What is known of a stored tensor once it was checked.
struct StoredTensor {
    std::string name;
    bool elsewhere = false; ///< its numbers lie in another file
};

/// Reads a stored tensor (TensorProto); nothing where its numbers are not exactly those that its sizes and its type
/// ask for: OpenCV reads as many without looking.
std::optional<StoredTensor> readStoredTensor(wire::Bytes bytes);

} // namespace livegloss::vision
