#include "ui/downloads/http_answer.h"

#include <QHostAddress>
#include <QRegularExpression>

namespace livegloss::downloads {

std::optional<ContentRange> parseContentRange(const QByteArray& header) {
    static const QRegularExpression form(QStringLiteral("^bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)$"));
    const QRegularExpressionMatch match = form.match(QString::fromLatin1(header.trimmed()));
    if (!match.hasMatch()) {
        return {};
    }
    ContentRange range{match.captured(1).toLongLong(), {}};
    if (match.captured(2) != QLatin1String("*")) {
        range.total = match.captured(2).toLongLong();
    }
    return range;
}

QByteArray strongTag(const QNetworkReply& reply) {
    constexpr qsizetype longest = 256;
    const QByteArray tag = reply.rawHeader("ETag").trimmed();
    const bool strong = tag.size() > 2 && tag.startsWith('"') && tag.endsWith('"');
    return strong && tag.size() <= longest && !tag.contains('\n') && !tag.contains('\r') ? tag : QByteArray();
}

bool isWebPage(const QNetworkReply& reply) {
    const QByteArray type = reply.rawHeader("Content-Type").trimmed().toLower();
    return type.startsWith("text/html") || type.startsWith("application/xhtml");
}

int statusOf(const QNetworkReply& reply) {
    return reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
}

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Problem problemOfStatus(int status) {
    constexpr int serverFaults = 500;
    switch (status) {
    case 404:
    case 410:
        return Problem::NotFound;
    case 408:
    case 425:
    case 429:
        return Problem::ServerFault;
    default:
        return status >= serverFaults ? Problem::ServerFault : Problem::Refused;
    }
}

Problem problemOfError(QNetworkReply::NetworkError error, bool begun) {
    switch (error) {
    case QNetworkReply::SslHandshakeFailedError:
        return Problem::Untrusted;
    case QNetworkReply::ProtocolFailure:
    case QNetworkReply::ProtocolUnknownError:
    case QNetworkReply::UnknownContentError:
        return Problem::ServerFault;
    default:
        return begun ? Problem::CutOff : Problem::NoConnection;
    }
}

bool isSafeAddress(const QUrl& url, bool allowLoopbackHttp) {
    if (!url.isValid() || url.host().isEmpty()) {
        return false;
    }
    const bool loopback = url.host() == QLatin1String("localhost") || QHostAddress(url.host()).isLoopback();
    return url.scheme() == QLatin1String("https") ||
           (allowLoopbackHttp && loopback && url.scheme() == QLatin1String("http"));
}

} // namespace livegloss::downloads
