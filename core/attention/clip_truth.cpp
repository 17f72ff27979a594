#include "attention/regions.h"
#include "synth/signer.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace livegloss::attention {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Mean difference of a channel, of 255, up to which a compressed frame is taken for the one that was drawn.
constexpr double kSamePicture = 12.0;

fs::path masksFile(const fs::path& video) {
    return fs::path(video).replace_extension(".truth.json");
}

fs::path seedFile(const fs::path& video) {
    return fs::path(video).replace_extension(".json");
}

tl::unexpected<Error> wrongClip(const fs::path& truth, const std::string& why) {
    return failure(ErrorCode::InvalidArgument, truth.string() + " is the truth of another clip: " + why,
                   "Remove it, or put the truth of this clip in its place.");
}

FrameRegions regionsOf(std::span<const std::uint8_t> hands, std::vector<std::uint8_t> face, int width, int height,
                       const vision::Region& visible, int rows, int columns) {
    for (std::size_t i = 0; i < face.size(); ++i) {
        face[i] = hands[i] != 0 ? 0 : face[i];
    }
    return {coverOfMask(hands, width, height, visible, rows, columns),
            coverOfMask(face, width, height, visible, rows, columns)};
}

/// Draws the clip again.
class DrawnTruth final : public RegionFinder {
public:
    DrawnTruth(fs::path file, std::unique_ptr<synth::Clip> clip) : file_(std::move(file)), clip_(std::move(clip)) {}
    bool findsHands() const override { return true; }
    bool findsFace() const override { return true; }
    Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) override {
        if (frame.index >= clip_->frames()) {
            return wrongClip(file_, "it has " + std::to_string(clip_->frames()) + " frames");
        }
        clip_->render(static_cast<int>(frame.index), drawn_, true);
        if (frame.width != drawn_.size || frame.height != drawn_.size) {
            return wrongClip(file_, "its pictures have another size");
        }
        double difference = 0.0;
        for (std::size_t i = 0; i < drawn_.rgb.size(); ++i) {
            difference += std::abs(static_cast<int>(drawn_.rgb[i]) - static_cast<int>(frame.rgb[i]));
        }
        if (difference / static_cast<double>(drawn_.rgb.size()) > kSamePicture) {
            return wrongClip(file_, "frame " + std::to_string(frame.index) + " looks different");
        }
        return regionsOf(drawn_.handMask, drawn_.faceMask, drawn_.size, drawn_.size, visible, rows, columns);
    }

private:
    fs::path file_;
    std::unique_ptr<synth::Clip> clip_;
    synth::RenderedFrame drawn_;
};

/// Reads masks that were written as runs outside and inside in turn.
class WrittenTruth final : public RegionFinder {
public:
    WrittenTruth(fs::path file, json truth) : file_(std::move(file)), truth_(std::move(truth)) {}
    bool findsHands() const override { return true; }
    bool findsFace() const override { return true; }
    Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) override {
        try {
            const int width = truth_.at("width");
            const int height = truth_.at("height");
            if (frame.index >= static_cast<std::int64_t>(truth_.at("frames").size())) {
                return wrongClip(file_, "it has " + std::to_string(truth_.at("frames").size()) + " frames");
            }
            if (width <= 0 || height <= 0 || frame.width * height != frame.height * width) {
                return wrongClip(file_, "its pictures have another shape");
            }
            const json& entry = truth_.at("frames").at(static_cast<std::size_t>(frame.index));
            std::vector<std::uint8_t> hands(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0);
            std::vector<std::uint8_t> face = hands;
            addRuns(entry.at("right_hand"), hands);
            addRuns(entry.at("left_hand"), hands);
            addRuns(entry.at("face"), face);
            return regionsOf(hands, std::move(face), width, height, visible, rows, columns);
        } catch (const json::exception& problem) {
            return failure(ErrorCode::Unreadable, file_.string() + " is broken: " + problem.what(),
                           "Write it again with livegloss-cli synth --masks.");
        }
    }

private:
    static void addRuns(const json& runs, std::vector<std::uint8_t>& mask) {
        std::size_t at = 0;
        bool inside = false;
        for (const json& run : runs) {
            const std::size_t end = std::min(mask.size(), at + run.get<std::size_t>());
            if (inside) {
                std::fill(mask.begin() + static_cast<std::ptrdiff_t>(at),
                          mask.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{1});
            }
            at = end;
            inside = !inside;
        }
    }

    fs::path file_;
    json truth_;
};

Result<json> readJson(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    json parsed = json::parse(in, nullptr, false);
    if (!in || parsed.is_discarded()) {
        return failure(ErrorCode::Unreadable, file.string() + " is no JSON file that can be read",
                       "Remove it or write it again.");
    }
    return parsed;
}

std::optional<synth::Split> splitOf(const std::string& signer) {
    if (signer.starts_with("train-")) {
        return synth::Split::Train;
    }
    if (signer.starts_with("dev-")) {
        return synth::Split::Dev;
    }
    return signer.starts_with("test-") ? std::optional(synth::Split::Test) : std::nullopt;
}

/// The clip that a file beside a video names; null when the file is something else.
std::unique_ptr<synth::Clip> namedClip(const json& truth) {
    try {
        const std::string signer = truth.at("signer");
        const auto split = splitOf(signer);
        if (!split) {
            return nullptr;
        }
        synth::ClipRequest request;
        request.seed = truth.at("seed");
        request.fps = truth.at("fps");
        request.size = truth.value("size", request.size);
        request.split = *split;
        auto clip = synth::makeClip(request);
        return clip && clip->signerName() == signer ? std::move(clip) : nullptr;
    } catch (const json::exception&) {
        return nullptr; // some other program's .json
    }
}

} // namespace

bool hasTruth(const fs::path& video) {
    std::error_code problem;
    if (fs::is_regular_file(masksFile(video), problem)) {
        return true;
    }
    const fs::path file = seedFile(video);
    if (!fs::is_regular_file(file, problem)) {
        return false;
    }
    const auto truth = readJson(file);
    return truth && namedClip(*truth) != nullptr;
}

Result<std::unique_ptr<RegionFinder>> openTruth(const fs::path& video) {
    std::error_code problem;
    if (const fs::path file = masksFile(video); fs::is_regular_file(file, problem)) {
        auto truth = readJson(file);
        if (!truth) {
            return tl::unexpected(std::move(truth.error()));
        }
        return std::make_unique<WrittenTruth>(file, std::move(*truth));
    }
    const fs::path file = seedFile(video);
    if (!fs::is_regular_file(file, problem)) {
        return failure(ErrorCode::NotFound, "no truth lies beside " + video.string(),
                       "Clips of the synthetic signer have one: livegloss-cli synth --masks writes it.");
    }
    auto truth = readJson(file);
    if (!truth) {
        return tl::unexpected(std::move(truth.error()));
    }
    auto clip = namedClip(*truth);
    if (!clip) {
        return failure(ErrorCode::Unreadable, file.string() + " does not say which clip was drawn",
                       "It has to hold seed, signer and fps.");
    }
    return std::make_unique<DrawnTruth>(file, std::move(clip));
}

} // namespace livegloss::attention
