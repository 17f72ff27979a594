#include "ui/training/recipe_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QScrollArea>
#include <QSpinBox>

namespace livegloss::ui {

void RecipePage::retranslate() {
    recipeHeading_->setText(tr("How it is learnt"));
    modelHeading_->setText(tr("Model"));
    stepsHeading_->setText(tr("Steps"));
    open_->setText(tr("Open…"));
    open_->setToolTip(tr("Open a recipe of your own"));
    editFile_->setText(tr("Edit as File…"));
    editFile_->setToolTip(tr("Every other value is in the recipe's file; what is saved there appears here"));
    chooseStart_->setText(tr("Choose…"));
    chooseStart_->setAccessibleName(tr("Choose the file to start from"));
    chooseFolder_->setText(tr("Choose…"));
    chooseFolder_->setAccessibleName(tr("Choose the folder of the run"));
    next_->setText(tr("Next: Training"));
    retranslateFields();
}

void RecipePage::retranslateFields() {
    const std::pair<QWidget*, QString> labels[] = {
        {choice_, tr("Recipe")},
        {folder_, tr("Folder of the run")},
        {startKind_, tr("Start from")},
        {method_, tr("Method")},
        {adapters_, tr("Modules")},
        {name_, tr("Name")},
        {language_, tr("Sign language")},
        {length_, tr("Length")},
        {batch_, tr("Clips per step")},
        {rate_, tr("Learning rate")},
        {seed_, tr("Seed")},
        {threads_, tr("Threads")},
    };
    for (const auto& [field, text] : labels) {
        labels_[field]->setText(text);
        if (field != adapters_) {
            field->setAccessibleName(text);
        }
    }
    method_->setItemText(0, tr("AdaptSign: small modules in a frozen backbone"));
    method_->setItemText(1, tr("Freezing: only the head"));
    method_->setItemText(2, tr("Fine-tuning: the whole backbone"));
    method_->setItemText(3, tr("Partial: the last blocks of the backbone"));
    blocks_->setAccessibleName(tr("Blocks that are trained"));
    blocks_->setToolTip(blocks_->accessibleName());
    adapters_->setText(tr("Adapters"));
    prefixes_->setText(tr("Prefixes"));
    aggregation_->setText(tr("Aggregation"));
    crossFrame_->setText(tr("Cross-frame attention"));
    unit_->setItemText(0, tr("steps"));
    unit_->setItemText(1, tr("epochs"));
    unit_->setAccessibleName(tr("What the length counts"));
    unit_->setToolTip(tr("An epoch goes once through all clips for training; drawn sentences have no end and need "
                         "steps"));
    retranslateStart();
    language_->setToolTip(tr("A code such as gsg or csl; it becomes part of the model"));
    name_->setToolTip(tr("The name that the model will have"));
    rate_->setToolTip(tr("Of Adam, at its highest"));
    seed_->setToolTip(tr("Every random choice follows from it: the same seed gives the same run"));
    threads_->setToolTip(tr("Processor threads that compute; training leaves the window its share"));
    folder_->setToolTip(tr("Checkpoints, log and the best model go there; a folder with a run can go on"));
}

void RecipePage::retranslateStart() {
    startKind_->setItemText(0, tr("Backbone"));
    startKind_->setItemText(1, tr("Trained model"));
    startKind_->setToolTip(
        tr("A backbone gives the image tower alone; a trained model is trained on, its head included"));
    startFile_->setAccessibleName(tr("File to start from"));
    startFile_->setPlaceholderText(startsFromModel() ? tr("File of a model to train on")
                                                     : tr("File of an image tower, or of a model that holds one"));
    startFile_->setToolTip(startsFromModel()
                               ? tr("Sizes that the recipe leaves open are its own; glosses that both know keep what "
                                    "it learnt, and modules without a tick are left out")
                               : tr("An image tower such as CLIP's; of a whole model the image tower is taken"));
}

} // namespace livegloss::ui
