#pragma once

#include <QKeySequence>
#include <QLineEdit>

namespace livegloss::ui {

/// A field that takes the next key pressed in it as a shortcut. Tab, Return, Escape and Alt with a letter keep their
/// meaning in dialogs and menus; Delete alone empties the field.
class KeyField final : public QLineEdit {
    Q_OBJECT
public:
    explicit KeyField(QWidget* parent = nullptr);

    const QKeySequence& key() const { return key_; }
    /// Shows `key`; not typed by a person.
    void setKey(const QKeySequence& key);

Q_SIGNALS:
    /// A person chose `key`; empty where the field was emptied.
    void keyTyped(const QKeySequence& key);
    /// Escape was pressed.
    void left();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void type(const QKeySequence& key);

    QKeySequence key_;
    QAction* empty_;
};

} // namespace livegloss::ui
