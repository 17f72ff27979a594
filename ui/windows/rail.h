#pragma once

#include <QFrame>

class QActionGroup;
class QVBoxLayout;

namespace livegloss::ui {

/// The slim bar at the left with one entry, icon and word, for each workspace.
class Rail final : public QFrame {
    Q_OBJECT
public:
    explicit Rail(QWidget* parent = nullptr);
    /// Entries get Ctrl+1, Ctrl+2, ... in the order they are added.
    QAction* addEntry(const QString& iconName, const QString& title);
    void setTitle(int index, const QString& title);
    void choose(int index);
    QAction* entry(int index) const;

Q_SIGNALS:
    void chosen(int index);

protected:
    void changeEvent(QEvent* event) override;

private:
    void fitWidth();

    QActionGroup* group_;
    QVBoxLayout* column_;
};

} // namespace livegloss::ui
