#pragma once

#include "ui/sheets/attention_video.h"

#include <QTimer>
#include <QWidget>

#include <atomic>
#include <functional>
#include <memory>

class QLabel;
class QProgressBar;
class QPushButton;

namespace livegloss::ui {

/// Writes a video with the attention over it, off the GUI thread, with progress and cancel.
class VideoExport final : public QWidget {
    Q_OBJECT
public:
    using ChooseFile = std::function<QString(QWidget* parent, const QString& suggested)>;
    using Write = std::function<Result<void>(const AttentionVideoJob& job, const std::filesystem::path& output)>;

    explicit VideoExport(QWidget* parent = nullptr);
    ~VideoExport() override;
    /// Tests put their own in.
    void setServices(ChooseFile choose, Write write);

    /// What a click exports, asked at that moment; nothing when there is nothing to export.
    std::function<std::optional<AttentionVideoJob>()> makeJob;
    void setAvailable(bool available);
    /// What would become of the span as a GIF; nothing where there is no span.
    void setPlan(const std::optional<GifPlan>& plan);
    bool running() const { return cancel_ != nullptr; }
    /// Asks whether a video that is being written may be given up; once it may, no more.
    bool confirmGivingUp() { return givenUp_ = givenUp_ || confirm_(this); }
    void setConfirm(std::function<bool(QWidget* parent)> confirm) { confirm_ = std::move(confirm); }
    QPushButton* saveButton() { return save_; }
    QPushButton* cancelButton() { return cancelButton_; }
    QProgressBar* progress() { return progress_; }
    QLabel* result() { return result_; }
    QLabel* limits() { return limits_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void start();
    void finish(const QString& path, const Result<void>& written);
    void update();

    ChooseFile choose_;
    Write write_;
    std::function<bool(QWidget*)> confirm_;
    std::shared_ptr<std::atomic<bool>> cancel_; ///< while it runs
    std::shared_ptr<std::atomic<int>> done_ = std::make_shared<std::atomic<int>>(0);
    QTimer polling_;
    bool available_ = false;
    bool givenUp_ = false;
    std::optional<GifPlan> plan_;
    QPushButton* save_;
    QPushButton* cancelButton_;
    QProgressBar* progress_;
    QLabel* limits_; ///< what a GIF would be
    QLabel* result_;
};

} // namespace livegloss::ui
