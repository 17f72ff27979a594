#include "stream_opening.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>
#ifdef _WIN32
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <sys/socket.h>
#endif

namespace livegloss::media {

namespace {

using namespace std::chrono_literals;

/// getaddrinfo()'s return value; blocks as long as the name servers let it.
int lookUp(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    if (code == 0) {
        freeaddrinfo(found);
    }
    return code;
}

/// Behind a proxy FFmpeg asks the proxy for the name.
bool goesThroughProxy(const std::string& url) {
    return url.compare(0, 4, "http") == 0 && std::getenv("http_proxy") != nullptr;
}

} // namespace

std::string hostOf(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
        return {};
    }
    const std::size_t begin = scheme + 3;
    std::string place = url.substr(begin, std::min(url.find_first_of("/?#", begin), url.size()) - begin);
    place.erase(0, place.rfind('@') + 1); // nothing where there is none: npos + 1 is 0
    if (place.starts_with('[')) {
        return place.substr(1, std::min(place.find(']'), place.size()) - 1);
    }
    return place.substr(0, place.find(':'));
}

StreamOpening::StreamOpening(std::string url, OptionList options, IoGuard& guard)
    : url_(std::move(url)), options_(std::move(options)), guard_(&guard) {}

StreamOpening::Outcome StreamOpening::open(AVFormatContext*& container) {
    try {
        std::thread([self = shared_from_this()] { self->work(); }).detach();
    } catch (const std::system_error&) {
        return {AVERROR(ENOMEM), 0, Stage::Done};
    }
    std::unique_lock lock(mutex_);
    while (outcome_.stage != Stage::Done) {
        changed_.wait_for(lock, 20ms);
        if (outcome_.stage != Stage::Done && IoGuard::poll(guard_) != 0) {
            guard_ = nullptr;
            return {AVERROR_EXIT, 0, outcome_.stage};
        }
    }
    container = std::exchange(container_, nullptr);
    return outcome_;
}

void StreamOpening::work() {
    const std::string host = hostOf(url_);
    const int lookup = host.empty() || goesThroughProxy(url_) ? 0 : lookUp(host);
    {
        const std::scoped_lock lock(mutex_);
        outcome_.lookup = lookup;
        outcome_.stage = Stage::Connecting;
    }
    if (lookup == 0 && !isAbandoned()) {
        connect();
    }
    AVFormatContext* unwanted = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        outcome_.stage = Stage::Done;
        if (guard_ == nullptr) {
            unwanted = std::exchange(container_, nullptr);
        }
    }
    changed_.notify_all();
    avformat_close_input(&unwanted); // may call poll()
}

void StreamOpening::connect() {
    int code = AVERROR(ENOMEM);
    AVFormatContext* container = avformat_alloc_context();
    if (container != nullptr) {
        container->interrupt_callback = {&StreamOpening::poll, this};
        container->flags |= AVFMT_FLAG_NOBUFFER;
        AVDictionary* options = nullptr;
        for (const auto& [key, value] : options_) {
            av_dict_set(&options, key.c_str(), value.c_str(), 0);
        }
        code = avformat_open_input(&container, url_.c_str(), nullptr, &options);
        av_dict_free(&options);
    }
    const std::scoped_lock lock(mutex_);
    container_ = container;
    outcome_.code = code;
}

bool StreamOpening::isAbandoned() {
    const std::scoped_lock lock(mutex_);
    return guard_ == nullptr;
}

int StreamOpening::poll(void* opening) {
    auto* self = static_cast<StreamOpening*>(opening);
    const std::scoped_lock lock(self->mutex_);
    return self->guard_ == nullptr ? 1 : IoGuard::poll(self->guard_);
}

} // namespace livegloss::media
