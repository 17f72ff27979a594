#pragma once

#include "base/frame.h"

#include <QImage>

namespace livegloss::ui {

/// A copy in the painter's native format; null for a frame without a picture or with too few bytes.
QImage imageOf(const Frame& frame);

} // namespace livegloss::ui
