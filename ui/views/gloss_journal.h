#pragma once

#include "ui/views/gloss_export.h"

#include <QDateTime>
#include <QString>
#include <QStringList>
#include <QThreadPool>

#include <memory>
#include <vector>

namespace livegloss::ui {

/// Glosses that nobody has saved yet, and when they began to come.
struct UnsavedGlosses {
    RecognisedGlosses glosses;
    QDateTime since;
};

/// A file of this program's own with the glosses that nobody has saved yet, so that they outlive a program that ends
/// without asking. Each running program has one; what a dead one has left is taken over by the next. The window's
/// thread; files are written on another.
class GlossJournal {
public:
    /// Makes `folder`; where that fails nothing is kept, which the log tells.
    explicit GlossJournal(const QString& folder);
    ~GlossJournal();
    GlossJournal(const GlossJournal&) = delete;
    GlossJournal& operator=(const GlossJournal&) = delete;

    /// What programs that run no longer have left. Their files go with the next write(), which has to hold it too.
    std::vector<UnsavedGlosses> takeOver();
    /// Replaces the file by one with these; without any there is none.
    void write(const std::vector<UnsavedGlosses>& unsaved);
    /// Waits until it is written.
    void flush() { writer_.waitForDone(); }

private:
    QString folder_;
    QString path_; ///< empty: nothing is kept
    /// Held while it lives; the system lets go of it when the program ends, however that happens.
    using Lock = std::shared_ptr<const int>;
    static Lock take(const QString& journal);
    Lock lock_;
    std::vector<Lock> takenLocks_;
    std::shared_ptr<QStringList> takenOver_ = std::make_shared<QStringList>(); ///< the writer's, once there is one
    QThreadPool writer_; ///< of one thread, so that files are written in order
};

} // namespace livegloss::ui
