#pragma once

#include "vision/heat_map.h"
#include "vision/preprocess.h"

#include <QImage>
#include <QList>
#include <QSizeF>
#include <QString>
#include <QStringList>

#include <optional>

class QPainter;

namespace livegloss::ui {

/// One picture of a sheet: a frame, and over it what was asked.
struct SheetCell {
    QImage frame;                ///< null: an empty cell
    QImage overlay;              ///< over `region`; null: none
    vision::Region region;       ///< what the network sees of the frame; the rest is dimmed where there is an overlay
    bool dimmed = false;         ///< dims what lies outside the region
    std::optional<QRectF> query; ///< a red box, in fractions of the region
    QString note;                ///< under the picture
};

struct SheetRow {
    QString label;
    QString detail;
    QList<SheetCell> cells;
};

struct SheetLegend {
    QString label;
    QString rule; ///< how the ends were chosen
    vision::ColourMap map = vision::ColourMap::Inferno;
    bool contours = false;
    QString low, middle, high;
};

/// A page of pictures in rows and columns with all that is needed to read it. Drawn on white, in both themes.
struct Sheet {
    QString title;
    QStringList lines; ///< model, settings
    QStringList columns;
    QList<SheetRow> rows;
    QList<SheetLegend> legends;
    QString footer;
    double aspect = 16.0 / 9.0; ///< width over height of the pictures
};

/// In logical pixels.
QSizeF sheetSize(const Sheet& sheet);
/// Draws the sheet with its corner at the origin.
void paintSheet(QPainter& painter, const Sheet& sheet);

/// One picture with what lies over it and its note below; `notePixels` is the note's size.
void paintSheetCell(QPainter& painter, const SheetCell& cell, const QRectF& box, const QColor& noteColour,
                    int notePixels);

/// The colour map from left to right, for legends.
void paintColourBar(QPainter& painter, const QRectF& bar, vision::ColourMap map, bool contours);

QImage toImage(const vision::RgbaPicture& picture);

} // namespace livegloss::ui
