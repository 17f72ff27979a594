#pragma once

#include "base/result.h"

#include <QByteArray>
#include <QString>

#include <atomic>

namespace livegloss::downloads {

/// Set from another thread to end long work with ErrorCode::Cancelled.
using StopFlag = std::atomic<bool>;

/// SHA-256 of a file as 64 lower-case hexadecimal digits. Any thread; takes seconds for a large file.
Result<QByteArray> fileChecksum(const QString& path, const StopFlag& stop);

/// Waits until a file or folder is on the disk. WriteFailed with the system's reason otherwise. Any thread.
Result<void> flushToDisk(const QString& path);

/// Moves a complete file to the name that it is used under: flushed to the disk first, then renamed over `target`, then
/// the folder is flushed. Afterwards `target` is what it was before or the whole new file. WriteFailed otherwise.
Result<void> installFile(const QString& part, const QString& target);

/// Copies `source` to `part` and installs it as `target`, which must be in the same file system as `part`. Any thread.
/// On failure nothing is left of `part`.
Result<void> copyAndInstall(const QString& source, const QString& part, const QString& target, const StopFlag& stop);

/// Bytes that the user may still write in the file system of `folder`; negative when that is not known.
qint64 freeBytes(const QString& folder);

} // namespace livegloss::downloads
