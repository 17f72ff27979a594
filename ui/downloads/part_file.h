#pragma once

#include "ui/downloads/download_failure.h"

#include <QFile>
#include <QString>

#include <optional>

namespace livegloss::downloads {

/// What has arrived of one file, under its temporary name. Beside it lies the server's tag of the version that the
/// bytes belong to, so that a later attempt does not continue another version.
class PartFile {
public:
    explicit PartFile(QString path);

    const QString& path() const { return path_; }
    /// Name of the file with the tag.
    static QString tagPath(const QString& path) { return path + QStringLiteral(".tag"); }
    /// Opens it for appending; contents longer than `most` cannot be right and are dropped.
    std::optional<Failure> open(qint64 most);
    void close() { file_.close(); }
    qint64 size() const { return size_; }
    /// Appends; DiskFull or CannotWrite otherwise. What did fit stays.
    std::optional<Failure> append(const QByteArray& block);
    /// Empties it, for a version with this tag (empty: unknown).
    std::optional<Failure> restart(const QByteArray& tag);
    QByteArray tag() const;
    /// Deletes file and tag.
    void remove();

private:
    Failure cannotWrite() const;

    QString path_;
    QFile file_;
    qint64 size_ = 0;
};

} // namespace livegloss::downloads
