#include "ui/widgets/caption_layout.h"

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int linesKept = 8;
/// After a jump the captions begin with what was signed in this time before it.
constexpr MediaTime contextBeforeJump = std::chrono::seconds(4);
/// The picture counts as arrived within this of where it jumps to.
constexpr MediaTime arrival = std::chrono::milliseconds(500);

/// Glosses of a list, ordered by time, that have begun at `position`.
std::size_t reachedCount(const std::vector<session::CaptionGloss>& glosses, MediaTime position) {
    const auto end =
        std::upper_bound(glosses.begin(), glosses.end(), position,
                         [](MediaTime time, const session::CaptionGloss& gloss) { return time < gloss.start; });
    return static_cast<std::size_t>(end - glosses.begin());
}

} // namespace

void CaptionLayout::setMetrics(double lineWidth, double gap, Measure measure) {
    lineWidth_ = lineWidth;
    gap_ = gap;
    measure_ = std::move(measure);
    std::vector<CaptionCell> before;
    before.swap(cells_);
    for (CaptionCell& cell : before) {
        placeCell(std::move(cell));
    }
    firstVisibleLine_ = 0;
    scroll();
}

bool CaptionLayout::update(const session::CaptionList& committed, const session::CaptionList& provisional,
                           MediaTime position) {
    if (awaited_ && !takeArrival(position)) {
        return false;
    }
    lastPosition_ = position;
    const std::size_t reached = reachedCount(*committed, position);
    if (committed == lastCommitted_ && provisional == lastProvisional_ && reached == lastReached_) {
        return false;
    }
    lastCommitted_ = committed;
    lastProvisional_ = provisional;
    lastReached_ = reached;

    cells_.resize(committedCount_);
    if (committed->empty() && !shown_.empty()) {
        cells_.clear();
        shown_.clear();
        firstVisibleLine_ = 0;
    }
    for (std::size_t index = 0; index < reached; ++index) {
        const session::CaptionGloss& gloss = (*committed)[index];
        if (gloss.start >= from_ && shown_.insert(gloss.id).second) {
            place(gloss, true);
        }
    }
    committedCount_ = cells_.size();
    for (const session::CaptionGloss& gloss : *provisional) {
        if (gloss.start >= from_ && gloss.start <= position) {
            place(gloss, false);
        }
    }
    scroll();
    forgetOldLines();
    return true;
}

void CaptionLayout::jump(MediaTime target) {
    awaited_ = target;
    elsewhere_ = false;
}

/// At the target, or after a jump ahead anywhere else than before: a file may end earlier than it says. Then the target
/// may be reached all the same, where the picture had moved before the jump. False: the picture is still on its way.
bool CaptionLayout::takeArrival(MediaTime position) {
    const bool there = std::chrono::abs(position - *awaited_) <= arrival;
    const bool moved = *awaited_ > lastPosition_ && std::chrono::abs(position - lastPosition_) > arrival;
    if (!there && (elsewhere_ || !moved)) {
        return elsewhere_;
    }
    const std::optional<MediaTime> target = there ? std::nullopt : awaited_;
    clear();
    awaited_ = target;
    elsewhere_ = !there;
    from_ = std::max(MediaTime{0}, position - contextBeforeJump);
    return true;
}

void CaptionLayout::clear() {
    cells_.clear();
    committedCount_ = 0;
    shown_.clear();
    lastCommitted_.reset();
    lastProvisional_.reset();
    from_ = MediaTime{0};
    awaited_.reset();
    firstVisibleLine_ = 0;
}

void CaptionLayout::place(const session::CaptionGloss& gloss, bool committed) {
    placeCell({gloss, QString::fromStdString(gloss.text), committed, 0, 0.0, 0.0});
}

void CaptionLayout::placeCell(CaptionCell cell) {
    cell.width = measure_ ? measure_(cell.text) : 0.0;
    cell.line = 0;
    cell.x = 0.0;
    if (!cells_.empty()) {
        const CaptionCell& last = cells_.back();
        cell.line = last.line;
        cell.x = last.x + last.width + gap_;
        if (cell.x + cell.width > lineWidth_) {
            ++cell.line;
            cell.x = 0.0;
        }
    }
    cells_.push_back(std::move(cell));
}

void CaptionLayout::scroll() {
    const int lastLine = cells_.empty() ? 0 : cells_.back().line;
    firstVisibleLine_ = std::max(firstVisibleLine_, lastLine - visibleLines + 1);
}

void CaptionLayout::forgetOldLines() {
    if (firstVisibleLine_ < linesKept) {
        return;
    }
    const int surplus = firstVisibleLine_ - 1;
    const auto firstKept = std::find_if(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(committedCount_),
                                        [&](const CaptionCell& cell) { return cell.line >= surplus; });
    committedCount_ -= static_cast<std::size_t>(firstKept - cells_.begin());
    cells_.erase(cells_.begin(), firstKept);
    for (CaptionCell& cell : cells_) {
        cell.line -= surplus;
    }
    firstVisibleLine_ -= surplus;
}

QString CaptionLayout::visibleText() const {
    QString text;
    for (const CaptionCell& cell : cells_) {
        if (cell.line >= firstVisibleLine_) {
            text += (text.isEmpty() ? QString() : QStringLiteral(" ")) + cell.text;
        }
    }
    return text;
}

} // namespace livegloss::ui
