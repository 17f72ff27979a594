#include "session/offline_marks.h"

#include "decode/offline_diff.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace livegloss::session {

namespace {

/// Puts a caption on the step axis that the comparison works on.
template <class Gloss>
Gloss onSteps(const CaptionGloss& caption, MediaTime step) {
    const auto stepAt = [&](MediaTime time) { return time.count() / std::max<MediaTime::rep>(1, step.count()); };
    using Step = decltype(Gloss::firstStep);
    Gloss gloss;
    gloss.label = caption.label;
    gloss.firstStep = static_cast<Step>(stepAt(caption.start));
    gloss.lastStep = static_cast<Step>(std::max(stepAt(caption.start), stepAt(caption.end - MediaTime{1})));
    gloss.peakStep = (gloss.firstStep + gloss.lastStep) / 2;
    gloss.confidence = caption.confidence;
    return gloss;
}

} // namespace

std::vector<CaptionGloss> markChanges(const std::vector<CaptionGloss>& committed,
                                      const std::vector<CaptionGloss>& offline, MediaTime step) {
    std::vector<decode::StreamGloss> live;
    for (const CaptionGloss& caption : committed) {
        live.push_back(onSteps<decode::StreamGloss>(caption, step));
    }
    std::vector<decode::DecodedGloss> whole;
    for (const CaptionGloss& caption : offline) {
        whole.push_back(onSteps<decode::DecodedGloss>(caption, step));
    }
    std::vector<CaptionGloss> marked;
    std::int64_t nextAddedId = -1;
    for (const decode::OfflineDifference& difference : decode::compareWithOffline(live, whole)) {
        const CaptionGloss* shown =
            difference.live < 0 ? nullptr : &committed[static_cast<std::size_t>(difference.live)];
        CaptionGloss gloss = difference.offline < 0 ? *shown : offline[static_cast<std::size_t>(difference.offline)];
        gloss.id = shown != nullptr ? shown->id : nextAddedId--;
        switch (difference.change) {
        case decode::OfflineChange::Confirmed:
            gloss.change = OfflineChange::Confirmed;
            break;
        case decode::OfflineChange::Added:
            gloss.change = OfflineChange::Added;
            break;
        case decode::OfflineChange::Removed:
            gloss.change = OfflineChange::Removed;
            break;
        case decode::OfflineChange::Replaced:
            gloss.change = OfflineChange::Replaced;
            gloss.replacedText = shown->text;
            break;
        }
        marked.push_back(std::move(gloss));
    }
    return marked;
}

std::vector<CaptionGloss> markChangesWithin(const std::vector<TimeSpan>& seen,
                                            const std::vector<CaptionGloss>& committed,
                                            const std::vector<CaptionGloss>& offline, MediaTime step) {
    const auto wasSeen = [&](const CaptionGloss& caption) {
        const MediaTime middle = caption.start + (caption.end - caption.start) / 2;
        return std::ranges::any_of(
            seen, [middle](const TimeSpan& span) { return middle >= span.begin && middle < span.end; });
    };
    std::vector<CaptionGloss> checked;
    std::vector<CaptionGloss> unchecked;
    std::ranges::partition_copy(committed, std::back_inserter(checked), std::back_inserter(unchecked), wasSeen);
    const std::vector<CaptionGloss> marked = markChanges(checked, offline, step);
    std::vector<CaptionGloss> all;
    std::ranges::merge(marked, unchecked, std::back_inserter(all), {}, &CaptionGloss::start, &CaptionGloss::start);
    return all;
}

} // namespace livegloss::session
