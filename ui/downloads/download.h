#pragma once

#include "ui/downloads/file_install.h"
#include "ui/downloads/part_file.h"

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QUrl>

#include <functional>
#include <memory>
#include <optional>

class QNetworkAccessManager;
class QNetworkReply;

namespace livegloss::downloads {

/// One file to fetch. Size and checksum are those that the file must have.
struct DownloadRequest {
    QUrl address;
    QString part;   ///< temporary name; what an earlier attempt left there is continued
    QString target; ///< name once complete and checked; in the same file system
    qint64 bytes = 0;
    QByteArray sha256; ///< 64 lower-case hexadecimal digits
};

struct DownloadRules {
    int stallMs = 30'000;           ///< longest time without a byte
    bool allowLoopbackHttp = false; ///< for tests with a server of their own
    std::function<qint64(const QString& folder)> freeBytes = downloads::freeBytes;
};

/// Fetches one file under a temporary name, continues where an earlier attempt ended, and installs the file only when
/// its size and checksum are right. GUI thread; the checksum is computed on a pool thread. Deleting it pauses.
class Download final : public QObject {
    Q_OBJECT
public:
    enum class State { Paused, Running, Checking, Failed, Installed };

    /// `network` must outlive it.
    Download(QNetworkAccessManager& network, DownloadRequest request, DownloadRules rules, QObject* parent = nullptr);
    ~Download() override;

    void start();
    /// Fails without having tried.
    void refuse(const Failure& failure);
    void pause();
    /// Ends the download and removes what has arrived.
    void discard();

    State state() const { return state_; }
    bool active() const { return state_ == State::Running || state_ == State::Checking; }
    qint64 received() const { return part_.size(); }
    qint64 bytes() const { return request_.bytes; }
    /// Of this attempt; 0 while it cannot be told.
    double bytesPerSecond() const;
    /// Set while Failed.
    const std::optional<Failure>& failure() const { return failure_; }

Q_SIGNALS:
    /// received() grew.
    void progressed();
    void stateChanged();

private:
    std::optional<Failure> reasonNotToStart();
    void request(const QUrl& address, bool fromPart);
    void takeHead();
    void takeWhole();
    void takeRange();
    void takeBytes();
    void takeRedirect();
    void takeEnd();
    void startOver();
    void check();
    void install(const Result<QByteArray>& checksum);
    void fail(Problem problem, const QString& detail) { refuse({problem, detail}); }
    void endReply();
    void setState(State state);

    QNetworkAccessManager& network_;
    const DownloadRequest request_;
    const DownloadRules rules_;
    PartFile part_;
    QPointer<QNetworkReply> reply_;
    QTimer stall_;
    QElapsedTimer clock_;
    std::shared_ptr<StopFlag> stopCheck_;
    std::optional<Failure> failure_;
    State state_ = State::Paused;
    qint64 receivedBefore_ = 0; ///< by earlier attempts
    int redirects_ = 0;         ///< since the catalogue's address
    bool accepted_ = false;     ///< the reply's bytes belong to the file
};

} // namespace livegloss::downloads
