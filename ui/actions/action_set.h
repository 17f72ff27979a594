#pragma once

#include <QAction>
#include <QList>
#include <QObject>

#include <array>
#include <span>
#include <vector>

class QWidget;

namespace livegloss::ui {

/// One action as the table describes it. `text` and `tip` are source strings of the translation context "Actions".
struct ActionSpec {
    const char* id;   ///< object name, never translated
    const char* icon; ///< of the program's own family
    const char* text;
    const char* tip;           ///< what it does, as a tooltip, status tip and screen-reader description
    std::array<int, 2> keys{}; ///< key combinations; keys that are single letters or signs can be switched off
    bool checkable = false;
};

constexpr int ctrl(Qt::Key key) {
    return (Qt::CTRL | key).toCombined();
}

/// The QActions of a table, in its order. Menu, toolbar, shortcut, tooltip and screen-reader text all come from here.
class ActionSet : public QObject {
    Q_OBJECT
public:
    /// The actions are added to `owner`, whose window their shortcuts work in.
    ActionSet(std::span<const ActionSpec> specs, QWidget* owner);

    QAction* at(int index) const { return actions_[static_cast<std::size_t>(index)]; }
    const std::vector<QAction*>& all() const { return actions_; }
    /// The table's keys, and those in force but for single ones that are switched off.
    QList<QKeySequence> standardKeys(const QAction* action) const;
    QList<QKeySequence> keys(const QAction* action) const;
    void setKeys(const QAction* action, const QList<QKeySequence>& keys);
    bool holds(const QAction* action) const;
    /// Switches shortcuts without a modifier on or off; Escape, function and arrow keys stay.
    void setSingleKeys(bool enabled);
    /// Texts in the language in use.
    void retranslate();

private:
    std::size_t indexOf(const QAction* action) const;
    void apply(std::size_t index);
    void updateTip(std::size_t index);

    std::span<const ActionSpec> specs_;
    std::vector<QAction*> actions_;
    std::vector<QList<QKeySequence>> keys_; ///< of each action
    bool singleKeys_ = true;
};

} // namespace livegloss::ui
