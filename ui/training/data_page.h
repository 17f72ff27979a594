#pragma once

#include "ui/training/finding_table.h"
#include "ui/training/page_parts.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QProgressBar;
class QRadioButton;
class QTableWidget;

namespace livegloss::ui {

/// What is learnt from: drawn sentences or a data set on this computer, and a check of the latter.
class DataPage final : public QWidget {
    Q_OBJECT
public:
    DataPage(const QString& program, const TrainingServices& services, QWidget* parent = nullptr);

    /// Empty: drawn sentences, or no folder chosen yet.
    QString folder() const;
    bool drawn() const;
    /// Drawn sentences, or a folder that is there.
    bool ready() const;
    /// Empty: drawn sentences.
    void setFolder(const QString& folder);
    /// A run goes on with what it began with.
    void setLocked(bool locked);
    void startCheck();
    DataCheck& check() { return check_; }
    FindingTable* findings() { return findings_; }
    /// What the page says about the last check.
    QString summaryText() const;

Q_SIGNALS:
    void changed();
    void nextAsked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void buildChoice(QVBoxLayout* column);
    void buildCheck(QVBoxLayout* column);
    void buildReport(QVBoxLayout* column);
    void connectAll();
    void retranslate();
    void choose();
    void forget();
    void update();
    void showReport(const CheckReport& report);
    void showParts();
    void showKinds();
    void showEnd(const CommandOutcome& outcome);
    void save();

    TrainingServices services_;
    DataCheck check_;
    QLabel* title_;
    QRadioButton* draw_;
    QLabel* drawNote_;
    QRadioButton* set_;
    QLabel* setNote_;
    QLineEdit* path_;
    QPushButton* choose_;
    QPushButton* start_;
    QCheckBox* quick_;
    QProgressBar* progress_;
    QLabel* progressText_;
    QPushButton* cancel_;
    QLabel* summary_;
    QLabel* problem_;
    QTableWidget* parts_;
    QWidget* findingBar_;
    QLabel* findingTitle_;
    QComboBox* kinds_;
    QPushButton* copy_;
    QPushButton* save_;
    FindingTable* findings_;
    QPushButton* next_;
    std::optional<CheckReport> report_;
    qint64 done_ = 0;
    qint64 all_ = 0;
    bool locked_ = false;
};

} // namespace livegloss::ui
