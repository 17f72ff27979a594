#pragma once

#include "ui/style/theme.h"

#include <QString>

class QSettings;

namespace livegloss::ui {

enum class CaptionColour { White, Yellow, Cyan, Green };

/// Everything a person chooses and the program remembers. Window geometry is kept apart, by the windows themselves.
struct AppSettings {
    int captionPixels = 36; ///< 28 .. 72
    CaptionColour captionColour = CaptionColour::White;
    int stability = 2;      ///< 0 fast .. 4 stable
    int minConfidence = 60; ///< percent; glosses below it stay out of the captions
    ThemeChoice theme = ThemeChoice::System;
    QString language;       ///< empty: as the desktop
    bool singleKeys = true; ///< shortcuts of one letter or sign
    bool attention = true;
    int attentionStrength = 60; ///< percent of opacity
    bool captions = true;
    bool mirrorCamera = true; ///< the preview only; the network always gets the picture as it is
    bool framingGuide = true;
    bool sidePanel = true;
    bool loop = false;
    bool hintsDismissed = false;
    QString modelPath; ///< the model chosen last; empty: the demo model

    bool operator==(const AppSettings&) const = default;
};

inline constexpr int smallestCaption = 28;
inline constexpr int largestCaption = 72;

/// Reads what is stored; missing, damaged or out-of-range entries become the defaults.
AppSettings loadSettings(const QSettings& store);
void saveSettings(QSettings& store, const AppSettings& settings);

} // namespace livegloss::ui
