#include "ui/downloads/part_file.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>

namespace livegloss::downloads {

PartFile::PartFile(QString path) : path_(std::move(path)), file_(path_), size_(QFileInfo(path_).size()) {}

std::optional<Failure> PartFile::open(qint64 most) {
    QDir().mkpath(QFileInfo(path_).absolutePath());
    if (!file_.isOpen() && !file_.open(QIODevice::ReadWrite | QIODevice::Append | QIODevice::Unbuffered)) {
        return cannotWrite();
    }
    size_ = file_.size();
    return size_ > most ? restart({}) : std::nullopt;
}

std::optional<Failure> PartFile::append(const QByteArray& block) {
    errno = 0;
    const qint64 written = file_.write(block);
    size_ += std::max<qint64>(0, written);
    if (written == block.size()) {
        return {};
    }
    // EFBIG: a limit on the size of files, by the file system or for this user.
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    Failure failure = cannotWrite();
    failure.problem = full ? Problem::DiskFull : Problem::CannotWrite;
    return failure;
}

std::optional<Failure> PartFile::restart(const QByteArray& tag) {
    if (!file_.resize(0)) {
        return cannotWrite();
    }
    size_ = 0;
    QFile tagFile(tagPath(path_));
    if (tag.isEmpty()) {
        tagFile.remove();
    } else if (!tagFile.open(QIODevice::WriteOnly | QIODevice::Truncate) || tagFile.write(tag) != tag.size()) {
        // Without its tag a version is told apart by its checksum, in the end.
        tagFile.remove();
    }
    return {};
}

QByteArray PartFile::tag() const {
    constexpr qint64 longest = 256;
    QFile tagFile(tagPath(path_));
    return tagFile.open(QIODevice::ReadOnly) ? tagFile.read(longest) : QByteArray();
}

void PartFile::remove() {
    file_.close();
    file_.remove();
    QFile::remove(tagPath(path_));
    size_ = 0;
}

Failure PartFile::cannotWrite() const {
    return {Problem::CannotWrite, QStringLiteral("%1: %2").arg(path_, file_.errorString())};
}

} // namespace livegloss::downloads
