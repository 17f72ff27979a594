#pragma once

#include "importing/model_import.h"

#include <QString>

namespace livegloss::ui {

/// What an import found, in the language of the window.
QString shownRemark(const importing::Remark& remark);
/// What it is.
QString previewTitle(const importing::ImportPreview& preview);
/// One line each: its sizes, its glosses, the size of the file.
QString previewText(const importing::ImportPreview& preview);

} // namespace livegloss::ui
