#pragma once

#include "ui/bridge/background_pool.h"

#include <QFutureWatcher>
#include <QtConcurrent>

#include <type_traits>
#include <utility>

namespace livegloss::ui {

template <class Work, class Done>
void runInPool(QThreadPool& pool, QObject* context, Work work, Done done) {
    using Value = std::invoke_result_t<Work>;
    auto* watcher = new QFutureWatcher<Value>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, done = std::move(done)] {
        watcher->deleteLater();
        done(watcher->result());
    });
    watcher->setFuture(QtConcurrent::run(&pool, std::move(work)));
}

/// Runs `work` on a pool thread and then `done(result)` on the thread of `context`. If `context` is gone by then,
/// `done` is not called and the result is discarded.
template <class Work, class Done>
void runInBackground(QObject* context, Work work, Done done) {
    runInPool(*QThreadPool::globalInstance(), context, std::move(work), std::move(done));
}

/// The same for work that takes minutes.
template <class Work, class Done>
void runLongInBackground(QObject* context, Work work, Done done) {
    runInPool(longWorkPool(), context, std::move(work), std::move(done));
}

} // namespace livegloss::ui
