#pragma once

#include "ui/attention/gloss_panel.h"
#include "ui/attention/over_time_panel.h"
#include "ui/attention/region_panel.h"
#include "ui/attention/video_marks.h"
#include "ui/bridge/session_bridge.h"

#include <QObject>

namespace livegloss::ui {

/// Keeps curves, regions, the marks on the video and the gloss that is looked at in step with the session and each
/// other.
class AttentionOverTime final : public QObject {
    Q_OBJECT
public:
    /// `view` and `bridge` outlive this; the widgets belong to whoever lays them out.
    AttentionOverTime(AttentionView& view, SessionBridge& bridge, QObject* parent);

    OverTimePanel* panel() { return panel_; }
    RegionPanel* regions() { return regions_; }
    VideoMarks* marks() { return marks_; }
    GlossPanel* gloss() { return gloss_; }

    void setModel(const engine::LoadedModelPtr& model);
    void setView(const attention::View& view, const AttentionStyle& style);
    /// Another source, or more is known of it.
    void updateSource();
    void updatePicture();
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

private:
    void updateRegions();
    void updateGlosses();
    void updatePath();

    SessionBridge& bridge_;
    OverTimePanel* panel_;
    RegionPanel* regions_;
    VideoMarks* marks_;
    GlossPanel* gloss_;
    QString source_; ///< whose truth was looked for
    std::uint64_t captions_ = 0;
};

} // namespace livegloss::ui
