#include "ui/views/recent_sources.h"

#include "ui/style/icons.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSettings>
#include <QUrl>

namespace livegloss::ui {

namespace {

const QString storeKey = QStringLiteral("recent/sources");

bool holdsSecret(const QUrl& url) {
    static const QRegularExpression secret(QStringLiteral("user|usr|login|pass|pwd|token|key|auth|secret|sig"),
                                           QRegularExpression::CaseInsensitiveOption);
    return !url.userInfo().isEmpty() || url.query().contains(secret);
}

/// Empty where the source is not for this list.
QString addressOf(const media::SourceRequest& source) {
    const QString location = QString::fromStdString(source.location);
    if (source.kind == media::SourceKind::File) {
        return QUrl::fromLocalFile(QFileInfo(location).absoluteFilePath()).toString();
    }
    const bool isPublic = source.kind == media::SourceKind::Stream && !holdsSecret(QUrl(location));
    return isPublic ? location : QString();
}

media::SourceRequest sourceOf(const QString& address) {
    const QUrl url(address);
    return url.isLocalFile() ? media::SourceRequest{media::SourceKind::File, url.toLocalFile().toStdString()}
                             : media::SourceRequest{media::SourceKind::Stream, address.toStdString()};
}

} // namespace

RecentSources::RecentSources(SessionBridge& bridge, QSettings& store, const QStringList& samples, QObject* parent)
    : QObject(parent),
      bridge_(bridge),
      store_(store),
      samples_(samples),
      addresses_(store.value(storeKey).toStringList().mid(0, most)) {
    menu_.setObjectName(QStringLiteral("recentSources"));
    menu_.setToolTipsVisible(true);
    menu_.setIcon(icon(QStringLiteral("history")));
    connect(&bridge_, &SessionBridge::sourceRequested, this, [this] { isNew_ = true; });
    connect(&bridge_, &SessionBridge::snapshotChanged, this, &RecentSources::noteOpened);
    retranslate();
}

void RecentSources::noteOpened() {
    const session::State state = bridge_.snapshot().state;
    const auto& request = bridge_.request();
    if (!isNew_ || !request || (state != session::State::Playing && state != session::State::Paused)) {
        return;
    }
    isNew_ = false;
    if (samples_.contains(QString::fromStdString(request->location))) {
        return;
    }
    const QString address = addressOf(*request);
    if (!address.isEmpty() && addresses_.value(0) != address) {
        QStringList addresses = addresses_;
        addresses.removeAll(address);
        addresses.prepend(address);
        keep(addresses.mid(0, most));
    }
}

void RecentSources::keep(const QStringList& addresses) {
    addresses_ = addresses;
    store_.setValue(storeKey, addresses_);
    buildMenu();
}

void RecentSources::buildMenu() {
    menu_.clear();
    for (const QString& address : std::as_const(addresses_)) {
        const media::SourceRequest source = sourceOf(address);
        const QString location = QString::fromStdString(source.location);
        const bool isFile = source.kind == media::SourceKind::File;
        QString text = isFile ? QFileInfo(location).fileName() : location;
        text.replace(QLatin1Char('&'), QStringLiteral("&&"));
        QAction* entry = menu_.addAction(icon(isFile ? QStringLiteral("open-file") : QStringLiteral("stream")), text);
        entry->setToolTip(isFile ? QDir::toNativeSeparators(location) : location);
        connect(entry, &QAction::triggered, this, [this, source] { Q_EMIT chosen(source); });
    }
    menu_.addSeparator();
    QAction* clear = menu_.addAction(icon(QStringLiteral("close")), tr("Clear This List"));
    clear->setObjectName(QStringLiteral("clearRecent"));
    connect(
        clear, &QAction::triggered, this, [this] { keep({}); }, Qt::QueuedConnection);
    menu_.menuAction()->setVisible(!addresses_.isEmpty());
}

void RecentSources::retranslate() {
    menu_.setTitle(tr("Open &Recent"));
    buildMenu();
}

} // namespace livegloss::ui
