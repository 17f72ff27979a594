#include "ui/attention/clip_measurement.h"

#include "ui/bridge/background.h"

namespace livegloss::ui {

namespace {
constexpr int measurementPollMs = 100;
}

ClipMeasurement::ClipMeasurement(QObject* parent) : QObject(parent), measure_(attention::measureClip) {
    connect(&polling_, &QTimer::timeout, this, [this] { Q_EMIT progressed(*done_); });
}

ClipMeasurement::~ClipMeasurement() {
    cancel();
}

void ClipMeasurement::start(attention::OverTimeJob job) {
    cancel();
    cancel_ = std::make_shared<std::atomic<bool>>(false);
    done_ = std::make_shared<std::atomic<double>>(0.0);
    job.options.cancelled = [cancel = cancel_] { return cancel->load(); };
    job.options.progress = [done = done_](std::int64_t, std::optional<double> fraction) {
        *done = fraction.value_or(0.0);
    };
    polling_.start(measurementPollMs);
    runLongInBackground(
        this, [job = std::move(job), measure = measure_] { return measure(job); },
        [this, mine = cancel_](const Result<Moments>& measured) {
            if (mine != cancel_) {
                return; // cancelled, and perhaps another runs by now
            }
            cancel_.reset();
            polling_.stop();
            result_ = measured;
            Q_EMIT finished();
        });
}

void ClipMeasurement::cancel() {
    if (cancel_) {
        *cancel_ = true;
        cancel_.reset();
        polling_.stop();
    }
}

} // namespace livegloss::ui
