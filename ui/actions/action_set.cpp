#include "ui/actions/action_set.h"

#include "ui/style/icons.h"

#include <QCoreApplication>
#include <QWidget>

#include <algorithm>

namespace livegloss::ui {

namespace {

bool isSingleCharacter(const QKeySequence& keys) {
    constexpr int firstNamedKey = 0x01000000;
    return keys.count() == 1 && (keys[0].keyboardModifiers() & ~Qt::ShiftModifier) == Qt::NoModifier &&
           keys[0].key() < firstNamedKey;
}

QList<QKeySequence> keysOf(const ActionSpec& spec) {
    QList<QKeySequence> keys;
    for (const int key : spec.keys) {
        if (key != 0) {
            keys.append(QKeySequence(key));
        }
    }
    return keys;
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
        keys_.push_back(keysOf(spec));
    }
    setSingleKeys(true);
    retranslate();
}

std::size_t ActionSet::indexOf(const QAction* action) const {
    return static_cast<std::size_t>(std::ranges::find(actions_, action) - actions_.begin());
}

bool ActionSet::holds(const QAction* action) const {
    return indexOf(action) < actions_.size();
}

QList<QKeySequence> ActionSet::standardKeys(const QAction* action) const {
    return keysOf(specs_[indexOf(action)]);
}

QList<QKeySequence> ActionSet::keys(const QAction* action) const {
    return keys_[indexOf(action)];
}

void ActionSet::setKeys(const QAction* action, const QList<QKeySequence>& keys) {
    const std::size_t index = indexOf(action);
    keys_[index] = keys;
    apply(index);
}

void ActionSet::setSingleKeys(bool enabled) {
    singleKeys_ = enabled;
    for (std::size_t index = 0; index < specs_.size(); ++index) {
        apply(index);
    }
}

void ActionSet::apply(std::size_t index) {
    QList<QKeySequence> inForce = keys_[index];
    if (!singleKeys_) {
        inForce.removeIf(isSingleCharacter);
    }
    actions_[index]->setShortcuts(inForce);
    updateTip(index);
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
