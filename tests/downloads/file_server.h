#pragma once

#include <QByteArray>
#include <QMap>
#include <QTcpServer>
#include <QUrl>

#include <functional>
#include <vector>

class QTcpSocket;

namespace livegloss::downloads::testing {

/// One request as it came.
struct Request {
    QByteArray path;
    QMap<QByteArray, QByteArray> headers; ///< names in lower case

    /// First byte asked for; -1 without a range.
    qint64 rangeStart() const;
};

/// An HTTP server on the loopback interface that answers as the test says, in the test's own thread.
class FileServer final : public QTcpServer {
    Q_OBJECT
public:
    using Answer = std::function<void(QTcpSocket& socket, const Request& request)>;

    FileServer();
    QUrl url(const char* path = "/model.pt") const;

    Answer answer;                 ///< for every request
    std::vector<Request> requests; ///< in the order they came

private:
    void read(QTcpSocket* socket);
};

/// Sends status line and headers; "Connection: close" is added.
void sendHead(QTcpSocket& socket, const QByteArray& status, const QList<QByteArray>& headers = {});
/// Sends a whole answer and ends the connection.
void sendAll(QTcpSocket& socket, const QByteArray& status, const QList<QByteArray>& headers, const QByteArray& body);
/// Sends on to another address; the connection stays open.
void sendRedirect(QTcpSocket& socket, const QByteArray& target);
QByteArray lengthHeader(qint64 bytes);

/// A server as it should be: ranges, If-Range, a strong tag.
FileServer::Answer wellBehaved(const QByteArray& file, const QByteArray& tag = "\"v1\"");
/// Sends `bytes` of the file that it announces as a whole, then closes the connection or goes silent.
FileServer::Answer sendsOnly(const QByteArray& file, qint64 bytes, bool thenCloses, const QByteArray& tag = "\"v1\"");

} // namespace livegloss::downloads::testing
