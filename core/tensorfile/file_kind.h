#pragma once

#include "file_bytes.h"

namespace livegloss::tensorfile {

enum class FileKind { Safetensors, Zip, Pickle };

/// Tells the kind of a file of tensors from its first bytes. Throws Refusal for every other kind, with its name and
/// what to do where it is known.
FileKind tellKind(const FileBytes& file);

} // namespace livegloss::tensorfile
