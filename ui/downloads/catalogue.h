#pragma once

#include "base/result.h"

#include <QByteArray>
#include <QString>
#include <QUrl>

#include <vector>

namespace livegloss::downloads {

/// How a model of the catalogue comes to this computer.
enum class Supply {
    Bundled,  ///< installed with the program
    Download, ///< from its direct address, checked against its checksum
    ByHand    ///< from its page in the browser, then by drag and drop
};
enum class Task { Recognition, Backbone };

/// Word error rates that the model's source states, in percent.
struct Figures {
    QString dataSet;
    double dev = 0.0;
    double test = 0.0;
    QUrl source; ///< page that states them
};

/// One model that can be had. What is not known for certain stays empty.
struct CatalogueEntry {
    QString id;
    QString name;
    Supply supply = Supply::ByHand;
    Task task = Task::Recognition;
    QString signLanguage; ///< ISO 639-3 code or "synthetic"
    QString file;         ///< plain file name that it is installed under; never empty for Bundled and Download
    QUrl source;          ///< project page
    QUrl page;            ///< page to fetch it from by hand; ByHand only
    QUrl address;         ///< of the file itself; Download only
    qint64 bytes = 0;     ///< never 0 for Download
    QByteArray sha256;    ///< 64 lower-case hexadecimal digits; never empty for Download
    QString licence;
    std::vector<Figures> figures;

    bool fetchable() const { return supply == Supply::Download; }
};

using Catalogue = std::vector<CatalogueEntry>;

/// Reads catalogue.json. Errors name the file, and the entry and key that are wrong; one wrong entry refuses the whole
/// file. A direct address without size and checksum is refused, so that nothing unchecked can be installed.
Result<Catalogue> readCatalogue(const QString& path);

/// True for a name without folders that may be created inside the folder of models.
bool isPlainFileName(const QString& name);

} // namespace livegloss::downloads
