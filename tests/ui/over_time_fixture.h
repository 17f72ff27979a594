#pragma once

#include "attention_fixture.h"

#include <QPushButton>

#include <atomic>
#include <mutex>
#include <thread>

namespace livegloss::ui::testing {

/// The window on a clip of 10 s, whose measurement the test scripts: 21 moments, twice a second.
class OverTimeFixture : public AttentionFixture {
public:
    OverTimeFixture() : panel(workspace->overTime()->panel()), plot(panel->plot()) {
        panel->measurement()->setMeasure([this](const attention::OverTimeJob& job) { return measured(job); });
        pause();
        show(1.0, nullptr);
    }
    Result<std::vector<attention::Moment>> measured(const attention::OverTimeJob& job) {
        ++jobs;
        origin = job.regions.origin;
        {
            const std::lock_guard lock(detectorLock);
            detector = job.regions.detector;
        }
        block = job.view.block;
        while (blocked && !job.options.cancelled()) {
            std::this_thread::yield();
        }
        if (job.options.cancelled()) {
            return failure(ErrorCode::Cancelled, "stopped");
        }
        if (fails) {
            return failure(ErrorCode::Unreadable, "the clip broke at byte 7", "Copy it anew.");
        }
        std::vector<attention::Moment> moments(21);
        for (std::size_t i = 0; i < moments.size(); ++i) {
            attention::Moment& moment = moments[i];
            moment.time = fromSeconds(static_cast<double>(i) * 0.5);
            moment.layer = layer(attention::LayerKind::Adapted, 5);
            moment.entropy = 0.75F;
            moment.motion = 0.3F;
            moment.centre = attention::PicturePoint{0.05 * static_cast<double>(i), 0.5};
            if (job.regions.origin == attention::RegionOrigin::FaceDetector && i > 2) {
                moment.face = 0.25F;
            }
            if (job.regions.origin == attention::RegionOrigin::OwnDetector && i % 2 == 0) {
                moment.hands = 0.5F;
            }
        }
        return moments;
    }
    void measure() {
        panel->measureButton()->click();
        QTRY_VERIFY(panel->isWhole());
    }
    bool draws(OverTimeSeries series) const {
        const QString name = OverTimeTexts::name(series);
        return std::ranges::any_of(plot->chart().curves,
                                   [&name](const ChartCurve& curve) { return curve.name == name; });
    }
    /// Drags on the video from one point of the picture to another, in fractions of it.
    void drag(QPointF from, QPointF to) {
        VideoMarks* marks = workspace->overTime()->marks();
        const QRectF frame = workspace->view()->frameRect(0);
        const auto at = [&frame](const QPointF& share) {
            return QPointF(frame.left() + share.x() * frame.width(), frame.top() + share.y() * frame.height());
        };
        QTest::mousePress(marks, Qt::LeftButton, {}, at(from).toPoint());
        const QPointF end = at(to).toPoint();
        QMouseEvent move(QEvent::MouseMove, end, marks->mapToGlobal(end), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(marks, &move);
        QTest::mouseRelease(marks, Qt::LeftButton, {}, end.toPoint());
    }

    OverTimePanel* panel;
    TimePlot* plot;
    std::atomic<int> jobs = 0;
    std::atomic<bool> blocked = false;
    std::atomic<bool> fails = false;
    std::atomic<attention::RegionOrigin> origin = attention::RegionOrigin::None;
    std::atomic<int> block = -7;
    std::mutex detectorLock;
    std::filesystem::path detector;
};

inline bool isNear(double value, double expected, double tolerance = 0.01) {
    return std::abs(value - expected) <= tolerance;
}

} // namespace livegloss::ui::testing
