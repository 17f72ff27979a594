#pragma once

#include <QIcon>
#include <QString>

namespace livegloss::ui {

/// An icon of the program's own family (resources/icons/<name>.svg). It takes its colour from the application palette
/// at the moment of painting and is sharp at every pixel ratio. Unknown names give an empty icon.
QIcon icon(const QString& name);

/// The same drawing in one fixed colour, for painting on the video or in warnings.
QPixmap iconPixmap(const QString& name, int side, qreal devicePixelRatio, const QColor& colour);

/// The program's coloured icon.
QIcon applicationIcon();

} // namespace livegloss::ui
