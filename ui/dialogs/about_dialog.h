#pragma once

#include "ui/views/model_picker.h"

#include <QDialog>

namespace livegloss::ui {

/// Version, licence and the model in use.
class AboutDialog final : public QDialog {
    Q_OBJECT
public:
    AboutDialog(const std::optional<ModelInfo>& model, QWidget* parent);
};

} // namespace livegloss::ui
