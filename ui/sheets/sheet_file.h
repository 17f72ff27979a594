#pragma once

#include "base/result.h"
#include "ui/sheets/sheet.h"

namespace livegloss::ui {

/// Writes .png (two pixels a point), .svg or .pdf by the name's ending, whole or not at all. Needs a QGuiApplication.
/// InvalidArgument for other endings, WriteFailed.
Result<void> saveSheet(const Sheet& sheet, const QString& path);

/// A drawing that is already SVG, as .png of two pixels a point. As saveSheet().
Result<void> saveDrawing(const QByteArray& svg, const QString& path);

} // namespace livegloss::ui
