#pragma once

#include "ui/downloads/download_failure.h"

#include <QNetworkReply>
#include <QUrl>

#include <optional>

namespace livegloss::downloads {

/// What part of a file a 206 answer brings.
struct ContentRange {
    qint64 first = 0;
    std::optional<qint64> total; ///< length of the whole file, where the server says it
};

/// Reads "bytes 100-199/200"; nothing when the header has another form.
std::optional<ContentRange> parseContentRange(const QByteArray& header);
/// The entity tag if it stands for the very same bytes (a strong one), else empty.
QByteArray strongTag(const QNetworkReply& reply);
/// True when a page for people came: an error page, or a network that wants a login first.
bool isWebPage(const QNetworkReply& reply);
int statusOf(const QNetworkReply& reply);
bool isRedirect(int status);
/// What a status from 400 means.
Problem problemOfStatus(int status);
/// What a transport error means; `begun`: bytes of the file had come.
Problem problemOfError(QNetworkReply::NetworkError error, bool begun);
/// https, or on request http to this very computer.
bool isSafeAddress(const QUrl& url, bool allowLoopbackHttp);

} // namespace livegloss::downloads
