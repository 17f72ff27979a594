#include "ui/dialogs/shortcuts_dialog.h"

#include "ui/actions/action_keys.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/widgets/key_field.h"
#include "ui/widgets/labels.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

enum Column { ActionColumn, KeysColumn, TipColumn };

QString listed(const QList<QKeySequence>& keys) {
    QStringList texts;
    for (const QKeySequence& key : keys) {
        texts.append(key.toString(QKeySequence::NativeText));
    }
    return texts.join(QStringLiteral("   "));
}

QString nameOf(const QAction* action) {
    return action->text().remove(QLatin1Char('&'));
}

} // namespace

ShortcutsDialog::ShortcutsDialog(ActionKeys& keys, QWidget* parent)
    : QDialog(parent),
      keys_(keys),
      actions_(keys.changeable() + keys.fixed()),
      search_(new QLineEdit(this)),
      list_(new QTreeWidget(this)),
      name_(wrappedLabel("heading", this)),
      note_(wrappedLabel("muted", this)),
      take_(new QPushButton(tr("&Use It Here"), this)),
      standard_(new QPushButton(tr("&Standard Keys"), this)),
      allStandard_(new QPushButton(tr("&All Standard Keys"), this)) {
    setObjectName(QStringLiteral("shortcutsDialog"));
    setWindowTitle(tr("Keyboard Shortcuts"));
    build();
    for (QAction* action : actions_) {
        addRow(action);
    }
    showAll();
    list_->setCurrentItem(list_->topLevelItem(0));
    connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) { filter(text.trimmed()); });
    connect(list_, &QTreeWidget::currentItemChanged, this, &ShortcutsDialog::showChosen);
    connect(list_, &QTreeWidget::itemActivated, this, [this] { fields_.front()->setFocus(); });
    connect(take_, &QPushButton::clicked, this, &ShortcutsDialog::useElsewhere);
    connect(standard_, &QPushButton::clicked, this, &ShortcutsDialog::restoreChosen);
    connect(allStandard_, &QPushButton::clicked, this, [this] {
        keys_.restoreAll();
        showAll();
    });
    showChosen();
    search_->setFocus();
}

void ShortcutsDialog::build() {
    search_->setPlaceholderText(tr("Search actions and keys"));
    search_->setAccessibleName(tr("Search actions and keys"));
    search_->setClearButtonEnabled(true);
    search_->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    list_->setAccessibleName(tr("Actions and their keys"));
    list_->setHeaderLabels({tr("Action"), tr("Keys"), tr("What it does")});
    list_->setRootIsDecorated(false);
    list_->setUniformRowHeights(true);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setSelectionMode(QAbstractItemView::SingleSelection);
    list_->header()->setSectionResizeMode(ActionColumn, QHeaderView::ResizeToContents);
    list_->header()->setSectionResizeMode(KeysColumn, QHeaderView::ResizeToContents);
    auto* close = new QPushButton(tr("Close"), this);
    close->setProperty("primary", true);
    // Enter goes from the list to the fields, and there says yes to a question.
    for (QPushButton* button : {take_, standard_, allStandard_, close}) {
        button->setAutoDefault(false);
    }
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(grid);
    buttons->addWidget(allStandard_);
    buttons->addStretch();
    buttons->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid);
    column->setSpacing(grid);
    column->addWidget(search_);
    column->addWidget(list_, 1);
    column->addWidget(makeEditor());
    column->addSpacing(grid);
    column->addLayout(buttons);
    QWidget* before = search_;
    for (QWidget* next : std::initializer_list<QWidget*>{list_, fields_.front(), fields_.back(), standard_, take_,
                                                         allStandard_, close}) {
        setTabOrder(before, next);
        before = next;
    }
    resize(108 * grid, 78 * grid);
}

QWidget* ShortcutsDialog::makeEditor() {
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, grid, 0, 0);
    column->setSpacing(grid);
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    const QString names[] = {tr("&Key"), tr("S&econd key")};
    for (std::size_t index = 0; index < fields_.size(); ++index) {
        auto* field = new KeyField(this);
        field->setObjectName(QStringLiteral("key%1").arg(index));
        field->setAccessibleName(QString(names[index]).remove(QLatin1Char('&')));
        auto* label = new QLabel(names[index], this);
        label->setBuddy(field);
        row->addWidget(label);
        row->addWidget(field, 1);
        connect(field, &KeyField::keyTyped, this, &ShortcutsDialog::takeKey);
        connect(field, &KeyField::left, this, [this] {
            showChosen();
            list_->setFocus();
        });
        fields_[index] = field;
    }
    row->addWidget(standard_);
    auto* noteRow = new QHBoxLayout;
    noteRow->setSpacing(grid);
    noteRow->addWidget(note_, 1);
    noteRow->addWidget(take_);
    note_->setObjectName(QStringLiteral("keyNote"));
    take_->setObjectName(QStringLiteral("takeKey"));
    standard_->setObjectName(QStringLiteral("standardKeys"));
    QSizePolicy kept = take_->sizePolicy();
    kept.setRetainSizeWhenHidden(true);
    take_->setSizePolicy(kept);
    column->addWidget(name_);
    column->addLayout(row);
    column->addLayout(noteRow);
    return box;
}

void ShortcutsDialog::addRow(QAction* action) {
    auto* row = new QTreeWidgetItem(list_, {nameOf(action), QString(), action->statusTip()});
    row->setToolTip(TipColumn, action->statusTip());
    row->setSizeHint(TipColumn, QSize(0, 3 * grid));
}

QAction* ShortcutsDialog::actionOf(const QTreeWidgetItem* row) const {
    return row == nullptr ? nullptr : actions_.at(list_->indexOfTopLevelItem(const_cast<QTreeWidgetItem*>(row)));
}

QAction* ShortcutsDialog::chosen() const {
    return actionOf(list_->currentItem());
}

void ShortcutsDialog::showKeys(QTreeWidgetItem* row) {
    const QAction* action = actionOf(row);
    row->setText(KeysColumn, listed(keys_.keys(action)));
    QFont font = list_->font();
    font.setBold(!keys_.isFixed(action) && !keys_.isStandard(action));
    row->setFont(KeysColumn, font);
}

void ShortcutsDialog::showAll() {
    bool changed = false;
    for (int index = 0; index < list_->topLevelItemCount(); ++index) {
        showKeys(list_->topLevelItem(index));
        const QAction* action = actions_.at(index);
        changed = changed || (!keys_.isFixed(action) && !keys_.isStandard(action));
    }
    allStandard_->setEnabled(changed);
    showChosen();
}

void ShortcutsDialog::showChosen() {
    const QAction* action = chosen();
    const bool changeable = action != nullptr && !keys_.isFixed(action);
    name_->setText(action == nullptr ? QString() : nameOf(action));
    const QList<QKeySequence> keys = action == nullptr ? QList<QKeySequence>() : keys_.keys(action);
    for (std::size_t index = 0; index < fields_.size(); ++index) {
        fields_[index]->setKey(keys.value(static_cast<qsizetype>(index)));
        fields_[index]->setEnabled(changeable);
    }
    standard_->setEnabled(changeable && !keys_.isStandard(action));
    say(action == nullptr ? QString()
        : changeable      ? tr("Go to a field and press the new key. Keys in bold are your own.")
                          : tr("The keys of the workspaces go by their order and cannot be changed."),
        false);
}

QList<QKeySequence> ShortcutsDialog::typedKeys() const {
    QList<QKeySequence> keys;
    for (const KeyField* field : fields_) {
        if (!field->key().isEmpty()) {
            keys.append(field->key());
        }
    }
    return keys;
}

void ShortcutsDialog::takeKey(const QKeySequence& key) {
    const QAction* action = chosen();
    const QAction* holder = key.isEmpty() ? nullptr : keys_.holder(key, action);
    const QList<QKeySequence> present = keys_.keys(action);
    for (std::size_t index = 0; index < fields_.size(); ++index) { // a question about the other field is over
        if (fields_[index] != sender()) {
            fields_[index]->setKey(present.value(static_cast<qsizetype>(index)));
        }
    }
    if (holder != nullptr) {
        const QString text = key.toString(QKeySequence::NativeText);
        if (keys_.isFixed(holder)) {
            say(tr("%1 opens the workspace “%2”; choose another key.").arg(text, nameOf(holder)), false);
        } else {
            say(tr("%1 belongs to “%2”, which would lose it.").arg(text, nameOf(holder)), true);
        }
        return;
    }
    keys_.setKeys(action, typedKeys());
    showAll();
}

void ShortcutsDialog::useElsewhere() {
    keys_.setKeys(chosen(), typedKeys());
    showAll();
    list_->setFocus();
}

void ShortcutsDialog::restoreChosen() {
    keys_.restore(chosen());
    showAll();
}

void ShortcutsDialog::say(const QString& text, bool offersTaking) {
    note_->setText(text);
    take_->setVisible(offersTaking);
    take_->setDefault(offersTaking);
}

void ShortcutsDialog::filter(const QString& text) {
    for (int index = 0; index < list_->topLevelItemCount(); ++index) {
        QTreeWidgetItem* row = list_->topLevelItem(index);
        bool found = false;
        for (int column = ActionColumn; column <= TipColumn; ++column) {
            found = found || row->text(column).contains(text, Qt::CaseInsensitive);
        }
        row->setHidden(!found);
    }
    // Nobody changes the keys of a row that is not to be seen.
    if (list_->currentItem() == nullptr || list_->currentItem()->isHidden()) {
        QTreeWidgetItem* first = nullptr;
        for (int index = list_->topLevelItemCount() - 1; index >= 0; --index) {
            first = list_->topLevelItem(index)->isHidden() ? first : list_->topLevelItem(index);
        }
        list_->setCurrentItem(first);
    }
}

} // namespace livegloss::ui
