#include "frame_workers.h"

#include <utility>

namespace livegloss::engine {

FrameWorkers::~FrameWorkers() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void FrameWorkers::run(int tasks, const std::function<void(int)>& task) {
    if (tasks > 1) {
        const std::scoped_lock lock(mutex_);
        while (static_cast<int>(threads_.size()) < tasks - 1) {
            const int index = static_cast<int>(threads_.size()) + 1;
            threads_.emplace_back([this, index] { work(index); });
        }
        task_ = &task;
        tasks_ = tasks;
        running_ = tasks - 1;
        ++round_;
        changed_.notify_all();
    }
    std::exception_ptr ownProblem;
    try {
        task(0);
    } catch (...) {
        ownProblem = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
    const std::exception_ptr otherProblem = std::exchange(problem_, nullptr);
    lock.unlock();
    if (ownProblem || otherProblem) {
        std::rethrow_exception(ownProblem ? ownProblem : otherProblem);
    }
}

void FrameWorkers::work(int index) {
    long seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return stopping_ || (round_ != seen && running_ > 0 && index < tasks_); });
        if (stopping_) {
            return;
        }
        seen = round_;
        const std::function<void(int)>* const task = task_;
        lock.unlock();
        std::exception_ptr problem;
        try {
            (*task)(index);
        } catch (...) {
            problem = std::current_exception();
        }
        lock.lock();
        problem_ = problem ? problem : problem_;
        if (--running_ == 0) {
            changed_.notify_all();
        }
    }
}

} // namespace livegloss::engine
