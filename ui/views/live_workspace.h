#pragma once

#include "ui/bridge/engine_services.h"
#include "ui/bridge/session_bridge.h"
#include "ui/settings/preferences.h"
#include "ui/views/earlier_glosses.h"
#include "ui/views/gloss_export.h"
#include "ui/views/live_commands.h"
#include "ui/views/live_status.h"
#include "ui/views/live_toolbar.h"
#include "ui/views/model_picker.h"
#include "ui/views/recent_sources.h"
#include "ui/views/side_panel.h"
#include "ui/views/source_picker.h"
#include "ui/views/stage.h"
#include "ui/views/transport_bar.h"
#include "ui/views/workspace.h"
#include "ui/widgets/caption_view.h"
#include "ui/widgets/notice_bar.h"

class QSplitter;

namespace livegloss::ui {

/// Live recognition of one source: video with attention, captions, history and vocabulary. Owns its session.
class LiveWorkspace final : public Workspace {
    Q_OBJECT
public:
    LiveWorkspace(std::unique_ptr<Recogniser> recogniser, const EngineServices& services,
                  const ResourceLocations& resources, Preferences& preferences, QWidget* parent = nullptr);

    /// Loads `modelPath` (empty: the model chosen last, and the demo model where that one cannot be had).
    void start(const QString& modelPath);
    void openSource(const media::SourceRequest& source);
    void playSample();

    QString title() const override;
    QString iconName() const override;
    void fillMenus(const WorkspaceMenus& menus) override;
    QWidget* statusWidget() override { return status_; }
    void showStatusTip(const QString& tip) override { status_->setTip(tip); }
    void setImmersive(bool immersive) override;
    void saveState(QSettings& store) const override;
    void restoreState(const QSettings& store) override;
    /// Asks about glosses of cameras and streams that no file holds.
    bool prepareClose() override { return earlier_.prepareClose(); }
    bool showsSource() const override { return true; }

    const LiveActions& actions() const { return actions_; }
    LiveActions& actions() { return actions_; }
    SessionBridge& bridge() { return bridge_; }
    LiveToolbar* toolbar() { return toolbar_; }
    Stage* stage() { return stage_; }
    CaptionView* captions() { return captions_; }
    TransportBar* transport() { return transport_; }
    SidePanel* sidePanel() { return side_; }
    LiveStatus* status() { return status_; }
    NoticeBar* notice() { return notice_; }
    ModelPicker& models() { return models_; }
    GlossExport& glossExport() { return glossExport_; }
    EarlierGlosses& earlierGlosses() { return earlier_; }

Q_SIGNALS:
    /// A person chose a source, or something is to be seen here that was asked for.
    void lookWanted();
    /// The history or the vocabulary was asked for.
    void sidePanelWanted();
    /// A file was dropped that has to be imported before it can be used.
    void checkpointDropped(const QString& path);
    /// Where the network looked while this gloss was signed is to be shown.
    void glossAttentionAsked(qint64 id);
    /// For windows that show the captions again.
    void captionsChanged(const livegloss::session::CaptionList& committed,
                         const livegloss::session::CaptionList& provisional, livegloss::MediaTime position);
    void captionsJumped(livegloss::MediaTime target);
    void captionsCleared();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectSession();
    void connectPickers();
    void connectHistory();
    void applyPreferences();
    void applyComputing();
    void updateCaptions();
    void updatePlaceholder();
    void updateHistory();
    void updateNotice();
    void updateVideo();
    void updateStage();
    void updateModel();
    void rememberModel();
    QString modelProblem() const;
    QString sourceDamage() const;
    void updateSourceName();
    void retranslate();
    void takeDrop(const QUrl& url);
    void showProblem(StageProblem problem);

    Preferences& preferences_;
    LiveActions actions_;
    SessionBridge bridge_;
    RecentSources recent_;
    SourcePicker sources_;
    ModelPicker models_;
    GlossExport glossExport_;
    EarlierGlosses earlier_;
    LiveCommands commands_;
    QAction retry_;
    QAction chooseSource_;
    QAction dismissProblem_;
    LiveToolbar* toolbar_;
    NoticeBar* notice_;
    Stage* stage_;
    CaptionView* captions_;
    TransportBar* transport_;
    SidePanel* side_;
    LiveStatus* status_;
    QSplitter* splitter_;
    QString modelForNow_; ///< asked for at the start, for this time only
    StageProblem problem_ = StageProblem::None;
    bool immersive_ = false;
};

} // namespace livegloss::ui
