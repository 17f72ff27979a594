#include "ui/views/gloss_journal.h"

#include "base/log.h"
#include "base/new_file.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace livegloss::ui {

namespace {

QString lockOf(const QString& path) {
    return path + QStringLiteral(".lock");
}

QJsonObject jsonOf(const session::CaptionGloss& gloss) {
    QJsonArray alternatives;
    for (const session::GlossAlternative& other : gloss.alternatives) {
        alternatives.append(QJsonObject{{QStringLiteral("gloss"), QString::fromStdString(other.text)},
                                        {QStringLiteral("probability"), other.probability}});
    }
    return {{QStringLiteral("gloss"), QString::fromStdString(gloss.text)},
            {QStringLiteral("label"), gloss.label},
            {QStringLiteral("start"), static_cast<qint64>(gloss.start.count())},
            {QStringLiteral("end"), static_cast<qint64>(gloss.end.count())},
            {QStringLiteral("confidence"), gloss.confidence},
            {QStringLiteral("alternatives"), alternatives}};
}

QJsonObject jsonOf(const UnsavedGlosses& unsaved) {
    QJsonArray list;
    for (const session::CaptionGloss& gloss : *unsaved.glosses.list()) {
        if (gloss.change != session::OfflineChange::Removed) {
            list.append(jsonOf(gloss));
        }
    }
    return {{QStringLiteral("since"), unsaved.since.toString(Qt::ISODate)},
            {QStringLiteral("input"), QString::fromStdString(unsaved.glosses.input)},
            {QStringLiteral("model"), QString::fromStdString(unsaved.glosses.model)},
            {QStringLiteral("fps"), unsaved.glosses.fps},
            {QStringLiteral("position"), static_cast<qint64>(unsaved.glosses.snapshot.position.count())},
            {QStringLiteral("glosses"), list}};
}

session::CaptionGloss glossOf(const QJsonObject& json) {
    static std::int64_t number = -1; // like no list of a session
    session::CaptionGloss gloss;
    gloss.id = --number;
    gloss.text = json[QLatin1String("gloss")].toString().toStdString();
    gloss.label = json[QLatin1String("label")].toInt();
    gloss.start = MediaTime(json[QLatin1String("start")].toInteger());
    gloss.end = MediaTime(json[QLatin1String("end")].toInteger());
    gloss.confidence = static_cast<float>(json[QLatin1String("confidence")].toDouble());
    for (const auto& other : json[QLatin1String("alternatives")].toArray()) {
        gloss.alternatives.push_back({other[QLatin1String("gloss")].toString().toStdString(),
                                      static_cast<float>(other[QLatin1String("probability")].toDouble())});
    }
    return gloss;
}

UnsavedGlosses unsavedOf(const QJsonObject& json) {
    UnsavedGlosses unsaved;
    unsaved.since = QDateTime::fromString(json[QLatin1String("since")].toString(), Qt::ISODate);
    unsaved.glosses.input = json[QLatin1String("input")].toString().toStdString();
    unsaved.glosses.model = json[QLatin1String("model")].toString().toStdString();
    unsaved.glosses.fps = json[QLatin1String("fps")].toDouble();
    std::vector<session::CaptionGloss> list;
    for (const auto& gloss : json[QLatin1String("glosses")].toArray()) {
        list.push_back(glossOf(gloss.toObject()));
    }
    session::Snapshot& snapshot = unsaved.glosses.snapshot;
    snapshot.source.name = unsaved.glosses.input;
    snapshot.position = MediaTime(json[QLatin1String("position")].toInteger());
    snapshot.committed = std::make_shared<const std::vector<session::CaptionGloss>>(std::move(list));
    snapshot.provisional = std::make_shared<const std::vector<session::CaptionGloss>>();
    return unsaved;
}

/// Adds what the file holds; false where it is none of ours.
bool read(const QString& path, std::vector<UnsavedGlosses>& unsaved) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return false;
    }
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    for (const auto& list : document.array()) {
        UnsavedGlosses kept = unsavedOf(list.toObject());
        if (kept.glosses.count() > 0) {
            unsaved.push_back(std::move(kept));
        }
    }
    return document.isArray();
}

} // namespace

GlossJournal::GlossJournal(const QString& folder) : folder_(folder) {
    writer_.setMaxThreadCount(1);
    if (!QDir().mkpath(folder)) {
        log(LogLevel::Warning, "unsaved glosses are not kept: cannot make " + folder.toStdString());
        return;
    }
    // Conversations are nobody else's business.
    QFile::setPermissions(folder, QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
    const QString name = QStringLiteral("glosses-%1-%2.json")
                             .arg(QCoreApplication::applicationPid())
                             .arg(QDateTime::currentMSecsSinceEpoch());
    path_ = QDir(folder).filePath(name);
    lock_ = take(path_);
    if (lock_ == nullptr) {
        log(LogLevel::Warning, "unsaved glosses are not kept: cannot write into " + folder.toStdString());
        path_.clear();
    }
}

GlossJournal::~GlossJournal() {
    flush();
    if (!path_.isEmpty()) {
        QFile::remove(lockOf(path_));
    }
}

/// Null where another has it, or where it cannot be made.
GlossJournal::Lock GlossJournal::take(const QString& journal) {
    const int descriptor = ::open(QFile::encodeName(lockOf(journal)).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    Lock lock(new int(descriptor), [](const int* held) {
        if (*held >= 0) {
            ::close(*held);
        }
        delete held;
    });
    return descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? lock : nullptr;
}

std::vector<UnsavedGlosses> GlossJournal::takeOver() {
    std::vector<UnsavedGlosses> unsaved;
    if (path_.isEmpty()) {
        return unsaved;
    }
    const QDir folder(folder_);
    QStringList journals;
    // Of a program that was ended there may also be only its lock, or a file that it did not finish.
    for (const QString& name : folder.entryList({QStringLiteral("glosses-*.json*")}, QDir::Files, QDir::Name)) {
        const QString path = folder.filePath(name.left(name.indexOf(QLatin1String(".json")) + 5));
        if (path != path_ && !journals.contains(path)) {
            journals.append(path);
        }
    }
    for (const QString& path : journals) {
        Lock lock = take(path);
        if (lock == nullptr) {
            continue;
        }
        const QFileInfo journal(path);
        for (const QString& part : folder.entryList({journal.fileName() + QStringLiteral(".part*")}, QDir::Files)) {
            QFile::remove(folder.filePath(part));
        }
        if (journal.exists() && !read(path, unsaved)) {
            log(LogLevel::Warning, path.toStdString() + " cannot be read; its glosses are not offered");
        } else if (journal.exists()) {
            takenOver_->append(path);
            takenLocks_.push_back(std::move(lock));
            continue;
        }
        QFile::remove(lockOf(path));
    }
    return unsaved;
}

void GlossJournal::write(const std::vector<UnsavedGlosses>& unsaved) {
    if (path_.isEmpty()) {
        return;
    }
    QJsonArray lists;
    for (const UnsavedGlosses& kept : unsaved) {
        lists.append(jsonOf(kept));
    }
    writer_.start(
        [path = path_, text = lists.isEmpty() ? QByteArray() : QJsonDocument(lists).toJson(), others = takenOver_] {
            if (text.isEmpty()) {
                QFile::remove(path);
            } else if (const auto written = writeNewFile(path.toStdU16String(), text.toStdString()); !written) {
                log(LogLevel::Warning, "unsaved glosses are not kept: " + written.error().message);
                return;
            }
            for (const QString& other : std::exchange(*others, {})) {
                QFile::remove(other);
                QFile::remove(lockOf(other));
            }
        });
}

} // namespace livegloss::ui
