#pragma once

#include "ui/downloads/download.h"
#include "ui/downloads/model_folder.h"

#include <map>
#include <memory>

namespace livegloss::downloads {

/// The downloads of a catalogue into a folder of models, by the entries' ids. GUI thread.
class DownloadList final : public QObject {
    Q_OBJECT
public:
    /// Takes up what an earlier run left unfinished (as paused) and removes temporary files that belong to nothing.
    /// Opens no connection before start() is called.
    DownloadList(Catalogue catalogue, ModelFolder folder, DownloadRules rules = {}, QObject* parent = nullptr);
    ~DownloadList() override;

    const Catalogue& catalogue() const { return catalogue_; }
    const ModelFolder& folder() const { return folder_; }
    /// Begins or resumes; ignored for entries without a direct address.
    void start(const QString& id);
    void pause(const QString& id);
    /// Gives up and removes what has arrived, unless another program is fetching it.
    void cancel(const QString& id);
    /// Null when nothing has been begun.
    const Download* find(const QString& id) const;
    bool anyActive() const;
    /// The lock of the folder, shared by all that this program does there; null while another program holds it.
    std::shared_ptr<QLockFile> hold();

Q_SIGNALS:
    /// State or progress of one download.
    void changed(const QString& id);
    /// A file was checked and lies under its name.
    void installed(const QString& id, const QString& path);

private:
    const CatalogueEntry* entry(const QString& id) const;
    Download& add(const CatalogueEntry& entry);
    void takeState(const QString& id);
    void retire(const QString& id);

    const Catalogue catalogue_;
    const ModelFolder folder_;
    const DownloadRules rules_;
    std::unique_ptr<QNetworkAccessManager> network_;
    std::weak_ptr<QLockFile> shared_;
    std::shared_ptr<QLockFile> lock_; ///< held while a download is active
    std::map<QString, std::unique_ptr<Download>> downloads_;
};

} // namespace livegloss::downloads
