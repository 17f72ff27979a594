// Preloaded into a program, lets no socket of the internet protocols and no look-up of a name through, and writes every
// attempt, one a line, into the file that LIVEGLOSS_SOCKET_LOG names. The first line says that it is at work.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>

namespace {

void record(const char* what) {
    const char* path = std::getenv("LIVEGLOSS_SOCKET_LOG");
    if (std::FILE* file = path != nullptr ? std::fopen(path, "a") : nullptr) {
        std::fprintf(file, "%s\n", what);
        std::fclose(file);
    }
}

__attribute__((constructor)) void begin() {
    record("at work");
}

} // namespace

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
    if (domain == AF_INET || domain == AF_INET6 || domain == AF_PACKET) {
        record("socket");
        errno = EACCES;
        return -1;
    }
    using Socket = int (*)(int, int, int);
    static const auto real = reinterpret_cast<Socket>(dlsym(RTLD_NEXT, "socket"));
    return real(domain, type, protocol);
}

int getaddrinfo(const char* node, const char*, const addrinfo*, addrinfo**) {
    record(node != nullptr ? node : "getaddrinfo");
    return EAI_FAIL;
}

hostent* gethostbyname(const char* name) {
    record(name);
    h_errno = NO_RECOVERY;
    return nullptr;
}

} // extern "C"
