#include "ui/downloads/file_install.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QStorageInfo>

#include <cerrno>
#include <cstdio>
#include <system_error>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif

namespace livegloss::downloads {

namespace {

constexpr qint64 blockBytes = 1 << 20;

tl::unexpected<Error> cannotWrite(const QString& path, const QString& reason) {
    return failure(ErrorCode::WriteFailed, QStringLiteral("'%1': %2").arg(path, reason).toStdString());
}

QString systemReason() {
    return QString::fromStdString(std::generic_category().message(errno));
}

Result<void> copyBlocks(QFile& from, QFile& to, const StopFlag& stop) {
    QByteArray block;
    while (!from.atEnd()) {
        if (stop) {
            return failure(ErrorCode::Cancelled, "stopped on request");
        }
        block = from.read(blockBytes);
        if (block.isEmpty()) {
            return failure(ErrorCode::Unreadable,
                           QStringLiteral("'%1': %2").arg(from.fileName(), from.errorString()).toStdString());
        }
        if (to.write(block) != block.size()) {
            return cannotWrite(to.fileName(), to.errorString());
        }
    }
    if (!to.flush()) {
        return cannotWrite(to.fileName(), to.errorString());
    }
    return {};
}

} // namespace

Result<QByteArray> fileChecksum(const QString& path, const StopFlag& stop) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return failure(ErrorCode::NotFound, QStringLiteral("'%1': %2").arg(path, file.errorString()).toStdString());
    }
    QCryptographicHash hash(QCryptographicHash::Sha256);
    while (!file.atEnd()) {
        if (stop) {
            return failure(ErrorCode::Cancelled, "stopped on request");
        }
        const QByteArray block = file.read(blockBytes);
        if (block.isEmpty()) {
            return failure(ErrorCode::Unreadable,
                           QStringLiteral("'%1': %2").arg(path, file.errorString()).toStdString());
        }
        hash.addData(block);
    }
    return hash.result().toHex();
}

Result<void> flushToDisk([[maybe_unused]] const QString& path) {
#ifdef Q_OS_UNIX
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return cannotWrite(path, systemReason());
    }
    const bool flushed = ::fsync(descriptor) == 0;
    const QString reason = systemReason();
    ::close(descriptor);
    if (!flushed) {
        return cannotWrite(path, reason);
    }
#endif
    return {};
}

Result<void> installFile(const QString& part, const QString& target) {
    if (Result<void> flushed = flushToDisk(part); !flushed) {
        return flushed;
    }
    if (std::rename(QFile::encodeName(part).constData(), QFile::encodeName(target).constData()) != 0) {
        return cannotWrite(target, systemReason());
    }
    // The file is whole under its name by now; a folder that cannot be flushed does not undo that.
    (void)flushToDisk(QFileInfo(target).absolutePath());
    return {};
}

Result<void> copyAndInstall(const QString& source, const QString& part, const QString& target, const StopFlag& stop) {
    QFile from(source);
    if (!from.open(QIODevice::ReadOnly)) {
        return failure(ErrorCode::NotFound, QStringLiteral("'%1': %2").arg(source, from.errorString()).toStdString());
    }
    QFile to(part);
    if (!to.open(QIODevice::WriteOnly | QIODevice::Truncate)) {
        return cannotWrite(part, to.errorString());
    }
    Result<void> done = copyBlocks(from, to, stop);
    to.close();
    if (done) {
        done = installFile(part, target);
    }
    if (!done) {
        QFile::remove(part);
    }
    return done;
}

qint64 freeBytes(const QString& folder) {
    const QStorageInfo storage(folder);
    return storage.isValid() && storage.isReady() ? storage.bytesAvailable() : -1;
}

} // namespace livegloss::downloads
