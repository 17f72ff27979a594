#include "attention/regions.h"
#include "media/frame_source.h"
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
/// What names a clip is some kilobytes at most: a larger file beside a video is something else.
constexpr std::uintmax_t kLargestSeedFile = 1U << 20U;

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

/// Draws frames of a clip of the synthetic signer again.
class DrawnClip {
public:
    DrawnClip(fs::path file, std::unique_ptr<synth::Clip> clip) : file_(std::move(file)), clip_(std::move(clip)) {}

    /// The drawing of `frame`; InvalidArgument where that shows something else. Valid until the next call.
    Result<const synth::RenderedFrame*> drawingOf(const Frame& frame) {
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
        return &drawn_;
    }

private:
    fs::path file_;
    std::unique_ptr<synth::Clip> clip_;
    synth::RenderedFrame drawn_;
};

/// Hands and face as they are drawn.
class DrawnTruth final : public RegionFinder {
public:
    explicit DrawnTruth(DrawnClip clip) : clip_(std::move(clip)) {}
    bool findsHands() const override { return true; }
    bool findsFace() const override { return true; }
    Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) override {
        const auto drawn = clip_.drawingOf(frame);
        if (!drawn) {
            return tl::unexpected(drawn.error());
        }
        return regionsOf((*drawn)->handMask, (*drawn)->faceMask, (*drawn)->size, (*drawn)->size, visible, rows,
                         columns);
    }

private:
    DrawnClip clip_;
};

/// Reads masks that were written as runs outside and inside in turn.
class WrittenTruth final : public RegionFinder {
public:
    /// `clip`: the one that the masks are of; nothing where the files do not say.
    WrittenTruth(fs::path file, json truth, std::optional<DrawnClip> clip)
        : file_(std::move(file)), truth_(std::move(truth)), clip_(std::move(clip)) {}
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
            if (clip_ && frame.width == width) {
                if (const auto drawn = clip_->drawingOf(frame); !drawn) {
                    return tl::unexpected(drawn.error());
                }
            }
            const json& entry = truth_.at("frames").at(static_cast<std::size_t>(frame.index));
            std::vector<std::uint8_t> hands(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0);
            std::vector<std::uint8_t> face = hands;
            if (!addRuns(entry.at("right_hand"), hands) || !addRuns(entry.at("left_hand"), hands) ||
                !addRuns(entry.at("face"), face)) {
                return broken("a run of a mask is no length");
            }
            return regionsOf(hands, std::move(face), width, height, visible, rows, columns);
        } catch (const json::exception& problem) {
            return broken(problem.what());
        }
    }

private:
    tl::unexpected<Error> broken(const std::string& why) const {
        return failure(ErrorCode::Unreadable, file_.string() + " is broken: " + why,
                       "Write it again with livegloss-cli synth --masks.");
    }
    static bool addRuns(const json& runs, std::vector<std::uint8_t>& mask) {
        std::size_t at = 0;
        bool inside = false;
        for (const json& run : runs) {
            if (!run.is_number_unsigned()) {
                return false;
            }
            const std::size_t end = at + std::min(run.get<std::size_t>(), mask.size() - at);
            if (inside) {
                std::fill(mask.begin() + static_cast<std::ptrdiff_t>(at),
                          mask.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{1});
            }
            at = end;
            inside = !inside;
        }
        return true;
    }

    fs::path file_;
    json truth_;
    std::optional<DrawnClip> clip_;
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

/// The clip that `truth` names; null when it is something else.
std::unique_ptr<synth::Clip> namedClip(const json& truth, int size) {
    try {
        const std::string signer = truth.at("signer");
        const auto split = splitOf(signer);
        if (!split) {
            return nullptr;
        }
        synth::ClipRequest request;
        request.seed = truth.at("seed");
        request.fps = truth.at("fps");
        request.size = truth.value("size", size);
        request.split = *split;
        auto clip = synth::makeClip(request);
        return clip && clip->signerName() == signer ? std::move(clip) : nullptr;
    } catch (const json::exception&) {
        return nullptr; // some other program's .json
    }
}

/// The clip of masks that lie beside a video: they may say it themselves, or the list of the split does, which
/// livegloss-cli synth writes beside the clips' folder.
std::optional<DrawnClip> clipOfMasks(const json& masks, const fs::path& file, const fs::path& video) {
    try {
        const int size = masks.at("width");
        if (auto clip = namedClip(masks, size)) {
            return DrawnClip(file, std::move(clip));
        }
        const auto list = readJson(fs::path(fs::absolute(video).parent_path()) += ".json");
        if (!list) {
            return std::nullopt;
        }
        for (const json& entry : list->at("clips")) {
            if (entry.at("id") == video.stem().string()) {
                auto clip = namedClip(entry, size);
                return clip ? std::optional(DrawnClip(file, std::move(clip))) : std::nullopt;
            }
        }
    } catch (const json::exception&) {
        return std::nullopt; // the list is something else; what is wrong with the masks is told when they are read
    }
    return std::nullopt;
}

/// Masks that nobody tells the clip of belong to this video only if there is one for each of its frames.
Result<void> checkCount(const json& masks, const fs::path& file, const fs::path& video) {
    const SteadyClock clock;
    const auto source = media::openSource({media::SourceKind::File, video.string()}, clock);
    if (!source || !(*source)->info().duration || (*source)->info().fps <= 0.0 || !masks.contains("frames")) {
        return {}; // who reads the video tells what is wrong with it
    }
    const auto frames = std::llround(toSeconds(*(*source)->info().duration) * (*source)->info().fps);
    const auto known = static_cast<long long>(masks.at("frames").size());
    if (std::abs(frames - known) > 1) {
        return wrongClip(file, "it has " + std::to_string(known) + " frames, the video " + std::to_string(frames));
    }
    return {};
}

Result<std::unique_ptr<RegionFinder>> openMasks(const fs::path& file, const fs::path& video) {
    auto truth = readJson(file);
    if (!truth) {
        return tl::unexpected(std::move(truth.error()));
    }
    auto clip = clipOfMasks(*truth, file, video);
    if (auto checked = clip ? Result<void>{} : checkCount(*truth, file, video); !checked) {
        return tl::unexpected(std::move(checked.error()));
    }
    return std::make_unique<WrittenTruth>(file, std::move(*truth), std::move(clip));
}

bool canNameAClip(const fs::path& file) {
    std::error_code problem;
    return fs::is_regular_file(file, problem) && fs::file_size(file, problem) <= kLargestSeedFile;
}

} // namespace

bool hasTruth(const fs::path& video) {
    std::error_code problem;
    if (fs::is_regular_file(masksFile(video), problem)) {
        return true;
    }
    const fs::path file = seedFile(video);
    if (!canNameAClip(file)) {
        return false;
    }
    const auto truth = readJson(file);
    return truth && namedClip(*truth, synth::ClipRequest().size) != nullptr;
}

Result<std::unique_ptr<RegionFinder>> openTruth(const fs::path& video) {
    std::error_code problem;
    if (const fs::path file = masksFile(video); fs::is_regular_file(file, problem)) {
        return openMasks(file, video);
    }
    const fs::path file = seedFile(video);
    if (!fs::is_regular_file(file, problem)) {
        return failure(ErrorCode::NotFound, "no truth lies beside " + video.string(),
                       "Clips of the synthetic signer have one: livegloss-cli synth --masks writes it.");
    }
    auto truth = canNameAClip(file) ? readJson(file) : Result<json>(json());
    if (!truth) {
        return tl::unexpected(std::move(truth.error()));
    }
    auto clip = namedClip(*truth, synth::ClipRequest().size);
    if (!clip) {
        return failure(ErrorCode::Unreadable, file.string() + " does not say which clip was drawn",
                       "It has to hold seed, signer and fps.");
    }
    return std::make_unique<DrawnTruth>(DrawnClip(file, std::move(clip)));
}

} // namespace livegloss::attention
