#pragma once

#include "ui/training/page_parts.h"
#include "ui/training/recipe_edit.h"

#include <QFileSystemWatcher>
#include <QMap>
#include <QTimer>
#include <QWidget>

#include <optional>
#include <utility>
#include <vector>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLineEdit;
class QScrollArea;
class QSpinBox;

namespace livegloss::ui {

/// How training is done, and where to: a recipe, its important values, and the folder of the run.
class RecipePage final : public QWidget {
    Q_OBJECT
public:
    /// `recipes`: those that came with the program; `runs`: where folders of runs go by default.
    RecipePage(const QString& recipes, const QString& runs, const TrainingServices& services,
               QWidget* parent = nullptr);

    /// Null where the chosen recipe cannot be read.
    const RecipeEdit* recipe() const { return edit_ ? &*edit_ : nullptr; }
    QString runFolder() const;
    void setRunFolder(const QString& folder);
    int threads() const;
    void setThreads(int threads);
    /// A recipe of one's own. What was set for the one before goes.
    void openRecipe(const QString& path);
    /// What was set and is in no file, to go on with another time; empty where nothing was.
    QString draft() const;
    void takeDraft(const QString& draft);
    /// A run has begun with what is set: its folder keeps it.
    void setKept();
    QString recipePath() const;
    /// Whether the data are drawn sentences, which not every recipe suits.
    void setDrawn(bool drawn);
    void setLocked(bool locked);
    /// One line about what lies in the folder of the run.
    void setFolderNote(const QString& note);
    /// Recipe and data suit each other, and there is a folder.
    bool ready() const;
    QString problemText() const;

Q_SIGNALS:
    void changed();
    void folderChanged(const QString& folder);
    void nextAsked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void buildRecipe(QFormLayout* form);
    void buildModel(QFormLayout* form);
    void buildSteps(QFormLayout* form);
    QLabel* addRow(QFormLayout* form, QWidget* control, QWidget* button = nullptr, QWidget* another = nullptr);
    void connectAll();
    void fillRecipes(const QString& chosen);
    void load(const QString& path);
    void chooseAnother(const QString& path);
    void readAgain();
    bool mayReplace();
    void showFolder(const QString& folder);
    void showValues();
    void takeValues();
    void check();
    void chooseRecipe();
    void chooseStart();
    bool startsFromModel() const;
    void chooseFolder();
    void editFile();
    void enableFields();
    void retranslate();
    void retranslateFields();
    void retranslateStart();
    RecipeValues wanted() const;
    QString freeFolder(const QString& name) const;

    TrainingServices services_;
    QString recipes_;
    QString runs_;
    std::optional<RecipeEdit> edit_;
    QString loaded_;      ///< path of the recipe on show, or that could not be read
    QString readProblem_; ///< why the chosen recipe cannot be read
    QString kept_;        ///< draft() that a run keeps
    QString ownRecipe_;   ///< path of a recipe that did not come with the program
    std::vector<RecipeConflict> conflicts_;
    std::pair<int, QString> shownStart_; ///< kind and file as the recipe has them
    bool valid_ = false;
    bool filling_ = false;
    bool drawn_ = true;
    bool locked_ = false;
    bool folderChosen_ = false; ///< by a person: another recipe does not change it
    QFileSystemWatcher watcher_;
    QTimer reload_; ///< editors write in several steps

    QScrollArea* scroll_;
    QLabel* recipeHeading_;
    QLabel* modelHeading_;
    QLabel* stepsHeading_;
    QComboBox* choice_;
    QPushButton* open_;
    QPushButton* editFile_;
    QLabel* about_;
    QLineEdit* name_;
    QLineEdit* language_;
    QComboBox* startKind_; ///< a backbone, or a whole model
    QLineEdit* startFile_;
    QPushButton* chooseStart_;
    QComboBox* method_;
    QSpinBox* blocks_;
    QCheckBox* adapters_;
    QCheckBox* prefixes_;
    QCheckBox* aggregation_;
    QCheckBox* crossFrame_;
    QSpinBox* length_;
    QComboBox* unit_;
    QSpinBox* batch_;
    QLineEdit* rate_;
    QLineEdit* seed_;
    QSpinBox* threads_;
    QLineEdit* folder_;
    QPushButton* chooseFolder_;
    QLabel* folderNote_;
    QLabel* problem_;
    QLabel* remark_;
    QPushButton* next_;
    QMap<QWidget*, QLabel*> labels_;
};

} // namespace livegloss::ui
