#pragma once

#include "ui/dialogs/file_dialogs.h"
#include "ui/style/theme.h"

#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QUrl>
#include <QVBoxLayout>

#include <functional>

namespace livegloss::ui {

/// What the pages of training ask of the desktop; tests put their own in. Empty answers mean cancelled.
struct TrainingServices {
    std::function<QString(QWidget* parent, const QString& title, const QString& begin)> askFolder;
    std::function<QString(QWidget* parent, const QString& title, const QString& filter, const QString& begin)> askFile;
    std::function<QString(QWidget* parent, const QString& title, const QString& filter, const QString& suggestion)>
        askWhereToSave;
    std::function<void(const QUrl&)> open;
    /// Whether a run is to be stopped, with a checkpoint, so that the window can close.
    std::function<bool(QWidget* parent)> confirmStop;
    /// Whether what was set for a recipe may go for another recipe.
    std::function<bool(QWidget* parent)> confirmDiscard;
};

/// A label that gives way, of a role of the style sheet: "title", "heading", "muted", "warning", "text".
inline QLabel* pageLabel(QWidget* parent, const char* name, const char* role) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setProperty("role", QString::fromLatin1(role));
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

/// An empty text takes no room.
inline void showText(QLabel* label, const QString& text) {
    label->setText(text);
    label->setVisible(!text.isEmpty());
}

inline QPushButton* pageButton(QWidget* parent, const char* name, bool primary = false) {
    auto* button = new QPushButton(parent);
    button->setObjectName(QString::fromLatin1(name));
    button->setProperty("primary", primary);
    return button;
}

/// A column with the margins of a page.
inline QVBoxLayout* pageColumn(QWidget* page) {
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 2 * grid);
    column->setSpacing(grid);
    return column;
}

} // namespace livegloss::ui
