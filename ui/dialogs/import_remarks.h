#pragma once

#include "importing/model_import.h"

#include <QString>

namespace livegloss::ui {

/// What an import found, in the language of the window.
QString shownRemark(const importing::Remark& remark);
/// One line each: what it is, its sizes, its glosses.
QString previewText(const importing::ImportPreview& preview);

} // namespace livegloss::ui
