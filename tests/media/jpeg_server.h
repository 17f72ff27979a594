#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace livegloss::test {

/// A web server on the loopback interface that answers one client after the other as the test says.
class HttpServer {
public:
    /// Sends bytes; false once the client has gone or the server is being stopped.
    using Send = std::function<bool(const std::string&)>;
    /// Runs in the server's thread for each request; the connection closes when it returns.
    using Answer = std::function<void(const Send& send, const std::function<bool()>& stopped)>;

    explicit HttpServer(Answer answer);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string address(const std::string& path = "/video") const;
    int port() const { return port_; }
    int connections() const { return connections_; }

private:
    void serve();
    void talk(int client);

    Answer answer_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

/// The head of an endless reply of pictures.
std::string multipartHead();
/// One picture of such a reply.
std::string multipartPicture(const std::string& jpeg);

} // namespace livegloss::test
