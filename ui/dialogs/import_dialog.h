#pragma once

#include "ui/bridge/engine_services.h"

#include <QDialog>
#include <QTimer>

#include <atomic>
#include <memory>
#include <optional>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace livegloss::ui {

/// What is known of a checkpoint from elsewhere; empty where it is not.
struct ImportFacts {
    QString name;
    QString signLanguage;
    QString licence;
};

/// Turns a checkpoint into a model: shows what was found while files are chosen, then writes with progress. Slow work
/// happens on pool threads; closing the dialog cancels it.
class ImportDialog final : public QDialog {
    Q_OBJECT
public:
    /// The model is written into `folder`. `known` stands in the fields at first.
    ImportDialog(const EngineServices& services, const QString& checkpoint, const QString& folder,
                 const ImportFacts& known, QWidget* parent);
    ~ImportDialog() override;

    /// The model that was written; empty before.
    const QString& output() const { return output_; }
    bool canImport() const;
    QString summary() const;
    QString problems() const;

public Q_SLOTS:
    void startImport();
    void reject() override;

private:
    struct Work {
        std::atomic<bool> cancelled{false};
        std::atomic<double> progress{0.0};
    };

    void build();
    QLineEdit* addFileRow(QVBoxLayout* column, const QString& label, const char* name, const QString& hint,
                          const QString& filter);
    QLineEdit* addTextRow(QVBoxLayout* column, const QString& label, const char* name, const QString& hint);
    void addRow(QVBoxLayout* column, const QString& label, QWidget* control, QWidget* button = nullptr);
    void addFacts(QVBoxLayout* column);
    importing::ImportOptions options() const;
    void look();
    void take(int number, const Result<importing::ModelImport>& found);
    void showFound();
    void setBusy(bool busy);
    void finish(const Result<void>& written, const QString& path);
    QString freePath() const;

    EngineServices services_;
    QString folder_;
    QString output_;
    QLineEdit* checkpoint_ = nullptr;
    QLineEdit* glosses_ = nullptr;
    QLineEdit* backbone_ = nullptr;
    QLineEdit* name_ = nullptr;
    QLineEdit* language_ = nullptr;
    QLineEdit* licence_ = nullptr;
    QWidget* form_;
    QDoubleSpinBox* rate_;
    QComboBox* activation_;
    QComboBox* colours_;
    QLabel* title_;
    QLabel* summary_;
    QLabel* notes_;
    QLabel* warnings_;
    QLabel* problems_;
    QProgressBar* progress_;
    QPushButton* import_;
    QPushButton* cancel_;
    QTimer lookSoon_;
    QTimer showProgress_;
    int looks_ = 0;
    bool rateChosen_ = false;
    std::optional<importing::ModelImport> found_;
    std::shared_ptr<Work> work_; ///< while writing
};

} // namespace livegloss::ui
