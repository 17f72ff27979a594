#include "fake_names.h"

#include <arpa/inet.h>
#include <condition_variable>
#include <dlfcn.h>
#include <limits>
#include <mutex>
#include <netdb.h>
#include <string_view>

namespace livegloss::test {

namespace {

struct Names {
    std::mutex mutex;
    std::condition_variable changed;
    int free = std::numeric_limits<int>::max();
    int asked = 0;
};

/// Left behind on purpose: a look-up may outlive main().
Names& names() {
    static auto* instance = new Names;
    return *instance;
}

bool isNumber(const char* host) {
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

void setFree(int free) {
    {
        const std::scoped_lock lock(names().mutex);
        names().free = free;
        names().asked = 0;
    }
    names().changed.notify_all();
}

} // namespace

void holdNamesAfter(int answered) {
    setFree(answered);
}

void releaseNames() {
    setFree(std::numeric_limits<int>::max());
}

int namesLookedUp() {
    const std::scoped_lock lock(names().mutex);
    return names().asked;
}

} // namespace livegloss::test

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* host, const char* service,
                                                                  const addrinfo* wanted, addrinfo** found) {
    using namespace livegloss::test;
    static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    if (host == nullptr || isNumber(host)) {
        return real(host, service, wanted, found);
    }
    {
        std::unique_lock lock(names().mutex);
        const int turn = ++names().asked;
        names().changed.wait(lock, [&] { return turn <= names().free; });
    }
    return std::string_view(host) == "camera.test" ? real("127.0.0.1", service, wanted, found) : EAI_NONAME;
}
