#pragma once

#include "base/result.h"
#include "ui/sheets/sheet.h"

#include <functional>

namespace livegloss::ui {

/// Writes .png (two pixels a point), .svg or .pdf by the name's ending, whole or not at all. Needs a QGuiApplication.
/// InvalidArgument for other endings, WriteFailed.
Result<void> saveSheet(const Sheet& sheet, const QString& path);

/// Anything that can be painted on a page, in logical pixels from the origin.
struct PaintedPage {
    QSizeF size;
    QString title;       ///< for the document's properties
    QString description; ///< of the document
    std::function<void(QPainter&)> paint;
};
/// As saveSheet().
Result<void> savePage(const PaintedPage& page, const QString& path);

/// Writes a file whole or not at all. WriteFailed.
Result<void> saveBytes(const QByteArray& bytes, const QString& path);

/// A drawing that is already SVG, as .png of two pixels a point. As saveSheet().
Result<void> saveDrawing(const QByteArray& svg, const QString& path);

} // namespace livegloss::ui
