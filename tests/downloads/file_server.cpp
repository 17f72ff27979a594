#include "file_server.h"

#include <QTcpSocket>

namespace livegloss::downloads::testing {

qint64 Request::rangeStart() const {
    const QByteArray range = headers.value("range");
    return range.startsWith("bytes=") && range.endsWith('-') ? range.mid(6).chopped(1).toLongLong() : -1;
}

FileServer::FileServer() {
    if (!listen(QHostAddress::LocalHost)) {
        qFatal("no loopback interface to listen on");
    }
    connect(this, &QTcpServer::newConnection, this, [this] {
        while (QTcpSocket* socket = nextPendingConnection()) {
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        }
    });
}

QUrl FileServer::url(const char* path) const {
    return QUrl(QStringLiteral("http://127.0.0.1:%1%2").arg(serverPort()).arg(QLatin1String(path)));
}

void FileServer::read(QTcpSocket* socket) {
    QByteArray head = socket->property("head").toByteArray() + socket->readAll();
    socket->setProperty("head", head);
    if (!head.contains("\r\n\r\n")) {
        return;
    }
    Request request;
    QList<QByteArray> lines = head.left(head.indexOf("\r\n\r\n")).split('\n');
    request.path = lines.takeFirst().split(' ').value(1);
    for (const QByteArray& line : lines) {
        const qsizetype colon = line.indexOf(':');
        request.headers.insert(line.left(colon).trimmed().toLower(), line.mid(colon + 1).trimmed());
    }
    socket->setProperty("head", QByteArray());
    requests.push_back(request);
    answer(*socket, request);
}

void sendHead(QTcpSocket& socket, const QByteArray& status, const QList<QByteArray>& headers) {
    QByteArray head = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
    for (const QByteArray& header : headers) {
        head += header + "\r\n";
    }
    socket.write(head + "\r\n");
}

void sendAll(QTcpSocket& socket, const QByteArray& status, const QList<QByteArray>& headers, const QByteArray& body) {
    sendHead(socket, status, headers);
    socket.write(body);
    socket.disconnectFromHost();
}

void sendRedirect(QTcpSocket& socket, const QByteArray& target) {
    socket.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target + "\r\n\r\n");
}

QByteArray lengthHeader(qint64 bytes) {
    return "Content-Length: " + QByteArray::number(bytes);
}

FileServer::Answer wellBehaved(const QByteArray& file, const QByteArray& tag) {
    return [file, tag](QTcpSocket& socket, const Request& request) {
        const qint64 start = request.rangeStart();
        const QByteArray condition = request.headers.value("if-range");
        if (start < 0 || (!condition.isEmpty() && condition != tag)) {
            sendAll(socket, "200 OK", {lengthHeader(file.size()), "ETag: " + tag}, file);
        } else if (start >= file.size()) {
            sendAll(socket, "416 Range Not Satisfiable", {lengthHeader(0)}, {});
        } else {
            const QByteArray range = "Content-Range: bytes " + QByteArray::number(start) + '-' +
                                     QByteArray::number(file.size() - 1) + '/' + QByteArray::number(file.size());
            sendAll(socket, "206 Partial Content", {lengthHeader(file.size() - start), range, "ETag: " + tag},
                    file.mid(start));
        }
    };
}

FileServer::Answer sendsOnly(const QByteArray& file, qint64 bytes, bool thenCloses, const QByteArray& tag) {
    return [=](QTcpSocket& socket, const Request&) {
        sendHead(socket, "200 OK", {lengthHeader(file.size()), "ETag: " + tag});
        socket.write(file.left(bytes));
        if (thenCloses) {
            socket.disconnectFromHost();
        }
    };
}

} // namespace livegloss::downloads::testing
