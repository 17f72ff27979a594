#pragma once

#include <QKeySequence>
#include <QList>
#include <QMap>
#include <QString>

#include <functional>

class QAction;
class QSettings;

namespace livegloss::ui {

class ActionSet;

/// The keys of all actions: the tables' own, unless a person chose others. No key belongs to two actions: one that a
/// person gives away leaves the action whose standard it was.
class ActionKeys {
public:
    /// `fixed` tells the actions whose keys cannot be changed. Reads what is stored and puts it into force; a stored
    /// key that is none, is taken twice or is fixed counts for nothing. `store` and `sets` must outlive this object.
    ActionKeys(QSettings& store, QList<ActionSet*> sets, std::function<QList<QAction*>()> fixed);

    /// Of every set, in their order.
    QList<QAction*> changeable() const;
    QList<QAction*> fixed() const { return fixed_(); }
    /// In force, those of a single letter too when they are switched off.
    QList<QKeySequence> keys(const QAction* action) const;
    /// Not so where another action took one of its keys, either.
    bool isStandard(const QAction* action) const;
    /// The action besides `action` that has `key`; null where it is free.
    QAction* holder(const QKeySequence& key, const QAction* action) const;
    bool isFixed(const QAction* action) const { return fixed_().contains(const_cast<QAction*>(action)); }
    /// Takes each key from the action that has it. Stored at once; keys of fixed actions are left out.
    void setKeys(const QAction* action, const QList<QKeySequence>& keys);
    /// Back to the standard keys, which other actions give up.
    void restore(const QAction* action);
    void restoreAll();
    /// Puts the keys into force once more, because there are more fixed ones now.
    void apply();

private:
    static QString nameOf(const QAction* action);
    ActionSet& setOf(const QAction* action) const;
    void load();
    void takeFromOthers(const QString& name, const QList<QKeySequence>& keys);
    void keep(const QString& name);

    QSettings& store_;
    QList<ActionSet*> sets_;
    std::function<QList<QAction*>()> fixed_;
    QMap<QString, QList<QKeySequence>> own_; ///< by the actions' names
};

} // namespace livegloss::ui
