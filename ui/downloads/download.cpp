#include "ui/downloads/download.h"

#include "ui/bridge/background.h"
#include "ui/downloads/http_answer.h"

#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QNetworkReply>

namespace livegloss::downloads {

namespace {

constexpr qint64 blockBytes = 1 << 20;
constexpr qint64 spareBytes = 16 << 20; ///< left free on the disk
constexpr int mostRedirects = 5;
constexpr int statusWhole = 200;
constexpr int statusRange = 206;
constexpr int statusNoSuchRange = 416;
constexpr int firstErrorStatus = 400;

QNetworkRequest networkRequest(const QUrl& address) {
    QNetworkRequest request(address);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    request.setHeader(QNetworkRequest::UserAgentHeader, QStringLiteral("LiveGloss/" LIVEGLOSS_VERSION));
    // The bytes as they lie on the server: nothing is unpacked on the way.
    request.setRawHeader("Accept-Encoding", "identity");
    return request;
}

/// The file's checksum, once all of it is on the disk. Pool thread.
Result<QByteArray> settledChecksum(const QString& path, const StopFlag& stop) {
    Result<QByteArray> checksum = fileChecksum(path, stop);
    if (checksum) {
        if (const Result<void> flushed = flushToDisk(path); !flushed) {
            return tl::unexpected<Error>(flushed.error());
        }
    }
    return checksum;
}

} // namespace

Download::Download(QNetworkAccessManager& network, DownloadRequest request, DownloadRules rules, QObject* parent)
    : QObject(parent), network_(network), request_(std::move(request)), rules_(std::move(rules)), part_(request_.part) {
    stall_.setSingleShot(true);
    stall_.setInterval(rules_.stallMs);
    connect(&stall_, &QTimer::timeout, this, [this] {
        constexpr double msPerSecond = 1000.0;
        fail(Problem::Stalled,
             QStringLiteral("%1: nothing for %2 s").arg(request_.address.host()).arg(rules_.stallMs / msPerSecond));
    });
}

Download::~Download() {
    if (stopCheck_) {
        *stopCheck_ = true;
    }
    endReply();
}

void Download::start() {
    if (active() || state_ == State::Installed) {
        return;
    }
    failure_.reset();
    if (const std::optional<Failure> reason = reasonNotToStart()) {
        refuse(*reason);
    } else if (part_.size() == request_.bytes) {
        check();
    } else {
        setState(State::Running);
        redirects_ = 0;
        request(request_.address, part_.size() > 0);
    }
}

std::optional<Failure> Download::reasonNotToStart() {
    if (!isSafeAddress(request_.address, rules_.allowLoopbackHttp)) {
        return Failure{Problem::UnsafeAddress, request_.address.toString()};
    }
    if (QFileInfo::exists(request_.target)) {
        return Failure{Problem::NameTaken, request_.target};
    }
    if (std::optional<Failure> failure = part_.open(request_.bytes)) {
        return failure;
    }
    const qint64 room = rules_.freeBytes(QFileInfo(request_.part).absolutePath());
    const qint64 needed = request_.bytes - part_.size() + spareBytes;
    if (room >= 0 && room < needed) {
        return Failure{Problem::DiskFull, QStringLiteral("%1 bytes needed, %2 free").arg(needed).arg(room)};
    }
    return {};
}

void Download::request(const QUrl& address, bool fromPart) {
    QNetworkRequest request = networkRequest(address);
    if (fromPart) {
        request.setRawHeader("Range", "bytes=" + QByteArray::number(part_.size()) + '-');
        if (const QByteArray tag = part_.tag(); !tag.isEmpty()) {
            request.setRawHeader("If-Range", tag);
        }
    }
    accepted_ = false;
    receivedBefore_ = part_.size();
    clock_.start();
    reply_ = network_.get(request);
    reply_->setReadBufferSize(blockBytes);
    connect(reply_, &QNetworkReply::metaDataChanged, this, &Download::takeHead);
    connect(reply_, &QNetworkReply::readyRead, this, &Download::takeBytes);
    connect(reply_, &QNetworkReply::finished, this, &Download::takeEnd);
    stall_.start();
}

void Download::takeHead() {
    const int status = statusOf(*reply_);
    if (accepted_ || (status != statusWhole && status != statusRange)) {
        return;
    }
    if (isWebPage(*reply_)) {
        fail(Problem::WebPage, reply_->url().host());
    } else if (status == statusRange) {
        takeRange();
    } else {
        takeWhole();
    }
}

/// The whole file from its start, also where a server ignores ranges or has another version by now.
void Download::takeWhole() {
    const QVariant length = reply_->header(QNetworkRequest::ContentLengthHeader);
    if (length.isValid() && length.toLongLong() != request_.bytes) {
        fail(Problem::WrongLength,
             QStringLiteral("%1 bytes instead of %2").arg(length.toLongLong()).arg(request_.bytes));
        return;
    }
    if (const std::optional<Failure> failure = part_.restart(strongTag(*reply_))) {
        refuse(*failure);
        return;
    }
    receivedBefore_ = 0;
    accepted_ = true;
}

void Download::takeRange() {
    const QByteArray header = reply_->rawHeader("Content-Range").left(80);
    const std::optional<ContentRange> range = parseContentRange(header);
    const QByteArray tag = strongTag(*reply_);
    const QByteArray partTag = part_.tag();
    const bool otherVersion = !tag.isEmpty() && !partTag.isEmpty() && tag != partTag;
    if (!range || range->first != part_.size() || (part_.size() > 0 && otherVersion)) {
        if (part_.size() > 0) {
            startOver();
        } else {
            fail(Problem::ServerFault, QStringLiteral("range '%1' unasked").arg(QString::fromLatin1(header)));
        }
    } else if (range->total && *range->total != request_.bytes) {
        fail(Problem::WrongLength, QStringLiteral("%1 bytes instead of %2").arg(*range->total).arg(request_.bytes));
    } else {
        accepted_ = true;
    }
}

void Download::startOver() {
    endReply();
    if (const std::optional<Failure> failure = part_.restart({})) {
        refuse(*failure);
    } else {
        redirects_ = 0;
        request(request_.address, false);
    }
}

void Download::takeRedirect() {
    const bool fromPart = reply_->request().hasRawHeader("Range");
    const QUrl location = reply_->header(QNetworkRequest::LocationHeader).toUrl();
    const QUrl target = reply_->url().resolved(location);
    endReply();
    if (location.isEmpty() || !isSafeAddress(target, rules_.allowLoopbackHttp)) {
        fail(Problem::UnsafeRedirect, target.toString(QUrl::RemoveUserInfo));
    } else if (++redirects_ > mostRedirects) {
        fail(Problem::RedirectLoop, target.toString(QUrl::RemoveUserInfo));
    } else {
        request(target, fromPart);
    }
}

void Download::takeBytes() {
    stall_.start();
    if (!accepted_) {
        reply_->readAll(); // the text of an error page
        return;
    }
    while (reply_ && reply_->bytesAvailable() > 0) {
        const QByteArray block = reply_->read(blockBytes);
        if (part_.size() + block.size() > request_.bytes) {
            part_.remove();
            fail(Problem::WrongLength, QStringLiteral("more than %1 bytes").arg(request_.bytes));
            return;
        }
        if (const std::optional<Failure> failure = part_.append(block)) {
            refuse(*failure);
            return;
        }
    }
    Q_EMIT progressed();
}

void Download::takeEnd() {
    const int status = statusOf(*reply_);
    const QNetworkReply::NetworkError error = reply_->error();
    const QString said = reply_->errorString();
    const bool begun = accepted_;
    if (isRedirect(status)) {
        takeRedirect();
        return;
    }
    if (begun) {
        takeBytes();
        if (state_ != State::Running) {
            return;
        }
    }
    endReply();
    if (status == statusNoSuchRange && part_.size() > 0) {
        startOver();
    } else if (status >= firstErrorStatus) {
        fail(problemOfStatus(status), QStringLiteral("%1: HTTP %2").arg(request_.address.host()).arg(status));
    } else if (begun && part_.size() == request_.bytes) {
        check();
    } else if (error != QNetworkReply::NoError) {
        fail(problemOfError(error, begun), said);
    } else if (begun) {
        fail(Problem::CutOff, QStringLiteral("%1 of %2 bytes").arg(part_.size()).arg(request_.bytes));
    } else {
        fail(Problem::ServerFault, QStringLiteral("%1: HTTP %2").arg(request_.address.host()).arg(status));
    }
}

void Download::check() {
    part_.close();
    stopCheck_ = std::make_shared<StopFlag>(false);
    setState(State::Checking);
    ui::runLongInBackground(
        this, [path = request_.part, stop = stopCheck_] { return settledChecksum(path, *stop); },
        [this, stop = stopCheck_](const Result<QByteArray>& checksum) {
            if (!*stop) {
                install(checksum);
            }
        });
}

void Download::install(const Result<QByteArray>& checksum) {
    if (!checksum) {
        fail(Problem::CannotWrite, QString::fromStdString(checksum.error().message));
    } else if (*checksum != request_.sha256) {
        part_.remove();
        fail(Problem::WrongChecksum, QStringLiteral("SHA-256 %1 instead of %2")
                                         .arg(QString::fromLatin1(*checksum), QString::fromLatin1(request_.sha256)));
    } else if (QFileInfo::exists(request_.target)) {
        fail(Problem::NameTaken, request_.target);
    } else if (const Result<void> installed = installFile(request_.part, request_.target); !installed) {
        fail(Problem::CannotWrite, QString::fromStdString(installed.error().message));
    } else {
        part_.remove();
        setState(State::Installed);
    }
}

void Download::pause() {
    if (!active()) {
        return;
    }
    if (stopCheck_) {
        *stopCheck_ = true;
    }
    endReply();
    part_.close();
    setState(State::Paused);
}

void Download::discard() {
    pause();
    part_.remove();
    failure_.reset();
    if (state_ == State::Failed) {
        setState(State::Paused);
    }
}

double Download::bytesPerSecond() const {
    constexpr qint64 shortestMs = 500;
    constexpr double msPerSecond = 1000.0;
    const qint64 elapsed = clock_.isValid() ? clock_.elapsed() : 0;
    return state_ == State::Running && elapsed >= shortestMs
               ? static_cast<double>(part_.size() - receivedBefore_) * msPerSecond / static_cast<double>(elapsed)
               : 0.0;
}

void Download::refuse(const Failure& failure) {
    endReply();
    part_.close();
    failure_ = failure;
    setState(State::Failed);
}

void Download::endReply() {
    stall_.stop();
    if (reply_) {
        QNetworkReply* reply = reply_;
        reply_.clear();
        reply->disconnect(this);
        reply->abort();
        reply->deleteLater();
    }
}

void Download::setState(State state) {
    state_ = state;
    Q_EMIT stateChanged();
}

} // namespace livegloss::downloads
