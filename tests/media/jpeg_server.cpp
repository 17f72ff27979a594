#include "jpeg_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace livegloss::test {

namespace {

constexpr int pollMilliseconds = 10;

bool isReady(int descriptor, short event) {
    pollfd entry{descriptor, event, 0};
    return ::poll(&entry, 1, pollMilliseconds) > 0;
}

} // namespace

HttpServer::HttpServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, length) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, generic, &length) != 0) {
        throw std::runtime_error("no loopback server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

std::string HttpServer::address(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void HttpServer::serve() {
    while (!stop_) {
        if (!isReady(listener_, POLLIN)) {
            continue;
        }
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client >= 0) {
            ++connections_;
            talk(client);
            ::close(client);
        }
    }
}

void HttpServer::talk(int client) {
    std::string request;
    while (!stop_ && request.find("\r\n\r\n") == std::string::npos) {
        char buffer[4096];
        if (isReady(client, POLLIN)) {
            const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
            if (got <= 0) {
                return;
            }
            request.append(buffer, static_cast<std::size_t>(got));
        }
    }
    const Send send = [&](const std::string& bytes) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            if (stop_) {
                return false;
            }
            if (!isReady(client, POLLOUT)) {
                continue;
            }
            const ssize_t now = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (now <= 0) {
                return false;
            }
            sent += static_cast<std::size_t>(now);
        }
        return true;
    };
    answer_(send, [this] { return stop_.load(); });
}

std::string multipartHead() {
    return "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=picture\r\n\r\n";
}

std::string multipartPicture(const std::string& jpeg) {
    return "--picture\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n" +
           jpeg + "\r\n";
}

} // namespace livegloss::test
