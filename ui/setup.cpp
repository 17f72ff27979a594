#include "ui/setup.h"

#include "ui/widgets/accessibility.h"

#include <QDir>

// The macro declares symbols of the global namespace.
static void registerResources() {
    Q_INIT_RESOURCE(livegloss);
    Q_INIT_RESOURCE(translations);
}

namespace livegloss::ui {

void prepareInterface() {
    registerResources();
    installAccessibility();
}

} // namespace livegloss::ui
