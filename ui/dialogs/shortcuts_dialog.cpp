#include "ui/dialogs/shortcuts_dialog.h"

#include "ui/actions/action_set.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

void addRow(QTreeWidget* list, const QAction* action) {
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts()) {
        keys.append(key.toString(QKeySequence::NativeText));
    }
    auto* row = new QTreeWidgetItem(list, {action->text(), keys.join(QStringLiteral("   ")), action->statusTip()});
    row->setToolTip(2, action->statusTip());
}

void filterRows(QTreeWidget* list, const QString& text) {
    for (int row = 0; row < list->topLevelItemCount(); ++row) {
        QTreeWidgetItem* item = list->topLevelItem(row);
        bool found = false;
        for (int column = 0; column < 3; ++column) {
            found = found || item->text(column).contains(text, Qt::CaseInsensitive);
        }
        item->setHidden(!found);
    }
}

} // namespace

ShortcutsDialog::ShortcutsDialog(const std::vector<const ActionSet*>& sets, const QList<QAction*>& more,
                                 QWidget* parent)
    : QDialog(parent) {
    setObjectName(QStringLiteral("shortcutsDialog"));
    setWindowTitle(tr("Keyboard Shortcuts"));
    auto* search = new QLineEdit(this);
    search->setPlaceholderText(tr("Search actions and keys"));
    search->setAccessibleName(tr("Search actions and keys"));
    search->setClearButtonEnabled(true);
    search->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    auto* list = new QTreeWidget(this);
    list->setAccessibleName(tr("Actions and their keys"));
    list->setHeaderLabels({tr("Action"), tr("Keys"), tr("What it does")});
    list->setRootIsDecorated(false);
    list->setUniformRowHeights(true);
    list->setFrameShape(QFrame::NoFrame);
    list->setSelectionMode(QAbstractItemView::SingleSelection);
    for (const ActionSet* set : sets) {
        for (const QAction* action : set->all()) {
            addRow(list, action);
        }
    }
    for (const QAction* action : more) {
        addRow(list, action);
    }
    list->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    auto* close = new QPushButton(tr("Close"), this);
    close->setDefault(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid);
    column->setSpacing(grid);
    column->addWidget(search);
    column->addWidget(list, 1);
    column->addWidget(close, 0, Qt::AlignRight);
    connect(search, &QLineEdit::textChanged, this, [list](const QString& text) { filterRows(list, text.trimmed()); });
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    resize(100 * grid, 70 * grid);
}

} // namespace livegloss::ui
