#include "vision/part_detector.h"

#include "detector_boxes.h"
#include "detector_settings.h"
#include "onnx_outline.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <fstream>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <system_error>

namespace livegloss::vision {

namespace {

namespace fs = std::filesystem;

constexpr double kBorderGrey = 114.0; // what detectors are trained with beside the picture
constexpr int kMostHands = 2;
constexpr int kMostFaces = 1;
constexpr int kMostCompared = 300; ///< of a part; the surest
constexpr std::uintmax_t kLargestFile = 1U << 30;

/// OpenCV writes what it cannot read to the terminal as well as throwing it.
class QuietOpenCv {
public:
    QuietOpenCv() : before_(cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT)) {}
    ~QuietOpenCv() { cv::utils::logging::setLogLevel(before_); }
    QuietOpenCv(const QuietOpenCv&) = delete;
    QuietOpenCv& operator=(const QuietOpenCv&) = delete;

private:
    cv::utils::logging::LogLevel before_;
};

/// What OpenCV says is wrong, on one line.
std::string reasonOf(const std::exception& problem) {
    constexpr std::size_t most = 300;
    const auto* own = dynamic_cast<const cv::Exception*>(&problem);
    std::string reason = own != nullptr ? own->err : problem.what();
    reason.resize(std::min({reason.size(), reason.find('\n'), most}));
    return reason;
}

/// Where the frame lies in the network's picture: as large as fits, in the middle.
struct Letterbox {
    cv::Rect place;

    Letterbox(const Frame& frame, int width, int height) {
        const double scale =
            std::min(static_cast<double>(width) / frame.width, static_cast<double>(height) / frame.height);
        const auto side = [scale](int size, int most) {
            return std::clamp(static_cast<int>(std::lround(size * scale)), 1, most);
        };
        place.width = side(frame.width, width);
        place.height = side(frame.height, height);
        place.x = (width - place.width) / 2;
        place.y = (height - place.height) / 2;
    }
    /// Back to fractions of the frame, cut to it.
    Region regionOf(const cv::Rect2d& box) const {
        const auto share = [](double at, int begin, int size) { return std::clamp((at - begin) / size, 0.0, 1.0); };
        const double left = share(box.x, place.x, place.width);
        const double top = share(box.y, place.y, place.height);
        return {left, top, share(box.x + box.width, place.x, place.width) - left,
                share(box.y + box.height, place.y, place.height) - top};
    }
};

DetectorOutput outputOf(const cv::Mat& blob) {
    DetectorOutput output;
    for (int i = 0; i < blob.dims; ++i) {
        output.shape.push_back(blob.size[i]);
    }
    if (blob.depth() == CV_32F && blob.isContinuous()) {
        output.values = std::span(blob.ptr<float>(), blob.total());
    }
    return output;
}

/// The surest boxes of one part that do not overlap too much.
std::vector<FoundPart> surest(const std::vector<BoxCandidate>& candidates, bool faces, const Letterbox& letterbox,
                              const DetectorSettings& settings) {
    std::vector<cv::Rect2d> boxes;
    std::vector<float> scores;
    for (const BoxCandidate& candidate : candidates) {
        if (candidate.isFace == faces) {
            boxes.emplace_back(candidate.left, candidate.top, candidate.width, candidate.height);
            scores.push_back(candidate.score);
        }
    }
    std::vector<int> kept;
    cv::dnn::NMSBoxes(boxes, scores, 0.0F, static_cast<float>(settings.mostOverlap), kept, 1.0F, kMostCompared);
    std::vector<FoundPart> found;
    for (const int index : kept) {
        const auto place = static_cast<std::size_t>(index);
        const Region region = letterbox.regionOf(boxes[place]);
        if (static_cast<int>(found.size()) < (faces ? kMostFaces : kMostHands) && region.width > 0.0 &&
            region.height > 0.0) {
            found.push_back({faces ? BodyPart::Face : BodyPart::Hand, region, scores[place]});
        }
    }
    return found;
}

class OnnxPartDetector final : public PartDetector {
public:
    OnnxPartDetector(std::string name, cv::dnn::Net net, DetectorSettings settings, BoxLayout layout)
        : name_(std::move(name)), net_(std::move(net)), settings_(std::move(settings)), layout_(layout) {}

    bool finds(BodyPart part) const override {
        return layout_ == BoxLayout::FaceGrids ? part == BodyPart::Face
               : part == BodyPart::Face        ? !settings_.faces.empty()
                                               : !settings_.hands.empty();
    }

    /// Once, on an empty picture: what does not work is known where the file is chosen.
    Result<void> tryOut() {
        Frame empty;
        empty.width = settings_.width;
        empty.height = settings_.height;
        empty.rgb.assign(static_cast<std::size_t>(empty.width) * static_cast<std::size_t>(empty.height) * 3, 0);
        const QuietOpenCv quiet;
        auto outputs = run(empty, Letterbox(empty, settings_.width, settings_.height));
        if (!outputs) {
            return tl::unexpected(std::move(outputs.error()));
        }
        if (layout_ != BoxLayout::FaceGrids) {
            auto layout = layoutOf(outputs->front().shape, settings_, name_);
            if (!layout) {
                return tl::unexpected(std::move(layout.error()));
            }
            layout_ = *layout;
        }
        shapes_.clear();
        for (const DetectorOutput& output : *outputs) {
            shapes_.push_back(output.shape);
        }
        const bool fits =
            layout_ == BoxLayout::FaceGrids ? fitFaceGrids(*outputs, settings_) : !outputs->front().values.empty();
        return fits ? Result<void>{}
                    : failure(ErrorCode::Unsupported, name_ + ": its outputs do not have the sizes or kind expected",
                              "Export the detector with outputs of 32-bit floats for the size of its input.");
    }

    Result<std::vector<FoundPart>> find(const Frame& frame) override {
        const Letterbox letterbox(frame, settings_.width, settings_.height);
        auto outputs = run(frame, letterbox);
        if (!outputs) {
            return tl::unexpected(std::move(outputs.error()));
        }
        const std::vector<BoxCandidate> candidates = layout_ == BoxLayout::FaceGrids
                                                         ? readFaceGrids(*outputs, settings_)
                                                         : readBoxes(outputs->front(), layout_, settings_);
        std::vector<FoundPart> found = surest(candidates, false, letterbox, settings_);
        std::ranges::move(surest(candidates, true, letterbox, settings_), std::back_inserter(found));
        return found;
    }

private:
    /// Valid until the next run.
    Result<std::vector<DetectorOutput>> run(const Frame& frame, const Letterbox& letterbox) {
        try {
            const cv::Mat rgb(frame.height, frame.width, CV_8UC3, const_cast<std::uint8_t*>(frame.rgb.data()));
            picture_.create(settings_.height, settings_.width, CV_8UC3);
            picture_.setTo(cv::Scalar::all(kBorderGrey));
            cv::resize(rgb, picture_(letterbox.place), letterbox.place.size(), 0.0, 0.0,
                       letterbox.place.width < frame.width ? cv::INTER_AREA : cv::INTER_LINEAR);
            net_.setInput(cv::dnn::blobFromImage(picture_, settings_.scale, {}, {}, settings_.bgr));
            net_.forward(blobs_, names());
        } catch (const std::exception& problem) {
            return failure(ErrorCode::Unreadable, "OpenCV cannot run " + name_ + ": " + reasonOf(problem),
                           "Export the detector for OpenCV, with a fixed input size and without post-processing.");
        }
        std::vector<DetectorOutput> outputs;
        for (std::size_t i = 0; i < blobs_.size(); ++i) {
            outputs.push_back(outputOf(blobs_[i]));
            const bool changed = i < shapes_.size() && outputs.back().shape != shapes_[i];
            if (changed) {
                return failure(ErrorCode::Unreadable, name_ + " gives out another number of boxes for every picture",
                               "Export the detector without post-processing.");
            }
        }
        return outputs;
    }
    std::vector<cv::String> names() const {
        if (layout_ != BoxLayout::FaceGrids) {
            return {net_.getUnconnectedOutLayersNames().front()};
        }
        return {faceGridOutputs().begin(), faceGridOutputs().end()};
    }

    std::string name_;
    cv::dnn::Net net_;
    DetectorSettings settings_;
    BoxLayout layout_;
    std::vector<std::vector<int>> shapes_; ///< of the outputs, once it was tried out
    cv::Mat picture_;
    std::vector<cv::Mat> blobs_;
};

Result<std::vector<std::uint8_t>> readWhole(const fs::path& file) {
    std::error_code problem;
    if (!fs::is_regular_file(file, problem)) {
        return failure(ErrorCode::NotFound, "there is no file " + file.string(), "Choose the detector anew.");
    }
    const std::uintmax_t size = fs::file_size(file, problem);
    if (problem || size == 0 || size > kLargestFile) {
        return failure(ErrorCode::Unreadable,
                       file.string() + (size > kLargestFile ? " is larger than 1 GiB" : " is empty"),
                       "Choose an ONNX file of a detector.");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    std::ifstream in(file, std::ios::binary);
    if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
        return failure(ErrorCode::PermissionDenied, file.string() + " cannot be read", "Check who may read it.");
    }
    return bytes;
}

/// FaceGrids, or Columns for any detector of classes with one output.
Result<BoxLayout> kindOf(const OnnxOutline& outline, const std::string& name) {
    const auto has = [&outline](const std::string& output) {
        return std::ranges::find(outline.outputs, output, &OnnxTensor::name) != outline.outputs.end();
    };
    if (std::ranges::all_of(faceGridOutputs(), has)) {
        return BoxLayout::FaceGrids;
    }
    if (outline.inputs.size() != 1 || outline.outputs.size() != 1) {
        std::string outputs;
        for (const OnnxTensor& output : outline.outputs) {
            outputs += (outputs.empty() ? "" : ", ") + output.name;
        }
        return failure(ErrorCode::Unsupported,
                       name + " is no detector of a kind that is known here: it has " +
                           std::to_string(outline.inputs.size()) + " inputs and the outputs " + outputs,
                       "Export a detector with one picture as input and one output, without post-processing.");
    }
    const std::vector<std::int64_t>& shape = outline.inputs.front().shape;
    if (shape.size() != 4 || (shape[1] != 3 && shape[1] != -1)) {
        return failure(ErrorCode::Unsupported, name + ": its input is no picture of three colour planes",
                       "It has to be 1 x 3 x height x width.");
    }
    return BoxLayout::Columns;
}

} // namespace

Result<std::unique_ptr<PartDetector>> openPartDetector(const fs::path& file) {
    auto bytes = readWhole(file);
    if (!bytes) {
        return tl::unexpected(std::move(bytes.error()));
    }
    auto outline = readOnnxOutline(*bytes, file.string());
    if (!outline) {
        return tl::unexpected(std::move(outline.error()));
    }
    auto layout = kindOf(*outline, file.string());
    if (!layout) {
        return tl::unexpected(std::move(layout.error()));
    }
    auto settings = readDetectorSettings(file, *outline, *layout);
    if (!settings) {
        return tl::unexpected(std::move(settings.error()));
    }
    cv::dnn::Net net;
    try {
        const QuietOpenCv quiet;
        net = cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    } catch (const std::exception& problem) {
        return failure(ErrorCode::Unsupported,
                       "OpenCV " CV_VERSION " cannot read " + file.string() + ": " + reasonOf(problem),
                       "Export the detector with simpler operations (an older opset), or with a newer OpenCV in mind.");
    }
    auto detector = std::make_unique<OnnxPartDetector>(file.string(), std::move(net), std::move(*settings), *layout);
    if (auto tried = detector->tryOut(); !tried) {
        return tl::unexpected(std::move(tried.error()));
    }
    return detector;
}

} // namespace livegloss::vision
