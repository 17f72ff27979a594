#include "ui/settings/preferences.h"

#include <QSettings>

namespace livegloss::ui {

Preferences::Preferences(QSettings& store, QObject* parent)
    : QObject(parent), store_(store), values_(loadSettings(store)) {}

void Preferences::set(const AppSettings& values) {
    if (values == values_) {
        return;
    }
    saveSettings(store_, values, values_);
    values_ = values;
    Q_EMIT changed();
}

} // namespace livegloss::ui
