#pragma once

#include <QString>
#include <QStringList>

namespace livegloss::ui {

/// Where the program finds its files; the composition root knows. Paths may not exist.
struct ResourceLocations {
    QString demoModel;
    QStringList samples;
    QString catalogue = {};   ///< list of models that can be had
    QString modelFolder = {}; ///< the user's own models; made when the first one comes
};

} // namespace livegloss::ui
