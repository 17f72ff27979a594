#pragma once

#include "ui/attention/time_plot.h"
#include "ui/training/page_parts.h"
#include "ui/training/training_texts.h"

#include <QWidget>

class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;

namespace livegloss::training {
class RunHistory;
}

namespace livegloss::ui {

/// A run: where it stands, its curves, what it says, and starting, stopping and going on. Shows what it is given.
class RunPage final : public QWidget {
    Q_OBJECT
public:
    explicit RunPage(QWidget* parent = nullptr);

    void setView(const RunView& view);
    const RunView& view() const { return view_; }
    void setCommand(const QString& command);
    /// Curves of a log; those of the newest stage unless a person chose another one.
    void setHistory(const training::RunHistory& history);
    void addMessage(const QString& message);
    void setMessages(const QStringList& messages);
    /// Which existing run may be opened, while none is at work.
    void setOpenable(bool openable);
    TimePlot* plot() { return plot_; }

Q_SIGNALS:
    void startAsked();
    void stopAsked();
    void endAtOnceAsked();
    void openAsked();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void build();
    QWidget* buildFigures();
    QWidget* buildCurves();
    QWidget* buildCommand();
    void retranslate();
    void drawCurves();
    void updateLegend();

    RunView view_;
    const training::RunHistory* history_ = nullptr;
    QString chosenStage_; ///< by a person; empty: the newest
    QLabel* title_;
    QLabel* detail_;
    QLabel* problem_;
    QPushButton* start_;
    QPushButton* stop_;
    QPushButton* endAtOnce_;
    QPushButton* open_;
    QProgressBar* progress_;
    static constexpr int figureCount = 5;
    QLabel* figureNames_[figureCount];
    QLabel* figures_[figureCount];
    QComboBox* stage_;
    QWidget* legend_;
    TimePlot* plot_;
    QPlainTextEdit* messages_;
    QLabel* commandLabel_;
    QLineEdit* command_;
    QPushButton* copy_;
    bool follows_ = true; ///< the cursor stays on the newest step
};

} // namespace livegloss::ui
