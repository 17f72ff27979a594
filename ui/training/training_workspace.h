#pragma once

#include "ui/training/page_parts.h"
#include "ui/training/training_run.h"
#include "ui/views/workspace.h"

#include <QTimer>

#include <cstdint>
#include <memory>

class QStackedWidget;
class QTabBar;

namespace livegloss::training {
struct RunFolder;
class RunHistory;
} // namespace livegloss::training

namespace livegloss::ui {

class DataPage;
class RecipePage;
class ResultPage;
class RunPage;
class RunRecipe;

/// Where training finds what it needs.
struct TrainingPlaces {
    QString program; ///< livegloss-cli
    QString recipes; ///< folder of the recipes that came with the program
    QString runs;    ///< folder that new runs go into
};
TrainingServices makeTrainingServices();

/// Training from data to a model: data, recipe, run, result. The run is a process of its own.
class TrainingWorkspace final : public Workspace {
    Q_OBJECT
public:
    enum Page { DataTab, RecipeTab, RunTab, ResultTab };

    TrainingWorkspace(const TrainingPlaces& places, TrainingServices services, QWidget* parent = nullptr);
    ~TrainingWorkspace() override;

    QString title() const override;
    QString iconName() const override;
    void fillMenus(const WorkspaceMenus&) override {}
    QWidget* statusWidget() override;
    void showStatusTip(const QString& tip) override;
    void setImmersive(bool) override {}
    void saveState(QSettings& store) const override;
    void restoreState(const QSettings& store) override;
    /// While a run is at work: asks whether it is to be stopped; the window closes once that is done. A second wish to
    /// close does not wait: the run then ends by itself, with its checkpoint.
    bool prepareClose() override;

    void showPage(Page page);
    Page page() const;
    /// Looks at a run in a folder: its data, recipe, curves and result.
    void openRun(const QString& folder);
    void startRun();

    DataPage* data() { return data_; }
    RecipePage* recipe() { return recipe_; }
    RunPage* runPage() { return runPage_; }
    ResultPage* result() { return result_; }
    TrainingRun& run() { return run_; }

Q_SIGNALS:
    /// A person wants to recognise with this model.
    void tryRequested(const QString& path);
    /// The model is to be kept, under the name of a file.
    void addRequested(const QString& path, const QString& fileName);
    /// The run has ended after prepareClose().
    void closeAllowed();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectPages();
    void connectRun();
    void retranslate();
    void lookAtFolder();
    void adoptRun(const training::RunFolder& found);
    void followLog();
    void update();
    bool ready() const;
    QString folderNote() const;
    std::int64_t lastStep() const;
    RunPlan planOf(const QString& recipe) const;
    QString modelPath() const;
    void runEnded();

    TrainingPlaces places_;
    TrainingServices services_;
    TrainingRun run_;
    std::unique_ptr<training::RunFolder> found_; ///< what lies in the folder of the run
    QString folder_;
    std::unique_ptr<training::RunHistory> history_;
    QTimer follow_; ///< reads the log and looks after folders that another process trains in
    QString startProblem_;
    std::unique_ptr<RunRecipe> runRecipe_;
    bool closing_ = false;
    QTabBar* tabs_;
    QStackedWidget* pages_;
    DataPage* data_;
    RecipePage* recipe_;
    RunPage* runPage_;
    ResultPage* result_;
    QLabel* status_;
};

} // namespace livegloss::ui
