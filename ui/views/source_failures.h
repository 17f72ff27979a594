#pragma once

#include "base/result.h"
#include "media/frame_source.h"

#include <QString>

namespace livegloss::ui {

/// A source that failed, in words for the person before the window. Error codes become words here.
struct SourceFailure {
    QString title;  ///< what is the case
    QString reason; ///< why; empty where the kind of error does not tell
    QString advice; ///< what to do
    QString detail; ///< core's facts, in English
};

SourceFailure describeSourceFailure(const Error& error, media::SourceKind kind);

} // namespace livegloss::ui
