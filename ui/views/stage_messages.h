#pragma once

#include "session/live_session.h"
#include "ui/actions/live_actions.h"
#include "ui/widgets/message_panel.h"

#include <optional>

namespace livegloss::ui {

/// What stands in the way before a source is even asked for.
enum class StageProblem { None, NoCamera, NoSample, NotAVideo };

/// The problem in a few sentences, for where something else is on show.
QString problemText(StageProblem problem);

/// What the stage says in this state; nothing while there is a picture to look at. source_failures.h has the words for
/// errors.
std::optional<Message> stageMessage(const session::Snapshot& snapshot,
                                    const std::optional<media::SourceRequest>& request, StageProblem problem,
                                    bool hasPicture, const LiveActions& actions, QAction* retry, QAction* choose);

} // namespace livegloss::ui
