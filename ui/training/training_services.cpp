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

/// Asks, with `no` as what Return answers.
bool agreesTo(QMessageBox& box, const QString& detail, const QString& yes, QMessageBox::ButtonRole role,
              const QString& no) {
    box.setInformativeText(detail);
    const QPushButton* agreed = box.addButton(yes, role);
    box.setDefaultButton(box.addButton(no, QMessageBox::RejectRole));
    box.exec();
    return box.clickedButton() == agreed;
}

bool askToStop(QWidget* parent) {
    QMessageBox box(QMessageBox::Question, TrainingWorkspace::tr("Training Is Running"),
                    TrainingWorkspace::tr("Stop training and close LiveGloss?"), QMessageBox::NoButton, parent);
    return agreesTo(
        box, TrainingWorkspace::tr("A checkpoint is written first; the run can go on from there at any time."),
        TrainingWorkspace::tr("Stop and Close"), QMessageBox::AcceptRole, TrainingWorkspace::tr("Go On Training"));
}

bool askToDiscard(QWidget* parent) {
    QMessageBox box(QMessageBox::Question, TrainingWorkspace::tr("Changed Recipe"),
                    TrainingWorkspace::tr("Give up what was set for this recipe?"), QMessageBox::NoButton, parent);
    return agreesTo(box,
                    TrainingWorkspace::tr("No file holds it yet. “Edit as File…” saves it as a recipe of your own."),
                    TrainingWorkspace::tr("Give Up"), QMessageBox::DestructiveRole, TrainingWorkspace::tr("Keep"));
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
            [](const QUrl& url) { QDesktopServices::openUrl(url); },
            askToStop,
            askToDiscard};
}

} // namespace livegloss::ui
