#pragma once

#include "base/result.h"
#include "engine/compute.h"
#include "model/adapt_sign.h"

#include <memory>

namespace livegloss::engine {

struct DeviceNetwork;

/// Whether there is such a device. InvalidArgument with what to do where `request` names one that is not.
Result<void> checkDevice(const ComputeRequest& request);

/// `network` on the device that `request` comes to; null: on the processor alone. A device that "auto" found but that
/// cannot take the network, for want of memory say, is passed over; one that was named throws c10::Error.
std::shared_ptr<const DeviceNetwork> networkOnDevice(const model::AdaptSign& network, const ComputeRequest& request);

} // namespace livegloss::engine
