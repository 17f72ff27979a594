#pragma once

#include "attention/over_time.h"

#include <QObject>
#include <QTimer>

#include <atomic>
#include <functional>
#include <memory>

namespace livegloss::ui {

/// Measures a whole clip off the GUI thread, one at a time. A new one, or the end of this object, cancels what runs.
class ClipMeasurement final : public QObject {
    Q_OBJECT
public:
    using Moments = std::vector<attention::Moment>;
    using Measure = std::function<Result<Moments>(const attention::OverTimeJob& job)>;

    explicit ClipMeasurement(QObject* parent = nullptr);
    ~ClipMeasurement() override;
    /// Tests put their own in.
    void setMeasure(Measure measure) { measure_ = std::move(measure); }

    void start(attention::OverTimeJob job);
    void cancel();
    bool running() const { return cancel_ != nullptr; }
    /// Of the last that finished.
    const Result<Moments>& result() const { return result_; }

Q_SIGNALS:
    /// 0 to 1, while it runs.
    void progressed(double fraction);
    /// result() is there. Not after cancel().
    void finished();

private:
    Measure measure_;
    Result<Moments> result_;
    std::shared_ptr<std::atomic<bool>> cancel_; ///< while it runs
    std::shared_ptr<std::atomic<double>> done_;
    QTimer polling_;
};

} // namespace livegloss::ui
