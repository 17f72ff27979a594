#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

class QApplication;

namespace livegloss::ui {

/// Distances are multiples of this many device-independent pixels.
inline constexpr int grid = 8;

enum class ThemeChoice { System, Light, Dark };

/// The colours of one theme. Text on its surface reaches 4.5:1, signs 3:1; a test measures it.
struct ThemeColours {
    QColor window;  ///< bars, rail, status line
    QColor surface; ///< panels and lists
    QColor raised;  ///< buttons under the pointer, cards
    QColor line;    ///< tracks and quiet outlines
    QColor text;
    QColor muted; ///< secondary text
    QColor accent;
    QColor onAccent;
    QColor warning;
    QColor error;
    QColor recording;   ///< LIVE badge and camera sign
    QColor onRecording; ///< text on it
    // Video and captions stand on near-black in both themes.
    QColor stage;
    QColor stageText;
    QColor stageMuted;
};

const ThemeColours& themeColours(bool dark);
/// The theme that a widget with this palette belongs to.
const ThemeColours& themeColours(const QPalette& palette);

/// True when the desktop's own palette is dark. Ask before applyTheme() replaces it.
bool systemPrefersDark();
/// Sets style, palette and the small style sheet of the whole application; may be called again at any time.
void applyTheme(QApplication& application, ThemeChoice choice, bool systemIsDark);

/// WCAG 2 contrast of two opaque colours, 1 to 21.
double contrastRatio(const QColor& first, const QColor& second);

} // namespace livegloss::ui
