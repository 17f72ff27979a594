#include "ui/models/model_shelf.h"

#include "ui/bridge/background.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>

namespace livegloss::ui {

namespace {

std::filesystem::path filePath(const QString& path) {
    return path.toStdU16String();
}

void stop(std::shared_ptr<downloads::StopFlag>& flag) {
    if (flag) {
        *flag = true;
        flag.reset();
    }
}

} // namespace

bool ShelfEntry::isBackbone() const {
    return card ? card->backbone : catalogued && catalogued->task == downloads::Task::Backbone;
}

QString ShelfEntry::signLanguage() const {
    const QString own = card ? QString::fromStdString(card->config.signLanguage) : QString();
    return own.isEmpty() && catalogued ? catalogued->signLanguage : own;
}

QString ShelfEntry::licence() const {
    const QString own = card ? QString::fromStdString(card->config.licence) : QString();
    return own.isEmpty() && catalogued ? catalogued->licence : own;
}

ModelShelf::ModelShelf(EngineServices services, ShelfPlaces places, downloads::DownloadRules rules, QObject* parent)
    : QObject(parent), services_(std::move(services)), places_(std::move(places)) {
    downloads::Catalogue catalogue;
    if (auto read = downloads::readCatalogue(places_.catalogue)) {
        catalogue = std::move(*read);
    } else {
        catalogueProblem_ = read.error();
    }
    list_ = std::make_unique<downloads::DownloadList>(std::move(catalogue), downloads::ModelFolder(places_.folder),
                                                      std::move(rules));
    connect(list_.get(), &downloads::DownloadList::changed, this, &ModelShelf::downloadChanged);
    connect(list_.get(), &downloads::DownloadList::installed, this, &ModelShelf::refresh);
    refresh();
}

ModelShelf::~ModelShelf() {
    stop(stopImport_);
    stop(stopChecksum_);
}

const ShelfEntry* ModelShelf::find(const QString& id) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.id == id; });
    return found != entries_.end() ? &*found : nullptr;
}

const ShelfEntry* ModelShelf::findPath(const QString& path) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) {
        return e.installed() && QFileInfo(e.path) == QFileInfo(path);
    });
    return found != entries_.end() ? &*found : nullptr;
}

void ModelShelf::refresh() {
    entries_.clear();
    addInstalled();
    addAvailable();
    readCards();
    Q_EMIT changed();
}

void ModelShelf::addInstalled() {
    const downloads::Catalogue& catalogue = list_->catalogue();
    const auto add = [&](const QFileInfo& file, bool bundled) {
        ShelfEntry entry;
        entry.path = file.filePath();
        entry.id = entry.path;
        entry.name = file.completeBaseName();
        entry.bundled = bundled;
        entry.bytes = file.size();
        for (const downloads::CatalogueEntry& known : catalogue) {
            const bool same = bundled
                                  ? known.supply == downloads::Supply::Bundled && known.file == file.fileName()
                                  : known.fetchable() && known.file == file.fileName() && list_->folder().has(known);
            if (same) {
                entry.id = known.id;
                entry.name = known.name;
                entry.catalogued = known;
            }
        }
        entries_.push_back(std::move(entry));
    };
    if (const QFileInfo demo(places_.demoModel); demo.isFile()) {
        add(demo, true);
    }
    for (const QFileInfo& file : list_->folder().files()) {
        add(file, false);
    }
}

void ModelShelf::addAvailable() {
    for (const downloads::CatalogueEntry& known : list_->catalogue()) {
        if (known.supply == downloads::Supply::Bundled || find(known.id) != nullptr) {
            continue;
        }
        ShelfEntry entry;
        entry.id = known.id;
        entry.name = known.name;
        entry.bytes = known.bytes;
        entry.catalogued = known;
        entries_.push_back(std::move(entry));
    }
}

/// Fills in the cards that are known and has the others read.
void ModelShelf::readCards() {
    for (ShelfEntry& entry : entries_) {
        if (!entry.installed() || !entry.isOwnFormat()) {
            continue;
        }
        const QDateTime changed = QFileInfo(entry.path).lastModified();
        KnownCard& known = cards_[entry.path];
        if (known.changed == changed) {
            if (known.card) {
                takeCard(entry.path, changed, *known.card);
            }
            continue;
        }
        known = {changed, {}};
        runInBackground(
            this, [read = services_.readModelCard, file = filePath(entry.path)] { return read(file); },
            [this, path = entry.path, changed](const Result<ModelCard>& card) {
                takeCard(path, changed, card);
                Q_EMIT this->changed();
            });
    }
}

/// The name, with the file's own where another model has the same.
QString ModelShelf::nameBeside(const ShelfEntry& entry, const QString& name) const {
    const bool taken = std::any_of(entries_.begin(), entries_.end(),
                                   [&](const ShelfEntry& other) { return other.id != entry.id && other.name == name; });
    return taken ? QStringLiteral("%1 (%2)").arg(name, QFileInfo(entry.path).completeBaseName()) : name;
}

void ModelShelf::takeCard(const QString& path, const QDateTime& changed, const Result<ModelCard>& card) {
    KnownCard& known = cards_[path];
    if (known.changed != changed) {
        return;
    }
    known.card = card;
    for (ShelfEntry& entry : entries_) {
        if (entry.path != path) {
            continue;
        }
        if (card) {
            entry.card = *card;
            if (!entry.catalogued && !card->config.name.empty()) {
                entry.name = nameBeside(entry, QString::fromStdString(card->config.name));
            }
        } else {
            entry.problem = card.error();
        }
    }
}

void ModelShelf::importFile(const QString& path, const QString& fileName) {
    if (importing()) {
        return;
    }
    stopImport_ = std::make_shared<downloads::StopFlag>(false);
    Q_EMIT importingChanged();
    runInBackground(
        this, [read = services_.readModelCard, file = filePath(path)] { return read(file); },
        [this, path, fileName](const Result<ModelCard>& card) {
            if (card) {
                copyIn(path, fileName.isEmpty() ? QFileInfo(path).fileName() : fileName);
            } else {
                askImporter(path, card.error());
            }
        });
}

/// A checkpoint may well be a .safetensors file under the names of another program.
void ModelShelf::askImporter(const QString& path, const Error& notOurs) {
    importing::ImportOptions options;
    options.checkpoint = filePath(path);
    runInBackground(
        this, [open = services_.openImport, options] { return open(options); },
        [this, path, notOurs](const Result<importing::ModelImport>& found) {
            endImport();
            if (found) {
                Q_EMIT conversionNeeded(path);
            } else {
                Q_EMIT importFailed(path, notOurs);
            }
        });
}

void ModelShelf::copyIn(const QString& path, const QString& fileName) {
    const downloads::ModelFolder& folder = list_->folder();
    if (const Result<void> made = folder.make(); !made) {
        endImport();
        Q_EMIT importFailed(path, made.error());
        return;
    }
    importLock_ = list_->hold();
    if (!importLock_ && QFileInfo::exists(folder.lockPath())) {
        endImport();
        Q_EMIT importFailed(path, {ErrorCode::WriteFailed, "Another LiveGloss window is changing the folder of models.",
                                   "Try again when it is done."});
        return;
    }
    const QString part = folder.newPart();
    const QString target = folder.path() + QLatin1Char('/') + folder.freeName(fileName);
    runLongInBackground(
        this, [=, flag = stopImport_] { return downloads::copyAndInstall(path, part, target, *flag); },
        [this, path, target](const Result<void>& copied) {
            endImport();
            if (copied) {
                refresh();
                Q_EMIT imported(target);
            } else {
                Q_EMIT importFailed(path, copied.error());
            }
        });
}

void ModelShelf::endImport() {
    stopImport_.reset();
    importLock_.reset();
    Q_EMIT importingChanged();
}

Result<void> ModelShelf::remove(const QString& id) {
    const ShelfEntry* entry = find(id);
    if (entry == nullptr || !entry->installed() || entry->bundled) {
        return failure(ErrorCode::InvalidArgument,
                       QStringLiteral("'%1' is no installed model of yours").arg(id).toStdString());
    }
    const QString path = entry->path;
    Result<void> removed = list_->folder().remove(path);
    cards_.erase(path);
    refresh();
    return removed;
}

void ModelShelf::requestChecksum(const QString& path) {
    stop(stopChecksum_);
    stopChecksum_ = std::make_shared<downloads::StopFlag>(false);
    runLongInBackground(
        this, [path, flag = stopChecksum_] { return downloads::fileChecksum(path, *flag); },
        [this, path, flag = stopChecksum_](const Result<QByteArray>& checksum) {
            if (!*flag) {
                Q_EMIT checksumKnown(path, checksum ? *checksum : QByteArray());
            }
        });
}

} // namespace livegloss::ui
