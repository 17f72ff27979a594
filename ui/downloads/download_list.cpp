#include "ui/downloads/download_list.h"

#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QNetworkProxyFactory>

#include <algorithm>

namespace livegloss::downloads {

DownloadList::DownloadList(Catalogue catalogue, ModelFolder folder, DownloadRules rules, QObject* parent)
    : QObject(parent),
      catalogue_(std::move(catalogue)),
      folder_(std::move(folder)),
      rules_(std::move(rules)),
      network_(std::make_unique<QNetworkAccessManager>()) {
    QNetworkProxyFactory::setUseSystemConfiguration(true);
    folder_.sweep(catalogue_);
    for (const CatalogueEntry& entry : catalogue_) {
        if (entry.fetchable() && QFileInfo(folder_.partOf(entry)).size() > 0) {
            add(entry);
        }
    }
}

DownloadList::~DownloadList() = default;

const CatalogueEntry* DownloadList::entry(const QString& id) const {
    const auto found = std::find_if(catalogue_.begin(), catalogue_.end(), [&](const auto& e) { return e.id == id; });
    return found != catalogue_.end() && found->fetchable() ? &*found : nullptr;
}

Download& DownloadList::add(const CatalogueEntry& entry) {
    DownloadRequest request{entry.address, folder_.partOf(entry), folder_.fileOf(entry), entry.bytes, entry.sha256};
    auto download = std::make_unique<Download>(*network_, std::move(request), rules_);
    const QString id = entry.id;
    connect(download.get(), &Download::progressed, this, [this, id] { Q_EMIT changed(id); });
    connect(download.get(), &Download::stateChanged, this, [this, id] { takeState(id); });
    return *(downloads_[id] = std::move(download));
}

void DownloadList::start(const QString& id) {
    const CatalogueEntry* wanted = entry(id);
    if (wanted == nullptr) {
        return;
    }
    const auto found = downloads_.find(id);
    Download& download = found != downloads_.end() ? *found->second : add(*wanted);
    lock_ = hold();
    // A folder that cannot be made or locked for other reasons shows when the file is opened.
    if (lock_ || !QFileInfo::exists(folder_.lockPath())) {
        download.start();
    } else {
        download.refuse({Problem::Busy, folder_.lockPath()});
    }
}

std::shared_ptr<QLockFile> DownloadList::hold() {
    std::shared_ptr<QLockFile> held = shared_.lock();
    if (!held && folder_.make()) {
        held = folder_.lock();
        shared_ = held;
    }
    return held;
}

void DownloadList::pause(const QString& id) {
    if (const auto found = downloads_.find(id); found != downloads_.end()) {
        found->second->pause();
    }
}

void DownloadList::cancel(const QString& id) {
    const auto found = downloads_.find(id);
    if (found == downloads_.end()) {
        return;
    }
    const std::shared_ptr<QLockFile> held = hold();
    if (!held && QFileInfo::exists(folder_.lockPath())) {
        found->second->refuse({Problem::Busy, folder_.lockPath()});
        return;
    }
    found->second->discard();
    retire(id);
    Q_EMIT changed(id);
}

const Download* DownloadList::find(const QString& id) const {
    const auto found = downloads_.find(id);
    return found != downloads_.end() ? found->second.get() : nullptr;
}

bool DownloadList::anyActive() const {
    return std::any_of(downloads_.begin(), downloads_.end(), [](const auto& entry) { return entry.second->active(); });
}

void DownloadList::takeState(const QString& id) {
    const Download* download = find(id);
    if (download == nullptr) {
        return;
    }
    if (!anyActive()) {
        lock_.reset();
    }
    const bool done = download->state() == Download::State::Installed;
    if (done) {
        const QString path = folder_.fileOf(*entry(id));
        retire(id);
        Q_EMIT installed(id, path);
    }
    Q_EMIT changed(id);
}

/// Takes a download off the list; it may still be in the middle of a signal.
void DownloadList::retire(const QString& id) {
    const auto found = downloads_.find(id);
    Download* download = found->second.release();
    downloads_.erase(found);
    download->disconnect(this);
    download->deleteLater();
}

} // namespace livegloss::downloads
