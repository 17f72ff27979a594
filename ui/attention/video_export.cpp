#include "ui/attention/video_export.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/time_left_label.h"

#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QStandardPaths>

#include <tuple>

namespace livegloss::ui {

namespace {

constexpr int exportSteps = 1000;
constexpr int exportPollMs = 100;

QString askVideoPath(QWidget* parent, const QString& suggested) {
    return askWhereToSave(parent, VideoExport::tr("Save Video with Attention"),
                          VideoExport::tr("Video (*.mp4)") + QStringLiteral(";;") +
                              VideoExport::tr("Animated picture for slides and web pages (*.gif)"),
                          suggested);
}

bool askToGiveUp(QWidget* parent) {
    QMessageBox box(QMessageBox::Question, VideoExport::tr("A Video Is Being Written"),
                    VideoExport::tr("Close LiveGloss and give the video up?"), QMessageBox::NoButton, parent);
    box.setInformativeText(VideoExport::tr("The video with attention is not finished yet. No file is left of it."));
    const QPushButton* close = box.addButton(VideoExport::tr("Give Up and Close"), QMessageBox::DestructiveRole);
    QPushButton* stay = box.addButton(VideoExport::tr("Go On Writing"), QMessageBox::RejectRole);
    box.setDefaultButton(stay);
    box.setEscapeButton(stay);
    box.exec();
    return box.clickedButton() == close;
}

} // namespace

VideoExport::VideoExport(QWidget* parent)
    : QWidget(parent),
      choose_(askVideoPath),
      write_(writeAttentionVideo),
      confirm_(askToGiveUp),
      save_(new QPushButton(this)),
      cancelButton_(new QPushButton(this)),
      progress_(new QProgressBar(this)),
      limits_(new QLabel(this)),
      result_(new QLabel(this)) {
    setObjectName(QStringLiteral("videoExport"));
    save_->setObjectName(QStringLiteral("saveVideo"));
    cancelButton_->setObjectName(QStringLiteral("cancelVideo"));
    progress_->setRange(0, exportSteps);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid);
    result_->setWordWrap(true);
    limits_->setWordWrap(true);
    limits_->setProperty("role", QStringLiteral("muted"));
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    row->addWidget(save_);
    row->addWidget(cancelButton_);
    row->addWidget(new TimeLeftLabel(progress_, this));
    row->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid);
    column->addLayout(row);
    column->addWidget(limits_);
    column->addWidget(progress_);
    column->addWidget(result_);
    connect(save_, &QPushButton::clicked, this, &VideoExport::start);
    connect(cancelButton_, &QPushButton::clicked, this, [this] {
        if (cancel_) {
            *cancel_ = true;
        }
    });
    connect(&polling_, &QTimer::timeout, this, [this] { progress_->setValue(*done_); });
    update();
}

VideoExport::~VideoExport() {
    if (cancel_) {
        *cancel_ = true;
    }
}

void VideoExport::setServices(ChooseFile choose, Write write) {
    choose_ = std::move(choose);
    write_ = std::move(write);
}

void VideoExport::setAvailable(bool available) {
    if (available != available_) {
        available_ = available;
        update();
    }
}

void VideoExport::setPlan(const std::optional<GifPlan>& plan) {
    const auto key = [](const std::optional<GifPlan>& of) {
        return of ? std::tuple(of->size.width(), of->size.height(), of->pictures) : std::tuple(0, 0, 0);
    };
    if (key(plan) != key(plan_)) {
        plan_ = plan;
        update();
    }
}

void VideoExport::start() {
    auto job = makeJob ? makeJob() : std::nullopt;
    if (!job || cancel_) {
        return;
    }
    const QString name = QFileInfo(QString::fromStdString(job->input.string())).completeBaseName();
    const QString suggested = QStandardPaths::writableLocation(QStandardPaths::MoviesLocation) + QLatin1Char('/') +
                              name + QStringLiteral("-attention.mp4");
    QString path = choose_(this, suggested);
    if (path.isEmpty()) {
        return;
    }
    if (QFileInfo(path).suffix().isEmpty()) {
        path += QStringLiteral(".mp4");
    }
    cancel_ = std::make_shared<std::atomic<bool>>(false);
    givenUp_ = false;
    job->cancelled = [cancel = cancel_] { return cancel->load(); };
    job->progress = [done = done_](double fraction) { *done = static_cast<int>(fraction * exportSteps); };
    *done_ = 0;
    polling_.start(exportPollMs);
    progress_->setValue(0);
    result_->clear();
    update();
    runLongInBackground(
        this, [job = std::move(*job), path, write = write_] { return write(job, path.toStdString()); },
        [this, path](const Result<void>& written) { finish(path, written); });
}

void VideoExport::finish(const QString& path, const Result<void>& written) {
    cancel_.reset();
    polling_.stop();
    if (written) {
        result_->setText(tr("Saved as %1").arg(QFileInfo(path).fileName()));
    } else if (written.error().code == ErrorCode::Cancelled) {
        result_->setText(tr("Cancelled; no file was written."));
    } else {
        result_->setText(withHint(written.error()));
    }
    result_->setToolTip(path);
    update();
}

void VideoExport::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        update();
    }
    QWidget::changeEvent(event);
}

void VideoExport::update() {
    save_->setText(tr("Save Video…"));
    save_->setToolTip(tr("Write the clip, or the span between the first and the last marked frame, with attention, "
                         "captions and legend"));
    cancelButton_->setText(tr("Cancel"));
    const QLocale locale;
    if (!plan_) {
        limits_->clear();
    } else if (plan_->tooLong) {
        limits_->setText(tr("Too long for a GIF, which takes %1 s at most: mark its first and its last frame.")
                             .arg(locale.toString(gifLimits.seconds, 'f', 0)));
    } else {
        limits_->setText(tr("As a GIF: %1 × %2 pixels, %3 pictures a second, %4 in all, about %5 MB.")
                             .arg(plan_->size.width())
                             .arg(plan_->size.height())
                             .arg(locale.toString(plan_->fps, 'g', 3))
                             .arg(plan_->pictures)
                             .arg(locale.toString(plan_->megabytes, 'f', 1)));
    }
    limits_->setVisible(plan_.has_value() && available_);
    save_->setEnabled(available_ && !running());
    cancelButton_->setVisible(running());
    progress_->setVisible(running());
    result_->setVisible(!result_->text().isEmpty());
}

} // namespace livegloss::ui
