#pragma once

#include <QString>
#include <QStringList>

namespace livegloss::ui {

/// Files that come with the program; the composition root finds them. Paths may not exist.
struct ResourceLocations {
    QString demoModel;
    QStringList samples;
};

} // namespace livegloss::ui
