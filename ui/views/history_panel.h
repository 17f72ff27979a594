#pragma once

#include "ui/actions/live_actions.h"
#include "ui/views/history_model.h"

#include <QWidget>

class QLabel;
class QTableView;

namespace livegloss::ui {

/// The list of recognised glosses. Several can be selected and copied; in files a click jumps to the moment.
class HistoryPanel final : public QWidget {
    Q_OBJECT
public:
    HistoryPanel(const LiveActions& actions, QWidget* parent = nullptr);

    void setGlosses(const std::vector<session::CaptionGloss>& glosses, bool afterOfflinePass, bool offlineRunning);
    void setSeekable(bool seekable) { seekable_ = seekable; }
    /// The selected rows, or all when none is selected, to the clipboard; says how many.
    int copy();
    void selectAll();
    void focusList();
    QTableView* view() { return view_; }
    const HistoryModel& model() const { return model_; }

Q_SIGNALS:
    void momentChosen(livegloss::MediaTime time);

protected:
    void changeEvent(QEvent* event) override;

private:
    void chooseRow(const QModelIndex& index);
    void updateSummary();
    void retranslate();

    HistoryModel model_;
    QTableView* view_;
    QLabel* empty_;
    QLabel* summary_;
    int hoursWidth_ = 0;
    bool seekable_ = false;
    bool afterOfflinePass_ = false;
    bool offlineRunning_ = false;
};

} // namespace livegloss::ui
