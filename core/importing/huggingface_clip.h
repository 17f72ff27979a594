#pragma once

#include "tensor_selection.h"

namespace livegloss::importing {

/// Whether the tensors are named as HuggingFace's CLIP models name them.
bool isHuggingFaceClip(const tensorfile::TensorSource& source);

/// The same tensors under OpenAI's names and in its shapes: queries, keys and values of a block in one matrix, the
/// projection turned. Values are read on demand. A block whose three matrices are not all there stays without the
/// joined one; tensors outside of the image tower keep their names.
SourcePtr asOpenAiClip(SourcePtr source);

} // namespace livegloss::importing
