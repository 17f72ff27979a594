#pragma once

#include <QCoreApplication>

namespace livegloss::ui {

/// The words of the stage, in one translation context.
struct StageMessages {
    Q_DECLARE_TR_FUNCTIONS(StageMessages)
};

} // namespace livegloss::ui
