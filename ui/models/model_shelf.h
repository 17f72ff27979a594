#pragma once

#include "ui/bridge/engine_services.h"
#include "ui/downloads/download_list.h"

#include <QObject>

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace livegloss::ui {

/// Where models come from and go to.
struct ShelfPlaces {
    QString demoModel; ///< comes with the program
    QString catalogue; ///< list of models that can be had
    QString folder;    ///< the user's own models
};

/// One model that is on this computer or can be had.
struct ShelfEntry {
    QString id; ///< of the catalogue, or the path of a file that is not in it
    QString name;
    QString path; ///< empty unless it is on this computer
    bool bundled = false;
    qint64 bytes = 0;                                    ///< of the file; 0 when not known
    std::optional<downloads::CatalogueEntry> catalogued; ///< what the catalogue says of it
    std::optional<ModelCard> card;                       ///< what the file says of itself, once it is read
    std::optional<Error> problem;                        ///< why it cannot be used

    bool installed() const { return !path.isEmpty(); }
    /// An image tower to train on, which recognises nothing by itself.
    bool isBackbone() const;
    /// A model that this program reads itself; other files need to be imported.
    bool isOwnFormat() const { return path.endsWith(QLatin1String(".safetensors"), Qt::CaseInsensitive); }
    QString signLanguage() const;
    QString licence() const;
};

/// The models on this computer and in the catalogue, and what can be done with them. GUI thread; slow work happens on
/// pool threads. Nothing here opens a connection before startDownload().
class ModelShelf final : public QObject {
    Q_OBJECT
public:
    ModelShelf(EngineServices services, ShelfPlaces places, downloads::DownloadRules rules = {},
               QObject* parent = nullptr);
    ~ModelShelf() override;

    /// Installed ones first (the bundled one at the top), then what can be had.
    const std::vector<ShelfEntry>& entries() const { return entries_; }
    const ShelfEntry* find(const QString& id) const;
    const ShelfEntry* findPath(const QString& path) const;
    /// Why the catalogue could not be read.
    const std::optional<Error>& catalogueProblem() const { return catalogueProblem_; }
    const QString& folder() const { return list_->folder().path(); }
    /// Looks at the folder again.
    void refresh();

    downloads::DownloadList& downloads() { return *list_; }
    const downloads::Download* download(const QString& id) const { return list_->find(id); }

    /// Checks a model file of our own format and copies it into the folder. Ends with imported(), importFailed(), or
    /// conversionNeeded() where the file is another program's checkpoint. `fileName` is the copy's; empty: as it is.
    void importFile(const QString& path, const QString& fileName = {});
    bool importing() const { return stopImport_ != nullptr; }
    /// Deletes an installed file that did not come with the program.
    Result<void> remove(const QString& id);
    /// Computes the SHA-256 of an installed file; a newer call ends an older one without an answer.
    void requestChecksum(const QString& path);

Q_SIGNALS:
    /// entries() changed.
    void changed();
    /// State or progress of the download of one entry.
    void downloadChanged(const QString& id);
    void imported(const QString& path);
    void importFailed(const QString& path, const livegloss::Error& error);
    void conversionNeeded(const QString& path);
    void importingChanged();
    void checksumKnown(const QString& path, const QByteArray& sha256);

private:
    void addInstalled();
    void addAvailable();
    void readCards();
    void takeCard(const QString& path, const QDateTime& changed, const Result<ModelCard>& card);
    QString nameBeside(const ShelfEntry& entry, const QString& name) const;
    void copyIn(const QString& path, const QString& fileName);
    void askImporter(const QString& path, const Error& notOurs);
    void endImport();

    struct KnownCard {
        QDateTime changed; ///< of the file, when the card was read
        std::optional<Result<ModelCard>> card;
    };

    EngineServices services_;
    ShelfPlaces places_;
    std::optional<Error> catalogueProblem_;
    std::unique_ptr<downloads::DownloadList> list_;
    std::vector<ShelfEntry> entries_;
    std::map<QString, KnownCard> cards_; ///< by path
    std::shared_ptr<downloads::StopFlag> stopImport_;
    std::shared_ptr<QLockFile> importLock_; ///< of the folder, while a file is copied into it
    std::shared_ptr<downloads::StopFlag> stopChecksum_;
};

} // namespace livegloss::ui
