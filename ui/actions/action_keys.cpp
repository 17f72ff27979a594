#include "ui/actions/action_keys.h"

#include "ui/actions/action_set.h"

#include <QSettings>

#include <algorithm>
#include <utility>

namespace livegloss::ui {

namespace {

QString entryOf(const QString& name) {
    return QStringLiteral("keys/of/") + name;
}

bool isKey(const QKeySequence& keys) {
    return keys.count() == 1 && keys[0].key() != Qt::Key_unknown && keys[0].key() != 0;
}

QList<QKeySequence> readKeys(const QString& text) {
    QList<QKeySequence> keys = QKeySequence::listFromString(text, QKeySequence::PortableText);
    keys.removeIf([](const QKeySequence& key) { return !isKey(key); });
    return keys;
}

} // namespace

ActionKeys::ActionKeys(QSettings& store, QList<ActionSet*> sets, std::function<QList<QAction*>()> fixed)
    : store_(store), sets_(std::move(sets)), fixed_(std::move(fixed)) {
    load();
    apply();
}

void ActionKeys::load() {
    QList<QKeySequence> taken;
    for (const QAction* action : changeable()) {
        const QString name = nameOf(action);
        if (!store_.contains(entryOf(name))) {
            continue;
        }
        const QString text = store_.value(entryOf(name)).toString();
        QList<QKeySequence> keys = readKeys(text);
        keys.removeIf([&](const QKeySequence& key) { return taken.contains(key); });
        if (!keys.isEmpty() || text.isEmpty()) { // one that was damaged is the standard
            own_.insert(name, keys);
            taken.append(keys);
        }
    }
}

QList<QAction*> ActionKeys::changeable() const {
    QList<QAction*> actions;
    for (const ActionSet* set : sets_) {
        actions.append(QList<QAction*>(set->all().begin(), set->all().end()));
    }
    return actions;
}

QString ActionKeys::nameOf(const QAction* action) {
    return action->objectName();
}

ActionSet& ActionKeys::setOf(const QAction* action) const {
    return **std::ranges::find_if(sets_, [action](const ActionSet* set) { return set->holds(action); });
}

QList<QKeySequence> ActionKeys::keys(const QAction* action) const {
    return isFixed(action) ? action->shortcuts() : setOf(action).keys(action);
}

bool ActionKeys::isStandard(const QAction* action) const {
    return keys(action) == setOf(action).standardKeys(action);
}

QAction* ActionKeys::holder(const QKeySequence& key, const QAction* action) const {
    const QList<QAction*> all = changeable() + fixed();
    const auto found =
        std::ranges::find_if(all, [&](const QAction* other) { return other != action && keys(other).contains(key); });
    return found == all.end() ? nullptr : *found;
}

void ActionKeys::setKeys(const QAction* action, const QList<QKeySequence>& keys) {
    QList<QKeySequence> allowed;
    for (const QKeySequence& key : keys) {
        const QAction* other = holder(key, action);
        if (isKey(key) && !allowed.contains(key) && (other == nullptr || !isFixed(other))) {
            allowed.append(key);
        }
    }
    const QString name = nameOf(action);
    takeFromOthers(name, allowed);
    if (allowed == setOf(action).standardKeys(action)) {
        own_.remove(name);
    } else {
        own_.insert(name, allowed);
    }
    keep(name);
    apply();
}

void ActionKeys::restore(const QAction* action) {
    setKeys(action, setOf(action).standardKeys(action));
}

void ActionKeys::restoreAll() {
    for (const QString& name : own_.keys()) {
        own_.remove(name);
        keep(name);
    }
    apply();
}

void ActionKeys::takeFromOthers(const QString& name, const QList<QKeySequence>& keys) {
    for (auto other = own_.begin(); other != own_.end(); ++other) {
        const auto isTaken = [&](const QKeySequence& key) { return keys.contains(key); };
        if (other.key() != name && other->removeIf(isTaken) > 0) {
            keep(other.key());
        }
    }
}

void ActionKeys::keep(const QString& name) {
    const auto own = own_.constFind(name);
    if (own == own_.constEnd()) {
        store_.remove(entryOf(name));
    } else {
        store_.setValue(entryOf(name), QKeySequence::listToString(*own, QKeySequence::PortableText));
    }
}

void ActionKeys::apply() {
    QList<QKeySequence> given;
    for (const QList<QKeySequence>& keys : std::as_const(own_)) {
        given.append(keys);
    }
    QList<QKeySequence> keptBack;
    for (const QAction* action : fixed()) {
        keptBack.append(action->shortcuts());
    }
    for (const QAction* action : changeable()) {
        ActionSet& set = setOf(action);
        const auto own = own_.constFind(nameOf(action));
        QList<QKeySequence> keys = own == own_.constEnd() ? set.standardKeys(action) : *own;
        const bool isOwn = own != own_.constEnd();
        keys.removeIf(
            [&](const QKeySequence& key) { return keptBack.contains(key) || (!isOwn && given.contains(key)); });
        set.setKeys(action, keys);
    }
}

} // namespace livegloss::ui
