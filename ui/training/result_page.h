#pragma once

#include "ui/training/page_parts.h"
#include "ui/training/training_chart.h"

#include <QWidget>

class QTableWidget;

namespace livegloss::ui {

/// What a run has come to: its measurements, and what can be done with the best model.
class ResultPage final : public QWidget {
    Q_OBJECT
public:
    explicit ResultPage(QWidget* parent = nullptr);

    /// `hasModel`: the best model is in the folder; `active`: it may just be being written.
    void setResult(const std::vector<Measurement>& measurements, bool hasModel, bool hasFolder, bool active);
    /// Something that was done, or why not.
    void setNote(const QString& note);
    QTableWidget* table() { return table_; }

Q_SIGNALS:
    void tryAsked();
    void addAsked();
    void folderAsked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void fillTable();
    void retranslate();
    void update();

    std::vector<Measurement> measurements_;
    bool hasModel_ = false;
    bool active_ = false;
    bool hasFolder_ = false;
    QLabel* title_;
    QLabel* summary_;
    QLabel* note_;
    QPushButton* try_;
    QPushButton* add_;
    QPushButton* folder_;
    QTableWidget* table_;
};

} // namespace livegloss::ui
