#include "ui/training/training_workspace.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

namespace livegloss::ui {

namespace {

/// The nearest folder that exists, to begin a dialog in.
QString existing(QString folder) {
    while (!folder.isEmpty() && !QFileInfo(folder).isDir() && folder != QFileInfo(folder).path()) {
        folder = QFileInfo(folder).path();
    }
    return folder.isEmpty() ? QDir::homePath() : folder;
}

bool askToStop(QWidget* parent) {
    QMessageBox box(QMessageBox::Question, TrainingWorkspace::tr("Training Is Running"),
                    TrainingWorkspace::tr("Stop training and close LiveGloss?"), QMessageBox::NoButton, parent);
    box.setInformativeText(
        TrainingWorkspace::tr("A checkpoint is written first; the run can go on from there at any time."));
    QPushButton* stop = box.addButton(TrainingWorkspace::tr("Stop and Close"), QMessageBox::AcceptRole);
    QPushButton* stay = box.addButton(TrainingWorkspace::tr("Go On Training"), QMessageBox::RejectRole);
    box.setDefaultButton(stay);
    box.exec();
    return box.clickedButton() == stop;
}

bool askToDiscard(QWidget* parent) {
    QMessageBox box(QMessageBox::Question, TrainingWorkspace::tr("Changed Recipe"),
                    TrainingWorkspace::tr("Give up what was set for this recipe?"), QMessageBox::NoButton, parent);
    box.setInformativeText(
        TrainingWorkspace::tr("No file holds it yet. “Edit as File…” saves it as a recipe of your own."));
    QPushButton* discard = box.addButton(TrainingWorkspace::tr("Give Up"), QMessageBox::DestructiveRole);
    QPushButton* keep = box.addButton(TrainingWorkspace::tr("Keep"), QMessageBox::RejectRole);
    box.setDefaultButton(keep);
    box.exec();
    return box.clickedButton() == discard;
}

} // namespace

TrainingServices makeTrainingServices() {
    return {[](QWidget* parent, const QString& title, const QString& begin) {
                return QFileDialog::getExistingDirectory(parent, title, existing(begin));
            },
            [](QWidget* parent, const QString& title, const QString& filter, const QString& begin) {
                return askForFile(parent, title, filter, begin.isEmpty() ? begin : folderOf(begin),
                                  QStandardPaths::DocumentsLocation);
            },
            [](QWidget* parent, const QString& title, const QString& filter, const QString& suggestion) {
                const QString folder = existing(folderOf(suggestion));
                return askWhereToSave(parent, title, filter,
                                      folder + QLatin1Char('/') + QFileInfo(suggestion).fileName());
            },
            [](const QUrl& url) { QDesktopServices::openUrl(url); }, askToStop, askToDiscard};
}

} // namespace livegloss::ui
