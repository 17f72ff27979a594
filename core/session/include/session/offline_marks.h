#pragma once

#include "session/caption.h"

#include <vector>

namespace livegloss::session {

/// The offline pass's glosses with what they change about the committed ones, and the committed ones that it does not
/// see. Glosses that stay or are replaced keep the committed one's id; added ones get ids below 0. `step`: time of one
/// step of the temporal head. In order of time.
std::vector<CaptionGloss> markChanges(const std::vector<CaptionGloss>& committed,
                                      const std::vector<CaptionGloss>& offline, MediaTime step);

/// From `begin` up to `end`, which is no part of it.
struct TimeSpan {
    MediaTime begin{0};
    MediaTime end{0};
};

/// The same where the offline pass saw only the spans in `seen`: a committed gloss whose middle lies in none of them
/// was not checked, and stays as it is.
std::vector<CaptionGloss> markChangesWithin(const std::vector<TimeSpan>& seen,
                                            const std::vector<CaptionGloss>& committed,
                                            const std::vector<CaptionGloss>& offline, MediaTime step);

} // namespace livegloss::session
