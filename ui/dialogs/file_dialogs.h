#pragma once

#include <QStandardPaths>
#include <QString>

class QWidget;

namespace livegloss::ui {

/// Asks for a file to open, beginning in the folder of the last answer. Empty when it was cancelled.
QString askForFile(QWidget* parent, const QString& title, const QString& filter, const QString& lastFolder,
                   QStandardPaths::StandardLocation otherwise);

/// Asks where to write, beginning with `suggestion`. `filter` has one ending in each part ("Table (*.csv);;..."): a
/// name without an ending gets that of the chosen part, and the question about replacing a file is about that name.
/// Empty when it was cancelled.
QString askWhereToSave(QWidget* parent, const QString& title, const QString& filter, const QString& suggestion);

/// The folder a path lies in, for the next question.
QString folderOf(const QString& path);

} // namespace livegloss::ui
