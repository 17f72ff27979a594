#pragma once

#include "file_bytes.h"
#include "pickle_value.h"
#include "tensorfile/torch_file.h"
#include "zip_archive.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace livegloss::tensorfile {

/// One storage as the pickle speaks of it, and where its bytes are.
struct TorchStorage {
    DataType type = DataType::F32;
    std::uint64_t elements = 0;
    std::uint64_t offset = 0;        ///< of the first byte, in the file
    const ZipEntry* entry = nullptr; ///< null in the layout without a zip archive
};
using TorchStorages = std::unordered_map<std::string, TorchStorage>;

/// Everything about a PyTorch file but its weights.
struct TorchLayout {
    TensorFileFormat format = TensorFileFormat::TorchZip;
    std::vector<TorchTensor> tensors;
    TorchStorages storages;
    Scalars scalars;
    std::unique_ptr<const ZipArchive> archive; ///< what `entry` points into
};

/// Throws Refusal.
TorchLayout readTorchZip(const FileBytes& file);
TorchLayout readTorchLegacy(const FileBytes& file);

/// Adds the tensors, storages and scalars below `root`. A storage's key becomes `folder` and its own key. With
/// `topIsGroup`, entries of the top-level dictionary are groups; otherwise everything is in `group`.
struct TorchNaming {
    std::string folder;
    std::string group;
    bool topIsGroup = true;
};
void describeTorchValues(const PickleValue& root, const TorchNaming& naming, MemoryBudget& budget, TorchLayout& layout);
/// Refuses a located layout whose tensors share their storages so much that reading them all would take far more than
/// the file.
void checkSharing(const TorchLayout& layout);

} // namespace livegloss::tensorfile
