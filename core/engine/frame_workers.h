#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace livegloss::engine {

/// Runs a few tasks side by side: the calling thread takes the first, threads of its own the others. LibTorch itself
/// stays on one thread (see setComputeThreads()), so that nobody waits at barriers inside an operation while another
/// program has the core. One caller at a time.
class FrameWorkers {
public:
    /// Threads start with the first run() that needs them.
    explicit FrameWorkers(int workers) : workers_(workers) {}
    ~FrameWorkers();
    FrameWorkers(const FrameWorkers&) = delete;
    FrameWorkers& operator=(const FrameWorkers&) = delete;

    int count() const { return workers_; }
    /// task(i) for i in 0 .. tasks - 1, at most count() of them; returns when all are done and throws what one threw.
    void run(int tasks, const std::function<void(int)>& task);

private:
    void work(int index);

    const int workers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::thread> threads_;
    const std::function<void(int)>* task_ = nullptr;
    int tasks_ = 0;
    int running_ = 0; ///< tasks of other threads not done yet
    long round_ = 0;  ///< counts calls of run()
    bool stopping_ = false;
    std::exception_ptr problem_;
};

} // namespace livegloss::engine
