#include "recognition_inputs.h"

#include "commands.h"
#include "dataset/synth_truth.h"
#include "demo_model.h"
#include "engine/default_compute.h"
#include "resource_paths.h"
#include "terminal.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

} // namespace

engine::LoadedModelPtr openModel(std::string& path) {
    if (path.empty()) {
        path = demoModelOrFail();
    }
    return valueOrFail(engine::loadModel(path, engine::defaultCompute()));
}

std::string defaultSample() {
    const fs::path sample = app::samplePaths().front();
    if (std::error_code ignored; !fs::exists(sample, ignored)) {
        throw CommandFailure{{ErrorCode::NotFound, "the sample clip is missing: " + sample.string(),
                              "Name a video, camera or stream with --input."}};
    }
    return sample.string();
}

Result<std::optional<ClipTruth>> findTruth(const fs::path& video) {
    const auto signs = dataset::findSigns(video);
    if (!signs) {
        return tl::unexpected(signs.error());
    }
    if (!*signs) {
        return std::nullopt;
    }
    ClipTruth truth;
    for (const dataset::SignSpan& sign : **signs) {
        truth.spans.push_back({sign.gloss, sign.startSeconds, sign.endSeconds});
    }
    return truth;
}

void tellDamage(const media::SourceInfo& source, std::int64_t lostFrames, const std::optional<MediaTime>& endsEarly) {
    if (source.live) {
        return;
    }
    const std::string name = printable(source.name);
    if (endsEarly && source.duration) {
        std::fprintf(stderr, "%s ends at %.1f s of %.1f s: it is damaged or cut off.\n", name.c_str(),
                     toSeconds(*endsEarly), toSeconds(*source.duration));
    }
    if (lostFrames > 0) {
        std::fprintf(stderr, "%lld frames of %s are missing or cannot be decoded.\n",
                     static_cast<long long>(lostFrames), name.c_str());
    }
}

} // namespace livegloss::cli
