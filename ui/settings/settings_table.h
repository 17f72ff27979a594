#pragma once

#include "ui/style/theme.h"

#include <QString>

class QSettings;

namespace livegloss::ui {

enum class CaptionColour { White, Yellow, Cyan, Green };
/// All dark enough for every CaptionColour and for the grey of provisional glosses.
enum class CaptionGround { Stage, Black, Blue };

/// How models are computed: see engine::ComputeRequest.
enum class Computing { Automatic, F32, Bf16, Reference };

/// Everything a person chooses and the program remembers. Window geometry is kept apart, by the windows themselves.
struct AppSettings {
    int captionPixels = 36; ///< 28 .. 72
    QString captionFont;    ///< family; empty: as the desktop
    CaptionColour captionColour = CaptionColour::White;
    CaptionGround captionGround = CaptionGround::Stage;
    int stability = 2;      ///< 0 fast .. 4 stable
    int windowFrames = 64;  ///< that a decode looks back on
    int strideFrames = 0;   ///< new frames between two decodes; 0: as many as make 0.32 s
    int minConfidence = 40; ///< percent; see decode::StabiliserOptions
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
    Computing computing = Computing::Automatic;
    QString device;       ///< that models run on, as engine::ComputeRequest names it; empty: chosen automatically
    int framePattern = 0; ///< 0 automatic, 1 every frame, 2 every second, 3 every third
    int skipSimilar = 0;  ///< grey levels of 255; see session::SessionSettings::skipSimilar
    QString modelPath;    ///< the model chosen last; empty: the demo model

    bool operator==(const AppSettings&) const = default;
};

inline constexpr int smallestCaption = 28;
inline constexpr int largestCaption = 72;
inline constexpr int shortestWindow = 32;
inline constexpr int longestWindow = 256;
inline constexpr int longestStride = 32;
inline constexpr int mostSkipped = 50;

/// Reads what is stored; missing, damaged or out-of-range entries become the defaults.
AppSettings loadSettings(const QSettings& store);
/// Stores what differs from `before`: another window of the program may have changed the rest.
void saveSettings(QSettings& store, const AppSettings& settings, const AppSettings& before);

} // namespace livegloss::ui
