#include "ui/dialogs/file_dialogs.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QRegularExpression>

namespace livegloss::ui {

namespace {

/// "csv" of "Table (*.csv)".
QString endingOf(const QString& filterPart) {
    static const QRegularExpression pattern(QStringLiteral(R"(\(\*\.(\w+))"));
    return pattern.match(filterPart).captured(1);
}

} // namespace

QString folderOf(const QString& path) {
    return QFileInfo(path).absolutePath();
}

QString askForFile(QWidget* parent, const QString& title, const QString& filter, const QString& lastFolder,
                   QStandardPaths::StandardLocation otherwise) {
    // Of a folder that is missing the dialog would make a file's name.
    for (const QString& folder : {lastFolder, QStandardPaths::writableLocation(otherwise)}) {
        if (!folder.isEmpty() && QFileInfo(folder).isDir()) {
            return QFileDialog::getOpenFileName(parent, title, folder, filter);
        }
    }
    return QFileDialog::getOpenFileName(parent, title, QDir::homePath(), filter);
}

QString askWhereToSave(QWidget* parent, const QString& title, const QString& filter, const QString& suggestion) {
    const QStringList parts = filter.split(QStringLiteral(";;"));
    QFileDialog dialog(parent, title, folderOf(suggestion));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setFileMode(QFileDialog::AnyFile);
    dialog.setNameFilters(parts);
    dialog.setDefaultSuffix(endingOf(parts.first()));
    QObject::connect(&dialog, &QFileDialog::filterSelected, &dialog, [&dialog](const QString& part) {
        const QFileInfo named(dialog.selectedFiles().value(0));
        if (named.suffix() == dialog.defaultSuffix() && !named.isDir()) {
            dialog.selectFile(named.completeBaseName() + QLatin1Char('.') + endingOf(part));
        }
        dialog.setDefaultSuffix(endingOf(part));
    });
    dialog.selectFile(QFileInfo(suggestion).fileName());
    return dialog.exec() == QDialog::Accepted ? dialog.selectedFiles().value(0) : QString();
}

} // namespace livegloss::ui
