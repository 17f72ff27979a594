#include "ui/downloads/model_folder.h"

#include "ui/downloads/part_file.h"

#include <QDir>
#include <QRegularExpression>
#include <QSet>
#include <QUuid>

#include <cerrno>
#include <csignal>

namespace livegloss::downloads {

ModelFolder::ModelFolder(QString path) : path_(QDir::cleanPath(path)) {}

QFileInfoList ModelFolder::files() const {
    return QDir(path_).entryInfoList({QStringLiteral("*.safetensors"), QStringLiteral("*.pt"), QStringLiteral("*.pth")},
                                     QDir::Files | QDir::Readable, QDir::Name | QDir::IgnoreCase);
}

bool ModelFolder::has(const CatalogueEntry& entry) const {
    return !entry.file.isEmpty() && QFileInfo(fileOf(entry)).size() == entry.bytes && entry.bytes > 0;
}

QString ModelFolder::partOf(const CatalogueEntry& entry) const {
    return QStringLiteral("%1/%2.part").arg(partFolder(), QString::fromLatin1(entry.sha256));
}

QString ModelFolder::newPart() const {
    return QStringLiteral("%1/%2.copy").arg(partFolder(), QUuid::createUuid().toString(QUuid::Id128));
}

QString ModelFolder::freeName(const QString& name) const {
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9._-]+|^[^A-Za-z0-9]+"));
    constexpr int longestBase = 100;
    const QFileInfo wanted(name);
    QString base = wanted.completeBaseName().replace(odd, QStringLiteral("-")).left(longestBase);
    if (base.isEmpty() || base.startsWith(QLatin1Char('-'))) {
        base.prepend(QStringLiteral("model"));
    }
    const QString ending = QLatin1Char('.') + wanted.suffix().toLower();
    QString free = base + ending;
    for (int number = 2; QFileInfo::exists(path_ + QLatin1Char('/') + free); ++number) {
        free = QStringLiteral("%1-%2%3").arg(base).arg(number).arg(ending);
    }
    return free;
}

Result<void> ModelFolder::make() const {
    if (!QDir().mkpath(partFolder())) {
        return failure(ErrorCode::WriteFailed,
                       QStringLiteral("'%1': the folder cannot be made").arg(path_).toStdString());
    }
    return {};
}

void ModelFolder::sweep(const Catalogue& catalogue) const {
    if (!QFileInfo::exists(path_) || !make()) {
        return;
    }
    const std::unique_ptr<QLockFile> held = lock();
    if (!held) {
        return;
    }
    sweepImports();
    QDir folder(partFolder());
    QSet<QString> wanted{QFileInfo(lockPath()).fileName()};
    for (const CatalogueEntry& entry : catalogue) {
        const QString part = QFileInfo(partOf(entry)).fileName();
        if (entry.fetchable() && !has(entry) && QFileInfo(partOf(entry)).size() > 0) {
            wanted.insert(part);
            wanted.insert(PartFile::tagPath(part));
        }
    }
    for (const QString& name : folder.entryList(QDir::Files | QDir::Hidden | QDir::System)) {
        if (!wanted.contains(name)) {
            folder.remove(name);
        }
    }
}

/// An import writes beside its target, under the number of its process.
void ModelFolder::sweepImports() const {
    static const QRegularExpression unfinished(QStringLiteral("\\.safetensors\\.tmp-(\\d+)-\\d+$"));
    QDir folder(path_);
    for (const QString& name : folder.entryList({QStringLiteral("*.tmp-*")}, QDir::Files | QDir::Hidden)) {
        const QRegularExpressionMatch match = unfinished.match(name);
        bool isNumber = false;
        const int process = match.captured(1).toInt(&isNumber);
        if (isNumber && process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) {
            folder.remove(name);
        }
    }
}

Result<void> ModelFolder::remove(const QString& file) const {
    const QFileInfo info(file);
    if (info.absolutePath() != QFileInfo(path_).absoluteFilePath()) {
        return failure(ErrorCode::InvalidArgument,
                       QStringLiteral("'%1' is not in the folder of models").arg(file).toStdString());
    }
    QFile victim(file);
    if (!victim.remove()) {
        return failure(ErrorCode::WriteFailed,
                       QStringLiteral("'%1': %2").arg(file, victim.errorString()).toStdString());
    }
    return {};
}

std::unique_ptr<QLockFile> ModelFolder::lock() const {
    auto lock = std::make_unique<QLockFile>(lockPath());
    lock->setStaleLockTime(0); // a lock lasts as long as its program, however long that is
    return lock->tryLock(0) ? std::move(lock) : nullptr;
}

} // namespace livegloss::downloads
