#pragma once

#include "importing/model_import.h"
#include "model/model_layout.h"
#include "tensor_selection.h"

namespace livegloss::importing {

struct ModelImport::Contents {
    ImportOptions options;
    ImportPreview preview;
    ChosenTensors chosen;
    std::vector<model::LayoutTensor> layout; ///< what is written, in order
};

/// Writes what `contents` describes, see ModelImport::write().
Result<void> writeImport(const ImportOptions& options, const ImportPreview& preview, const ChosenTensors& chosen,
                         const std::vector<model::LayoutTensor>& layout, const std::filesystem::path& output,
                         const std::function<bool(double)>& progress);

} // namespace livegloss::importing
