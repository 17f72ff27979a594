#include "ui/widgets/caption_layout.h"

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int linesKept = 8;

} // namespace

void CaptionLayout::setMetrics(double lineWidth, double gap, Measure measure) {
    lineWidth_ = lineWidth;
    gap_ = gap;
    measure_ = std::move(measure);
    std::vector<CaptionCell> before;
    before.swap(cells_);
    for (CaptionCell& cell : before) {
        place(std::move(cell));
    }
    firstVisibleLine_ = 0;
    scroll();
}

void CaptionLayout::update(const std::vector<session::CaptionGloss>& committed,
                           const std::vector<session::CaptionGloss>& provisional) {
    cells_.resize(committedCount_);
    if (committed.empty() && !seen_.empty()) {
        cells_.clear();
        committedCount_ = 0;
        seen_.clear();
        firstVisibleLine_ = 0;
    }
    for (const session::CaptionGloss& gloss : committed) {
        if (seen_.insert(gloss.id).second) {
            place({gloss, QString::fromStdString(gloss.text), true, 0, 0.0, 0.0});
        }
    }
    committedCount_ = cells_.size();
    for (const session::CaptionGloss& gloss : provisional) {
        place({gloss, QString::fromStdString(gloss.text), false, 0, 0.0, 0.0});
    }
    scroll();
    forgetOldLines();
}

void CaptionLayout::clear() {
    cells_.clear();
    committedCount_ = 0;
    firstVisibleLine_ = 0;
}

void CaptionLayout::place(CaptionCell cell) {
    cell.width = measure_ ? measure_(cell.text) : 0.0;
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
