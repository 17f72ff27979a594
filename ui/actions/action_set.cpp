#include "ui/actions/action_set.h"

#include "ui/style/icons.h"

#include <QCoreApplication>
#include <QWidget>

namespace livegloss::ui {

namespace {

bool isSingleCharacter(int key) {
    const auto modifiers = QKeyCombination::fromCombined(key).keyboardModifiers();
    return modifiers == Qt::NoModifier && key < 0x01000000;
}

} // namespace

ActionSet::ActionSet(std::span<const ActionSpec> specs, QWidget* owner) : QObject(owner), specs_(specs) {
    for (const ActionSpec& spec : specs_) {
        auto* action = new QAction(icon(QString::fromLatin1(spec.icon)), QString(), this);
        action->setObjectName(QString::fromLatin1(spec.id));
        action->setCheckable(spec.checkable);
        action->setShortcutContext(Qt::WindowShortcut);
        owner->addAction(action);
        actions_.push_back(action);
    }
    setSingleKeys(true);
    retranslate();
}

void ActionSet::setSingleKeys(bool enabled) {
    singleKeys_ = enabled;
    for (std::size_t index = 0; index < specs_.size(); ++index) {
        QList<QKeySequence> keys;
        for (const int key : specs_[index].keys) {
            if (key != 0 && (enabled || !isSingleCharacter(key))) {
                keys.append(QKeySequence(key));
            }
        }
        actions_[index]->setShortcuts(keys);
        updateTip(index);
    }
}

void ActionSet::retranslate() {
    for (std::size_t index = 0; index < specs_.size(); ++index) {
        actions_[index]->setText(QCoreApplication::translate("Actions", specs_[index].text));
        updateTip(index);
    }
}

void ActionSet::updateTip(std::size_t index) {
    const QString tip = QCoreApplication::translate("Actions", specs_[index].tip);
    const QString key = actions_[index]->shortcut().toString(QKeySequence::NativeText);
    actions_[index]->setToolTip(key.isEmpty() ? tip : QStringLiteral("%1  (%2)").arg(tip, key));
    actions_[index]->setStatusTip(tip);
}

} // namespace livegloss::ui
