#pragma once

#include "session/live_session.h"

#include <QString>

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

namespace livegloss::ui {

/// One gloss with its place in the running caption text.
struct CaptionCell {
    session::CaptionGloss gloss;
    QString text;
    bool committed = false;
    int line = 0;
    double x = 0.0;
    double width = 0.0;
};

/// Places glosses in lines so that nothing that was read ever moves: committed glosses keep their line and position
/// until the width changes, the provisional tail follows them, and the view only ever scrolls on. Logic only, no
/// painting.
class CaptionLayout {
public:
    /// Width in pixels that a gloss takes, the same whether it is provisional or committed.
    using Measure = std::function<double(const QString&)>;

    /// A new width or font: all that is kept is laid out again.
    void setMetrics(double lineWidth, double gap, Measure measure);
    /// Takes the session's lists at the moment that the picture shows: appends committed glosses that have begun by
    /// then, replaces the provisional tail. A committed list that has become empty means that recognition began anew,
    /// and clears everything. True when something changed.
    bool update(const session::CaptionList& committed, const session::CaptionList& provisional, MediaTime position);
    /// The position jumps: as soon as the picture has arrived at `target`, or where the source lets it, the text starts
    /// afresh with what was signed shortly before. Until then it stays, as the picture does.
    void jump(MediaTime target);
    /// Another source: forgets everything.
    void clear();

    /// Committed cells first, then provisional ones; lines count from the first that is kept.
    const std::vector<CaptionCell>& cells() const { return cells_; }
    /// First of the (at most two) lines to show.
    int firstVisibleLine() const { return firstVisibleLine_; }
    /// The text on show, for screen readers and copying.
    QString visibleText() const;

    static constexpr int visibleLines = 2;

private:
    bool takeArrival(MediaTime position);
    void place(const session::CaptionGloss& gloss, bool committed);
    void placeCell(CaptionCell cell);
    void scroll();
    void forgetOldLines();

    std::vector<CaptionCell> cells_;
    std::size_t committedCount_ = 0;
    std::unordered_set<std::int64_t> shown_; ///< ids placed since the last jump
    session::CaptionList lastCommitted_;
    session::CaptionList lastProvisional_;
    std::size_t lastReached_ = 0;
    MediaTime from_{0}; ///< glosses before it do not come back
    std::optional<MediaTime> awaited_;
    bool elsewhere_ = false;    ///< the picture went somewhere else than to the awaited position
    MediaTime lastPosition_{0}; ///< of the text on show
    int firstVisibleLine_ = 0;
    double lineWidth_ = 0.0;
    double gap_ = 0.0;
    Measure measure_;
};

} // namespace livegloss::ui
