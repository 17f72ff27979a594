#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace livegloss {

/// What push() does when the queue is full.
enum class OverflowPolicy {
    Block,       ///< wait for room: nothing is lost, the producer slows down (files)
    DropOldest,  ///< discard the oldest entry and count it: the producer never waits (live sources)
};

/// A queue between two threads with a fixed capacity and a named overflow policy. close() wakes everyone: later pushes
/// fail, pops drain what is left and then return nothing. Every member may be called from any thread.
template <class T>
class BoundedQueue {
public:
    /// A capacity of 0 counts as 1.
    BoundedQueue(std::size_t capacity, OverflowPolicy policy)
        : capacity_(std::max<std::size_t>(capacity, 1)), policy_(policy) {}

    /// False once the queue is closed.
    bool push(T value) {
        std::unique_lock lock(mutex_);
        if (policy_ == OverflowPolicy::Block) {
            changed_.wait(lock, [&] { return closed_ || entries_.size() < capacity_; });
        }
        if (closed_) {
            return false;
        }
        while (entries_.size() >= capacity_) {
            entries_.pop_front();
            ++dropped_;
        }
        entries_.push_back(std::move(value));
        changed_.notify_all();
        return true;
    }

    /// The oldest entry; waits for one. Nothing once the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || !entries_.empty(); });
        return takeFront();
    }

    /// Like pop(), but gives up after `timeout`.
    std::optional<T> popFor(std::chrono::milliseconds timeout) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, timeout, [&] { return closed_ || !entries_.empty(); });
        return takeFront();
    }

    /// The oldest entry, if there is one now.
    std::optional<T> tryPop() {
        const std::scoped_lock lock(mutex_);
        return takeFront();
    }

    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

    /// Discards what is queued; not counted as dropped.
    void clear() {
        const std::scoped_lock lock(mutex_);
        entries_.clear();
        changed_.notify_all();
    }

    std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return entries_.size();
    }
    bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }
    /// Entries lost to OverflowPolicy::DropOldest since construction.
    std::int64_t dropped() const {
        const std::scoped_lock lock(mutex_);
        return dropped_;
    }

private:
    std::optional<T> takeFront() {
        if (entries_.empty()) {
            return std::nullopt;
        }
        std::optional<T> value(std::move(entries_.front()));
        entries_.pop_front();
        changed_.notify_all();
        return value;
    }

    const std::size_t capacity_;
    const OverflowPolicy policy_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> entries_;
    std::int64_t dropped_ = 0;
    bool closed_ = false;
};

}  // namespace livegloss
