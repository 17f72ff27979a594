#pragma once

#include "ui/settings/preferences.h"

#include <QObject>

class QComboBox;
class QFormLayout;
class QLabel;
class QSpinBox;
class QWidget;

namespace livegloss::ui {

/// The rows of the settings that say how captions look. Every change takes effect at once.
class CaptionSettings final : public QObject {
    Q_OBJECT
public:
    /// `parent` owns the controls.
    CaptionSettings(Preferences& preferences, QWidget* parent);

    void addTo(QFormLayout* form);
    void showValues();
    void connectControls();
    void retranslate();

private:
    Preferences& preferences_;
    QLabel* heading_;
    QLabel* sizeLabel_;
    QLabel* fontLabel_;
    QLabel* colourLabel_;
    QLabel* groundLabel_;
    QSpinBox* size_;
    QComboBox* font_;
    QComboBox* colour_;
    QComboBox* ground_;
};

} // namespace livegloss::ui
