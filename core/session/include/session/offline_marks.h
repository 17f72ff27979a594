#pragma once

#include "session/caption.h"

#include <vector>

namespace livegloss::session {

/// The offline pass's glosses with what they change about the committed ones, and the committed ones that it does not
/// see. Glosses that stay or are replaced keep the committed one's id; added ones get ids below 0. `step`: time of one
/// step of the temporal head. In order of time.
std::vector<CaptionGloss> markChanges(const std::vector<CaptionGloss>& committed,
                                      const std::vector<CaptionGloss>& offline, MediaTime step);

} // namespace livegloss::session
