#include "ui/actions/window_actions.h"

#include <QCoreApplication>

namespace livegloss::ui {

namespace {

const ActionSpec windowSpecs[] = {
    {"full-screen",
     "full-screen",
     QT_TRANSLATE_NOOP("Actions", "Full Screen"),
     QT_TRANSLATE_NOOP("Actions", "Video and captions on the whole screen"),
     {Qt::Key_F11},
     true},
    {"leave-full-screen",
     "close",
     QT_TRANSLATE_NOOP("Actions", "Leave Full Screen"),
     QT_TRANSLATE_NOOP("Actions", "Back to the window"),
     {Qt::Key_Escape}},
    {"caption-window",
     "caption-window",
     QT_TRANSLATE_NOOP("Actions", "Caption Window"),
     QT_TRANSLATE_NOOP("Actions", "Captions in a window of their own that stays on top"),
     {Qt::Key_F10},
     true},
    {"settings",
     "settings",
     QT_TRANSLATE_NOOP("Actions", "Settings…"),
     QT_TRANSLATE_NOOP("Actions", "Captions, recognition, look and language"),
     {ctrl(Qt::Key_Comma)}},
    {"shortcuts",
     "keyboard",
     QT_TRANSLATE_NOOP("Actions", "Keyboard Shortcuts"),
     QT_TRANSLATE_NOOP("Actions", "Show every action with its keys, and change them"),
     {Qt::Key_F1}},
    {"about",
     "about",
     QT_TRANSLATE_NOOP("Actions", "About LiveGloss"),
     QT_TRANSLATE_NOOP("Actions", "Version, licence and the model in use"),
     {(Qt::SHIFT | Qt::Key_F1).toCombined()}},
    {"quit",
     "quit",
     QT_TRANSLATE_NOOP("Actions", "Quit"),
     QT_TRANSLATE_NOOP("Actions", "Release camera and model, and close the window"),
     {ctrl(Qt::Key_Q)}},
};
static_assert(std::size(windowSpecs) == static_cast<std::size_t>(WindowAction::Count));

} // namespace

WindowActions::WindowActions(QWidget* owner) : ActionSet(windowSpecs, owner) {}

} // namespace livegloss::ui
