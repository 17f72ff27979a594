#include "ui/downloads/catalogue.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>

#include <cmath>
#include <optional>

namespace livegloss::downloads {

namespace {

constexpr qint64 largestCatalogue = 4 << 20;
constexpr double largestModel = 64.0 * 1024 * 1024 * 1024;
const QLatin1String formatName("livegloss-catalogue-1");

bool isWeb(const QUrl& url) {
    return url.isValid() && url.scheme() == QLatin1String("https") && !url.host().isEmpty();
}

/// Reads one entry; the first problem stays in `problem`.
class EntryReader {
public:
    explicit EntryReader(const QJsonObject& object) : object_(object) {}

    CatalogueEntry read() {
        CatalogueEntry entry;
        entry.id = text("id", true);
        entry.name = text("name", true);
        entry.supply = choice<Supply>(
            "how", {{"bundled", Supply::Bundled}, {"download", Supply::Download}, {"by-hand", Supply::ByHand}});
        entry.task = choice<Task>("task", {{"recognition", Task::Recognition}, {"backbone", Task::Backbone}});
        entry.signLanguage = text("sign_language");
        entry.licence = text("licence");
        entry.file = fileName(entry.supply != Supply::ByHand);
        entry.source = webAddress("source");
        entry.page = webAddress("page", entry.supply == Supply::ByHand);
        entry.address = webAddress("address", entry.supply == Supply::Download);
        entry.bytes = size(entry.supply == Supply::Download);
        entry.sha256 = checksum(entry.supply == Supply::Download);
        entry.figures = figures();
        return entry;
    }
    const std::optional<QString>& problem() const { return problem_; }

private:
    void fail(const char* key, const QString& what) {
        if (!problem_) {
            problem_ = QStringLiteral("'%1' %2").arg(QLatin1String(key), what);
        }
    }
    QString text(const char* key, bool wanted = false) {
        const QJsonValue value = object_.value(QLatin1String(key));
        if (value.isUndefined() && !wanted) {
            return {};
        }
        const QString text = value.toString().trimmed();
        if (text.isEmpty()) {
            fail(key, QStringLiteral("is not a text"));
        }
        return text;
    }
    template <class T>
    T choice(const char* key, std::initializer_list<std::pair<const char*, T>> choices) {
        const QString name = text(key, true);
        for (const auto& [word, value] : choices) {
            if (name == QLatin1String(word)) {
                return value;
            }
        }
        fail(key, QStringLiteral("is none of the known words: '%1'").arg(name));
        return choices.begin()->second;
    }
    QString fileName(bool wanted) {
        const QString name = text("file", wanted);
        if (!name.isEmpty() && !isPlainFileName(name)) {
            fail("file", QStringLiteral("is not a plain file name: '%1'").arg(name));
        }
        return name;
    }
    QUrl webAddress(const char* key, bool wanted = false) {
        const QString written = text(key, wanted);
        const QUrl url(written, QUrl::StrictMode);
        if (!written.isEmpty() && !isWeb(url)) {
            fail(key, QStringLiteral("is not an https address: '%1'").arg(written));
        }
        return url;
    }
    qint64 size(bool wanted) {
        const QJsonValue value = object_.value(QLatin1String("bytes"));
        if (value.isUndefined() && !wanted) {
            return 0;
        }
        const double bytes = value.toDouble(-1.0);
        if (!(bytes >= 1.0 && bytes <= largestModel) || bytes != std::floor(bytes)) {
            fail("bytes", QStringLiteral("is not a size in bytes"));
            return 0;
        }
        return static_cast<qint64>(bytes);
    }
    QByteArray checksum(bool wanted) {
        static const QRegularExpression form(QStringLiteral("^[0-9a-f]{64}$"));
        const QString digits = text("sha256", wanted);
        if (!digits.isEmpty() && !form.match(digits).hasMatch()) {
            fail("sha256", QStringLiteral("is not made of 64 lower-case hexadecimal digits"));
        }
        return digits.toLatin1();
    }
    std::vector<Figures> figures() {
        std::vector<Figures> list;
        const QJsonValue value = object_.value(QLatin1String("figures"));
        if (!value.isUndefined() && !value.isArray()) {
            fail("figures", QStringLiteral("is not a list"));
        }
        for (const QJsonValue& row : value.toArray()) {
            const QString dataSet = row[QLatin1String("data")].toString();
            const double dev = row[QLatin1String("dev")].toDouble(-1.0);
            const double test = row[QLatin1String("test")].toDouble(-1.0);
            const QUrl source(row[QLatin1String("source")].toString(), QUrl::StrictMode);
            if (dataSet.isEmpty() || dev < 0.0 || test < 0.0 || !isWeb(source)) {
                fail("figures", QStringLiteral("has a row without data, dev, test or an https source"));
            }
            list.push_back({dataSet, dev, test, source});
        }
        return list;
    }

    const QJsonObject object_;
    std::optional<QString> problem_;
};

tl::unexpected<Error> unreadable(const QString& path, const QString& what) {
    return failure(ErrorCode::Unreadable, QStringLiteral("'%1': %2").arg(path, what).toStdString(),
                   "Install LiveGloss again to get its list of models back.");
}

} // namespace

bool isPlainFileName(const QString& name) {
    static const QRegularExpression form(QStringLiteral("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"));
    return form.match(name).hasMatch() && !name.endsWith(QLatin1Char('.'));
}

Result<Catalogue> readCatalogue(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return failure(ErrorCode::NotFound, QStringLiteral("'%1': %2").arg(path, file.errorString()).toStdString(),
                       "Install LiveGloss again to get its list of models back.");
    }
    if (file.size() > largestCatalogue) {
        return unreadable(path, QStringLiteral("is too large for a list of models"));
    }
    QJsonParseError parsed;
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &parsed);
    if (parsed.error != QJsonParseError::NoError) {
        return unreadable(path, QStringLiteral("byte %1: %2").arg(parsed.offset).arg(parsed.errorString()));
    }
    if (document[QLatin1String("format")].toString() != formatName) {
        return unreadable(path, QStringLiteral("'format' is not '%1'").arg(formatName));
    }
    if (!document[QLatin1String("models")].isArray()) {
        return unreadable(path, QStringLiteral("'models' is not a list"));
    }
    Catalogue catalogue;
    QSet<QString> taken;
    for (const QJsonValue& value : document[QLatin1String("models")].toArray()) {
        EntryReader reader(value.toObject());
        CatalogueEntry entry = reader.read();
        const QString where = QStringLiteral("entry %1 (%2)").arg(catalogue.size()).arg(entry.id);
        if (reader.problem()) {
            return unreadable(path, where + QStringLiteral(": ") + *reader.problem());
        }
        for (const QString& name : {entry.id, entry.file}) {
            if (!name.isEmpty() && taken.contains(name)) {
                return unreadable(path, where + QStringLiteral(": '%1' is there twice").arg(name));
            }
            taken.insert(name);
        }
        catalogue.push_back(std::move(entry));
    }
    return catalogue;
}

} // namespace livegloss::downloads
