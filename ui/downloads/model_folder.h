#pragma once

#include "ui/downloads/catalogue.h"

#include <QFileInfo>
#include <QLockFile>
#include <QString>

#include <memory>

namespace livegloss::downloads {

/// The user's folder of models. Unfinished files live in a hidden folder inside it, so that they are in the same file
/// system and never taken for models.
class ModelFolder {
public:
    explicit ModelFolder(QString path);

    const QString& path() const { return path_; }
    /// Models and checkpoints (.safetensors, .pt, .pth), by name.
    QFileInfoList files() const;
    QString fileOf(const CatalogueEntry& entry) const { return path_ + QLatin1Char('/') + entry.file; }
    /// True when the entry's file is there with the size that it must have.
    bool has(const CatalogueEntry& entry) const;
    /// Temporary name of a download. It carries the checksum, so that only the same file is ever continued.
    QString partOf(const CatalogueEntry& entry) const;
    /// A temporary name for a copy.
    QString newPart() const;
    /// `name` if that is free, else name-2, name-3, ...; characters that a file of ours may not have become '-'.
    QString freeName(const QString& name) const;
    /// Makes the folders. WriteFailed with the path otherwise.
    Result<void> make() const;
    /// Removes unfinished files that belong to no download of the catalogue, and what an import left behind whose
    /// program has ended. Does nothing while another program holds the lock.
    void sweep(const Catalogue& catalogue) const;
    /// Deletes a file of files().
    Result<void> remove(const QString& file) const;
    /// Held while something is being written; null when another program holds it.
    std::unique_ptr<QLockFile> lock() const;
    QString lockPath() const { return partFolder() + QStringLiteral("/lock"); }

private:
    void sweepImports() const;
    QString partFolder() const { return path_ + QStringLiteral("/.partial"); }

    QString path_;
};

} // namespace livegloss::downloads
