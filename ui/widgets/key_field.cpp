#include "ui/widgets/key_field.h"

#include "ui/style/icons.h"

#include <QAction>
#include <QKeyEvent>

#include <algorithm>
#include <array>

namespace livegloss::ui {

namespace {

bool isModifier(int key) {
    constexpr std::array modifiers{Qt::Key_Shift,   Qt::Key_Control, Qt::Key_Alt,      Qt::Key_Meta,
                                   Qt::Key_Super_L, Qt::Key_Super_R, Qt::Key_CapsLock, Qt::Key_AltGr,
                                   Qt::Key_NumLock, Qt::Key_Menu,    Qt::Key_unknown};
    return key == 0 || std::ranges::find(modifiers, key) != modifiers.end();
}

bool isCharacter(int key) {
    constexpr int firstNamedKey = 0x01000000;
    return key > Qt::Key_Space && key < firstNamedKey;
}

/// Keys by which people move about in dialogs, and Alt with a letter, which opens menus.
bool isDialogKey(const QKeyEvent& event) {
    const int key = event.key();
    if ((event.modifiers() & ~Qt::ShiftModifier) == Qt::AltModifier && isCharacter(key)) {
        return true;
    }
    const bool plain = (event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) == Qt::NoModifier;
    return plain && (key == Qt::Key_Tab || key == Qt::Key_Backtab || key == Qt::Key_Return || key == Qt::Key_Enter);
}

/// A sign that needs Shift is the sign alone: where it lies differs from keyboard to keyboard.
QKeySequence sequenceOf(const QKeyEvent& event) {
    Qt::KeyboardModifiers modifiers = event.modifiers() & ~Qt::KeypadModifier;
    if (isCharacter(event.key()) && !QChar::isLetter(static_cast<char32_t>(event.key()))) {
        modifiers &= ~Qt::ShiftModifier;
    }
    return QKeySequence(QKeyCombination(modifiers, static_cast<Qt::Key>(event.key())));
}

} // namespace

KeyField::KeyField(QWidget* parent)
    : QLineEdit(parent), empty_(addAction(icon(QStringLiteral("close")), QLineEdit::TrailingPosition)) {
    setReadOnly(true);
    setContextMenuPolicy(Qt::NoContextMenu);
    setPlaceholderText(tr("Press a key"));
    empty_->setToolTip(tr("No key"));
    empty_->setVisible(false);
    connect(empty_, &QAction::triggered, this, [this] { type(QKeySequence()); });
}

void KeyField::setKey(const QKeySequence& key) {
    key_ = key;
    setText(key.toString(QKeySequence::NativeText));
    empty_->setVisible(!key.isEmpty());
}

void KeyField::type(const QKeySequence& key) {
    setKey(key);
    Q_EMIT keyTyped(key);
}

/// Before the window's shortcuts, and before a menu opens.
bool KeyField::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && !isDialogKey(*static_cast<QKeyEvent*>(event))) {
        event->accept();
        return true;
    }
    return QLineEdit::event(event);
}

void KeyField::keyPressEvent(QKeyEvent* event) {
    if (isDialogKey(*event)) {
        QLineEdit::keyPressEvent(event);
        return;
    }
    event->accept();
    if (event->key() == Qt::Key_Escape) {
        Q_EMIT left();
    } else if (event->key() == Qt::Key_Delete && event->modifiers() == Qt::NoModifier) {
        type(QKeySequence());
    } else if (!isModifier(event->key())) {
        type(sequenceOf(*event));
    }
}

} // namespace livegloss::ui
