#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "vision/preprocess.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace livegloss::vision {

enum class BodyPart { Hand, Face };

/// A hand or a face that was found.
struct FoundPart {
    BodyPart part = BodyPart::Hand;
    Region box; ///< in fractions of the frame, cut to it
    float score = 0.0F;
};

/// Finds hands and faces by a network that a person supplies. One thread at a time.
class PartDetector {
public:
    virtual ~PartDetector() = default;
    /// Whether the network knows this part at all.
    virtual bool finds(BodyPart part) const = 0;
    /// At most the two surest hands and the surest face, hands first. Unreadable where the network fails.
    virtual Result<std::vector<FoundPart>> find(const Frame& frame) = 0;
};

/// Opens an ONNX file in one of the layouts of docs/attention.md, "A detector of your own", and runs it once on an
/// empty picture. Settings that the file does not hold come from NAME.json beside NAME.onnx. NotFound, Unreadable where
/// the file or its settings are broken, Unsupported where its outputs mean something else, InvalidArgument where no
/// class of it is a hand or a face.
Result<std::unique_ptr<PartDetector>> openPartDetector(const std::filesystem::path& file);

} // namespace livegloss::vision
