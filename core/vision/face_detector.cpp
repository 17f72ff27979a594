#include "vision/face_detector.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <system_error>

namespace livegloss::vision {

namespace {

namespace fs = std::filesystem;

/// Detection runs on a picture of this height: a face of a signer in the middle distance is then 40 pixels high or
/// more.
constexpr double kWorkingHeight = 360.0;
constexpr double kScaleStep = 1.1;
constexpr int kNeighbours = 5;
/// Of the picture's height: smaller ones are no signer's face.
constexpr double kSmallestFace = 0.08;

class CascadeFaceDetector final : public FaceDetector {
public:
    explicit CascadeFaceDetector(cv::CascadeClassifier classifier) : classifier_(std::move(classifier)) {}

    std::optional<Region> find(const Frame& frame) override {
        const cv::Mat rgb(frame.height, frame.width, CV_8UC3, const_cast<std::uint8_t*>(frame.rgb.data()));
        cv::cvtColor(rgb, grey_, cv::COLOR_RGB2GRAY);
        const double scale = std::min(1.0, kWorkingHeight / frame.height);
        cv::resize(grey_, small_, {}, scale, scale, cv::INTER_AREA);
        cv::equalizeHist(small_, small_);
        const int least = static_cast<int>(small_.rows * kSmallestFace);
        std::vector<cv::Rect> faces;
        classifier_.detectMultiScale(small_, faces, kScaleStep, kNeighbours, 0, {least, least});
        const auto largest = std::ranges::max_element(faces, {}, [](const cv::Rect& face) { return face.area(); });
        if (largest == faces.end()) {
            return std::nullopt;
        }
        return Region{static_cast<double>(largest->x) / small_.cols, static_cast<double>(largest->y) / small_.rows,
                      static_cast<double>(largest->width) / small_.cols,
                      static_cast<double>(largest->height) / small_.rows};
    }

private:
    cv::CascadeClassifier classifier_;
    cv::Mat grey_;
    cv::Mat small_;
};

} // namespace

Result<std::unique_ptr<FaceDetector>> openFaceDetector(const fs::path& cascade) {
    std::error_code problem;
    if (cascade.empty() || !fs::is_regular_file(cascade, problem)) {
        return failure(ErrorCode::NotFound, "OpenCV's file for finding faces is not there: " + cascade.string(),
                       "Install the package opencv-data.");
    }
    cv::CascadeClassifier classifier;
    try {
        if (classifier.load(cascade.string())) {
            return std::make_unique<CascadeFaceDetector>(std::move(classifier));
        }
    } catch (const cv::Exception&) { // what OpenCV throws for broken XML says no more than the message below
    }
    return failure(ErrorCode::Unreadable, cascade.string() + " is no cascade that OpenCV can read",
                   "Install the package opencv-data anew.");
}

fs::path installedFaceCascade() {
    static constexpr std::array kPlaces{"/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades",
                                        "/usr/local/share/opencv4/haarcascades"};
    if (const char* chosen = std::getenv("LIVEGLOSS_FACE_CASCADE")) {
        return chosen;
    }
    std::error_code problem;
    for (const char* place : kPlaces) {
        fs::path file = fs::path(place) / "haarcascade_frontalface_default.xml";
        if (fs::is_regular_file(file, problem)) {
            return file;
        }
    }
    return {};
}

} // namespace livegloss::vision
