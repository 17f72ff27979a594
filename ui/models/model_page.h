#pragma once

#include "ui/models/model_shelf.h"
#include "ui/views/model_picker.h"

#include <QMap>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace livegloss::ui {

class ModelFacts;
class VocabularyPanel;

/// Which model recognises, as the Live workspace tells it.
struct ModelUse {
    std::optional<ModelInfo> current;
    QString loadingPath;
    std::optional<Error> problem; ///< why the last load failed
    QString problemPath;

    bool isCurrent(const QString& path) const { return current && !path.isEmpty() && current->path == path; }
};

/// What can be done with a model. The first that applies is the one to take.
enum class ModelAction { Use, Download, Pause, OpenPage, Import, ChooseFile, Cancel, Delete };

/// One model: what can be done with it, how its download fares, and its card.
class ModelPage final : public QWidget {
    Q_OBJECT
public:
    explicit ModelPage(QWidget* parent = nullptr);

    /// Shows an entry, or with null that there is none. `download` is null when none has been begun.
    void setEntry(const ShelfEntry* entry, const downloads::Download* download, const ModelUse& use);
    /// Progress and state of the download of the entry on show.
    void setDownload(const downloads::Download* download);
    /// Of the file on show; empty when it could not be read.
    void setChecksum(const QByteArray& sha256);
    QPushButton* button(ModelAction action) const { return buttons_[action]; }
    VocabularyPanel* vocabulary() { return vocabulary_; }
    /// What the page says about the present state, besides the card.
    QString stateText() const;
    QString problemText() const;

Q_SIGNALS:
    void actionChosen(livegloss::ui::ModelAction action);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void build();
    void retranslate();
    void update();
    void updateButtons();
    void updateState();
    void updateProblem();
    void updateProgress();
    void updateFacts();
    void showVocabulary();
    bool isRunning() const;

    std::optional<ShelfEntry> entry_;
    ModelUse use_;
    std::optional<downloads::Failure> failure_;
    std::optional<downloads::Download::State> downloadState_;
    std::optional<QByteArray> checksum_; ///< of the file, once it is computed
    QLabel* title_;
    QLabel* state_;
    QLabel* problem_;
    QLabel* problemDetail_;
    QProgressBar* progress_;
    QLabel* progressText_;
    QLabel* about_;
    ModelFacts* facts_ = nullptr; ///< made anew for each entry
    QVBoxLayout* column_ = nullptr;
    VocabularyPanel* vocabulary_;
    QMap<ModelAction, QPushButton*> buttons_;
};

} // namespace livegloss::ui
