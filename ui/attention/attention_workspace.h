#pragma once

#include "ui/attention/attention_over_time.h"
#include "ui/attention/attention_panel.h"
#include "ui/attention/attention_tour.h"
#include "ui/attention/film_strip.h"
#include "ui/attention/marked_frames.h"
#include "ui/attention/video_export.h"
#include "ui/views/live_workspace.h"
#include "ui/views/workspace.h"

class QLabel;
class QPushButton;
class QSplitter;

namespace livegloss::ui {

/// Where the network looks in what the Live workspace plays: the same video and session, so that no camera is opened
/// and no frame is recognised twice. Attention beyond the usual overlay is computed only while this is on show.
class AttentionWorkspace final : public Workspace {
    Q_OBJECT
public:
    /// `live` outlives this.
    AttentionWorkspace(LiveWorkspace& live, Preferences& preferences, QWidget* parent = nullptr);

    QString title() const override;
    QString iconName() const override;
    void fillMenus(const WorkspaceMenus&) override {}
    QWidget* statusWidget() override;
    void showStatusTip(const QString& tip) override;
    void setImmersive(bool immersive) override;
    void saveState(QSettings& store) const override;
    void restoreState(const QSettings& store) override;
    bool prepareClose() override;
    bool showsSource() const override { return true; }

    /// Where the network looked while the gloss with this id was signed, or the newest.
    void showGloss(std::int64_t id);

    AttentionView* view() { return view_; }
    FilmStrip* film() { return film_; }
    AttentionPanel* panel() { return panel_; }
    AttentionTour* tour() { return tour_; }
    MarkedFrames* marks() { return marks_; }
    VideoExport* video() { return video_; }
    AttentionOverTime* overTime() { return overTime_; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectSession();
    void takeModel(const engine::LoadedModelPtr& model);
    void askSession();
    void updatePicture();
    void updateFilm();
    void updateState();
    void updateMarks();
    QString notice() const;
    void updateGifPlan(bool file);
    std::optional<AttentionVideoJob> videoJob() const;
    void retranslate();

    LiveWorkspace& live_;
    Preferences& preferences_;
    SessionBridge& bridge_;
    std::optional<model::ModelConfig> model_;
    engine::LoadedModelPtr loaded_;
    QAction retry_;
    AttentionView* view_;
    MessagePanel* message_;
    FilmStrip* film_;
    TransportBar* transport_;
    AttentionPanel* panel_;
    AttentionTour* tour_;
    QLabel* sheetHeading_;
    MarkedFrames* marks_;
    VideoExport* video_;
    AttentionOverTime* overTime_;
    QPushButton* tourAgain_;
    QLabel* status_;
    QSplitter* splitter_;
    QSplitter* rows_; ///< video above, curves below
    bool tourDone_ = false;
};

} // namespace livegloss::ui
