#pragma once

#include "ui/views/history_panel.h"
#include "ui/views/vocabulary_panel.h"

#include <QFrame>

class QTabWidget;

namespace livegloss::ui {

class AttentionLegend;
class HintCard;

/// History and vocabulary beside the video, with the legend of the attention colours below.
class SidePanel final : public QFrame {
    Q_OBJECT
public:
    SidePanel(const LiveActions& actions, QWidget* parent = nullptr);

    HistoryPanel* history() { return history_; }
    VocabularyPanel* vocabulary() { return vocabulary_; }
    HintCard* hints() { return hints_; }
    /// Shows the hints where there is room for them beside the list.
    void setHintsWanted(bool wanted);
    AttentionLegend* legend() { return legend_; }
    void showHistory();
    void showVocabularySearch();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitHints();
    void retranslate();

    QTabWidget* tabs_;
    HistoryPanel* history_;
    VocabularyPanel* vocabulary_;
    HintCard* hints_;
    AttentionLegend* legend_;
    bool hintsWanted_ = false;
};

} // namespace livegloss::ui
