#pragma once

#include "session/offline_recogniser.h"

#include <QString>

#include <filesystem>
#include <functional>
#include <vector>

namespace livegloss::ui {

/// A gloss under the picture while it is signed.
struct VideoCaption {
    MediaTime start{0};
    MediaTime end{0};
    QString text;
};

/// The glosses of the list that count, without those that the offline pass took away.
std::vector<VideoCaption> captionsOf(const std::vector<session::CaptionGloss>& glosses);

/// The glosses of the whole video, as its context decides them. Any thread; `cancelled` and `progress` may be empty.
/// Errors of session::recogniseOffline().
Result<std::vector<VideoCaption>> recogniseCaptions(const std::filesystem::path& video,
                                                    const engine::LoadedModelPtr& model,
                                                    std::function<bool()> cancelled,
                                                    std::function<void(const session::Progress&)> progress);

} // namespace livegloss::ui
