#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <QString>

namespace livegloss::ui {

/// "00:12.4", with hours in front where there are any; never negative. The same in every language, so that columns
/// align and copied text can be read by programs.
QString formatTime(MediaTime time);
/// "00:12", for the ends of the seek bar.
QString formatTimeShort(MediaTime time);
/// ".93" style confidence as a percentage: "93%".
QString formatConfidence(float confidence);
/// "40 s left", "3 min left", "2 h 5 min left".
QString formatTimeLeft(double seconds);
/// What an error says happened, and what it advises: in the window's language where the sentence is known, else
/// English.
QString factOf(const Error& error);
QString hintOf(const Error& error);
/// Both in one line; a fact that is known in English alone has the kind of problem in front.
QString withHint(const Error& error);
/// Below this a gloss that was accepted still carries a mark.
inline constexpr float lowConfidence = 0.65F;

} // namespace livegloss::ui
