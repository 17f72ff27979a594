#pragma once

#include "ui/settings/preferences.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;

namespace livegloss::ui {

class CaptionSettings;

/// Captions, recognition, look and language. Every change takes effect at once; Cancel takes all of them back.
class SettingsDialog final : public QDialog {
    Q_OBJECT
public:
    SettingsDialog(Preferences& preferences, QWidget* parent);

public Q_SLOTS:
    void reject() override;

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void prepareControls();
    void build();
    void addRecognition(QFormLayout* form);
    QWidget* makeWindowRow();
    void connectControls();
    void showValues();
    void retranslate();
    void retranslateRecognition();
    void fitTexts();
    QLabel* addRow(QFormLayout* form, QWidget* control);

    Preferences& preferences_;
    const AppSettings before_;
    QWidget* page_ = nullptr;
    QLabel* recognitionHeading_;
    QLabel* lookHeading_;
    CaptionSettings* captions_;
    QSlider* stability_;
    QLabel* fast_;
    QLabel* stable_;
    QLabel* stabilityNote_;
    QSpinBox* window_;
    QSpinBox* stride_;
    QLabel* every_;
    QSpinBox* confidence_;
    QLabel* confidenceNote_;
    QComboBox* computing_;
    QLabel* computingNote_;
    QComboBox* device_;
    QComboBox* frames_;
    QSpinBox* similar_;
    QLabel* framesNote_;
    QComboBox* theme_;
    QComboBox* language_;
    QCheckBox* singleKeys_;
    QLabel* stabilityLabel_;
    QLabel* windowLabel_;
    QLabel* confidenceLabel_;
    QLabel* computingLabel_;
    QLabel* deviceLabel_;
    QLabel* framesLabel_;
    QLabel* similarLabel_;
    QLabel* themeLabel_;
    QLabel* languageLabel_;
    QPushButton* cancel_;
    QPushButton* close_;
};

} // namespace livegloss::ui
