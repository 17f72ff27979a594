#include "base/thread_priority.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#elif defined(__APPLE__)
#include <pthread.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace livegloss {

bool giveWayToDrawing() {
#if defined(__linux__)
    // On Linux the "process" of setpriority is one thread.
    const auto self = static_cast<id_t>(::gettid());
    errno = 0;
    const int present = ::getpriority(PRIO_PROCESS, self);
    if (present == -1 && errno != 0) {
        return false;
    }
    return present >= kWorkNiceness || ::setpriority(PRIO_PROCESS, self, kWorkNiceness) == 0;
#elif defined(__APPLE__)
    return ::pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0) == 0;
#elif defined(_WIN32)
    return ::SetThreadPriority(::GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) != 0;
#else
    return true;
#endif
}

} // namespace livegloss
