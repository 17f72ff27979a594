#include "ui/sheets/video_captions.h"

#include <utility>

namespace livegloss::ui {

std::vector<VideoCaption> captionsOf(const std::vector<session::CaptionGloss>& glosses) {
    std::vector<VideoCaption> captions;
    for (const session::CaptionGloss& gloss : glosses) {
        if (gloss.change != session::OfflineChange::Removed) {
            captions.push_back({gloss.start, gloss.end, QString::fromStdString(gloss.text)});
        }
    }
    return captions;
}

Result<std::vector<VideoCaption>> recogniseCaptions(const std::filesystem::path& video,
                                                    const engine::LoadedModelPtr& model,
                                                    std::function<bool()> cancelled,
                                                    std::function<void(const session::Progress&)> progress) {
    session::OfflineOptions options;
    options.cancelled = std::move(cancelled);
    options.progress = std::move(progress);
    auto result = session::recogniseOffline({media::SourceKind::File, video.string()}, model, options);
    if (!result) {
        return tl::unexpected(std::move(result.error()));
    }
    return captionsOf(result->clip.offline);
}

} // namespace livegloss::ui
