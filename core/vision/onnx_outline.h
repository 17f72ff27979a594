#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace livegloss::vision {

/// An input or output of a network.
struct OnnxTensor {
    std::string name;
    std::vector<std::int64_t> shape; ///< -1 where the file leaves it open; empty where it says nothing
};

/// What an ONNX file tells of itself besides its network. OpenCV reads the network, but gives out none of this.
struct OnnxOutline {
    std::vector<OnnxTensor> inputs; ///< without stored weights
    std::vector<OnnxTensor> outputs;
    std::map<std::string, std::string> metadata;
    bool weightsElsewhere = false; ///< in files of their own
    bool branchesOrSparse = false; ///< nodes that hold graphs or sparse weights
};

/// `file`: the whole file. Unreadable where it is not ONNX or not whole, Unsupported where its weights lie elsewhere;
/// `name` is for the message.
Result<OnnxOutline> readOnnxOutline(std::span<const std::uint8_t> file, const std::string& name);

} // namespace livegloss::vision
