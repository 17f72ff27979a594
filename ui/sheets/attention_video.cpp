#include "ui/sheets/attention_video.h"

#include "media/gif_writer.h"
#include "media/rate_resampler.h"
#include "media/video_writer.h"
#include "ui/sheets/attention_sheets.h"
#include "ui/sheets/attention_texts.h"
#include "vision/preprocess.h"

#include <QGuiApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <map>

namespace livegloss::ui {

namespace {

constexpr int widestPicture = 960;
constexpr int legendPixels = 13;
constexpr int videoPixelsPerPatch = 24;
const QColor stage(16, 18, 22);
const QColor quietText(176, 182, 192);

constexpr int videoQuality = 20; // x264's constant rate factor

QFont videoFont(int pixels, bool bold = false) {
    QFont font = QGuiApplication::font();
    font.setPixelSize(pixels);
    font.setBold(bold);
    return font;
}

/// The network's frames of a span with what is drawn of them.
struct Attended {
    std::map<MediaTime, std::vector<attention::Layer>> frames;
    attention::ClipScales scales{vision::RangeMemory::Whole};
};

bool isGif(const std::filesystem::path& output) {
    return QString::fromStdString(output.extension().string()).compare(QLatin1String(".gif"), Qt::CaseInsensitive) == 0;
}

bool isTooLongForGif(MediaTime length) {
    return toSeconds(length) > gifLimits.seconds + 1.0 / gifLimits.fps;
}

/// `length`: in words, such as "20 s".
tl::unexpected<Error> gifTooLong(const std::string& length) {
    return failure(ErrorCode::InvalidArgument, "a GIF of " + length + " would be too large",
                   "Choose a span of at most " + std::to_string(std::lround(gifLimits.seconds)) +
                       " s, or write an .mp4.");
}

class VideoDrawing {
public:
    explicit VideoDrawing(const AttentionVideoJob& job) : job_(job) {}

    /// Before the long way through the network, so that an output that cannot be written is known at once.
    Result<void> open(const media::SourceInfo& info, const std::filesystem::path& output);
    void setAttended(Attended attended) { attended_ = std::move(attended); }
    void setCaptions(std::vector<VideoCaption> captions) { captions_ = std::move(captions); }
    /// The next frame of the span. Frames that came later or sooner than the stated rate keep their moments.
    Result<void> add(const FramePtr& frame) { return write(resampler_->push(frame)); }
    Result<void> close();

private:
    Result<void> write(const std::vector<FramePtr>& frames);
    const std::vector<attention::Layer>& layersAt(MediaTime time) const;
    QImage draw(const Frame& frame);
    void drawPicture(QPainter& painter, const QRectF& box, const QImage& picture, const attention::Layer* layer);
    void drawName(QPainter& painter, const QRectF& box, const QString& name) const;
    void drawLegend(QPainter& painter, const std::vector<attention::Layer>& layers);
    void drawBar(QPainter& painter, const QRectF& room, const attention::Layer& layer);

    const AttentionVideoJob& job_;
    Attended attended_;
    std::vector<VideoCaption> captions_;
    VideoPage page_;
    std::unique_ptr<media::VideoWriter> writer_;
    std::optional<media::RateResampler> resampler_;
    FramePtr drawn_;                ///< what rgb_ shows
    std::vector<std::uint8_t> rgb_; ///< a page of the video
};

Result<void> VideoDrawing::open(const media::SourceInfo& info, const std::filesystem::path& output) {
    const int count = picturesOf(job_.view);
    const bool gif = isGif(output);
    const int widest = gif ? (gifLimits.width - (count - 1) * videoGap) / count : widestPicture;
    const double fps = gif ? gifLimits.fps : info.fps > 0.0 ? info.fps : 25.0;
    page_ = videoPage(QSize(info.width, info.height), count, widest);
    auto writer = gif ? media::createGif(output, {page_.size.width(), page_.size.height(), fps, job_.cancelled})
                      : media::createVideo(output, {page_.size.width(), page_.size.height(), fps, videoQuality});
    if (!writer) {
        return tl::unexpected(std::move(writer.error()));
    }
    writer_ = std::move(*writer);
    resampler_.emplace(fps, MediaTime::max());
    return {};
}

Result<void> VideoDrawing::write(const std::vector<FramePtr>& frames) {
    for (const FramePtr& frame : frames) {
        if (frame != drawn_) {
            drawn_ = frame;
            const QImage image = draw(*frame).convertToFormat(QImage::Format_RGB888);
            rgb_.clear();
            for (int y = 0; y < image.height(); ++y) {
                const std::uint8_t* line = image.constScanLine(y);
                rgb_.insert(rgb_.end(), line, line + image.width() * qsizetype{3});
            }
        }
        if (auto written = writer_->write(rgb_.data()); !written) {
            return written;
        }
    }
    return {};
}

Result<void> VideoDrawing::close() {
    return write(resampler_->finish()).and_then([this]() -> Result<void> {
        return drawn_ ? writer_->close()
                      : failure(ErrorCode::InvalidArgument, "there is no frame in this span of the video",
                                "Choose a span inside the clip.");
    });
}

/// Of the network's frame that was on screen then.
const std::vector<attention::Layer>& VideoDrawing::layersAt(MediaTime time) const {
    static const std::vector<attention::Layer> none;
    const auto after = attended_.frames.upper_bound(time);
    return after == attended_.frames.begin() ? none : std::prev(after)->second;
}

void VideoDrawing::drawPicture(QPainter& painter, const QRectF& box, const QImage& picture,
                               const attention::Layer* layer) {
    painter.drawImage(box, picture);
    const model::ModelConfig& config = job_.model->config();
    const vision::Region region = vision::visibleRegion(config.resize, config.resolution);
    const QRectF seen(box.left() + region.left * box.width(), box.top() + region.top * box.height(),
                      region.width * box.width(), region.height * box.height());
    QPainterPath outside;
    outside.setFillRule(Qt::OddEvenFill);
    outside.addRect(box);
    outside.addRect(seen);
    painter.fillPath(outside, QColor(0, 0, 0, 120));
    if (layer != nullptr && vision::hasContrast(layer->values)) {
        painter.setOpacity(job_.strength);
        painter.drawImage(
            seen, toImage(attention::drawLayer(*layer, attended_.scales.scaleOf(*layer, job_.view.normalisation),
                                               job_.view.colours, videoPixelsPerPatch)));
        painter.setOpacity(1.0);
    } else if (layer != nullptr) {
        painter.setPen(Qt::white);
        painter.setFont(videoFont(16));
        painter.drawText(box, Qt::AlignCenter, AttentionTexts::noResponse());
    }
    if (job_.view.source == engine::AttentionSource::Patch) {
        const double side = 1.0 / config.gridSide();
        const QRectF query(seen.left() + job_.view.patch % config.gridSide() * side * seen.width(),
                           seen.top() + job_.view.patch / config.gridSide() * side * seen.height(), side * seen.width(),
                           side * seen.height());
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(Qt::white, 4));
        painter.drawRect(query);
        painter.setPen(QPen(QColor(255, 64, 64), 2));
        painter.drawRect(query);
    }
}

void VideoDrawing::drawName(QPainter& painter, const QRectF& box, const QString& name) const {
    painter.setFont(videoFont(legendPixels));
    QRectF plate = QFontMetricsF(painter.font()).boundingRect(name);
    plate.setSize(plate.size() + QSizeF(2 * videoGap, videoGap / 2.0));
    plate.moveCenter(box.center());
    plate.moveTop(box.top() + videoGap);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0, 0, 0, 170));
    painter.drawRoundedRect(plate, 4, 4);
    painter.setPen(Qt::white);
    painter.drawText(plate, Qt::AlignCenter, name);
}

/// The model and what is shown on up to two lines, below them what the colours mean.
void VideoDrawing::drawLegend(QPainter& painter, const std::vector<attention::Layer>& layers) {
    painter.setFont(videoFont(legendPixels));
    const double line = QFontMetricsF(painter.font()).height();
    const QRectF& room = page_.legend;
    const QString words = QString::fromStdString(job_.model->config().name) + QStringLiteral(" · ") +
                          AttentionTexts::settings(job_.view, job_.model->config());
    painter.setPen(quietText);
    painter.drawText(QRectF(room.left(), room.top(), room.width(), 2.0 * line),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, words);
    const auto count = static_cast<double>(std::max<std::size_t>(1, layers.size()));
    const double width = (room.width() - (count - 1.0) * videoGap) / count;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        drawBar(painter,
                QRectF(room.left() + static_cast<double>(i) * (width + videoGap), room.top() + 2.0 * line + 4.0, width,
                       2.0 * line + 14.0),
                layers[i]);
    }
}

void VideoDrawing::drawBar(QPainter& painter, const QRectF& room, const attention::Layer& layer) {
    const QFontMetricsF metrics(painter.font());
    const double line = metrics.height();
    const QString rule =
        AttentionTexts::legend(layer) + QStringLiteral(", ") + AttentionTexts::legendRule(job_.view.normalisation);
    const bool fits = metrics.horizontalAdvance(rule) <= room.width();
    painter.drawText(room, Qt::AlignLeft | Qt::AlignTop,
                     metrics.elidedText(fits ? rule : AttentionTexts::legend(layer), Qt::ElideRight, room.width()));
    const QRectF bar(room.left(), room.top() + line + 3.0, room.width(), 8.0);
    paintColourBar(painter, bar, attention::colourMapOf(layer, job_.view.colours),
                   job_.view.colours == attention::Colours::Contours && !layer.isSigned());
    const attention::Scale scale = attended_.scales.scaleOf(layer, job_.view.normalisation);
    const QRectF numbers(room.left(), bar.bottom() + 3.0, room.width(), line);
    painter.drawText(numbers, Qt::AlignLeft, AttentionTexts::value(layer, scale.low));
    painter.drawText(numbers, Qt::AlignHCenter, AttentionTexts::value(layer, (scale.low + scale.high) / 2.0F));
    painter.drawText(numbers, Qt::AlignRight, AttentionTexts::value(layer, scale.high));
}

QImage VideoDrawing::draw(const Frame& frame) {
    QImage page(page_.size, QImage::Format_RGB32);
    page.fill(stage);
    QPainter painter(&page);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    std::vector<attention::Layer> layers = layersAt(frame.time);
    if (job_.view.shown == attention::Shown::CrossFrame && !layers.empty()) {
        layers = {crossFrameOverlay(layers)};
    }
    const QImage picture = pictureOf(frame);
    for (qsizetype i = 0; i < page_.pictures.size(); ++i) {
        const auto place = static_cast<std::size_t>(i);
        drawPicture(painter, page_.pictures.at(i), picture, place < layers.size() ? &layers[place] : nullptr);
        if (page_.pictures.size() > 1) {
            drawName(painter, page_.pictures.at(i),
                     AttentionTexts::shown(i == 0 ? attention::Shown::Frozen : attention::Shown::Adapted));
        }
    }
    QStringList glosses;
    for (const VideoCaption& caption : captions_) {
        if (caption.start <= frame.time && frame.time < caption.end) {
            glosses.append(caption.text);
        }
    }
    painter.setPen(Qt::white);
    painter.setFont(videoFont(28, true));
    painter.drawText(page_.caption, Qt::AlignCenter, glosses.join(QLatin1Char(' ')));
    drawLegend(painter, layers);
    return page;
}

/// `gif`: gives up as soon as the span turns out to be too long for one.
Result<Attended> attend(const AttentionVideoJob& job, bool gif) {
    Attended attended;
    bool tooLong = false;
    attention::WalkOptions options;
    options.cancelled = job.cancelled;
    options.progress = [&job](std::int64_t, std::optional<double> fraction) {
        if (job.progress && fraction) {
            job.progress(*fraction / 2.0);
        }
    };
    const bool whole = job.view.normalisation == attention::Normalisation::Clip;
    options.from = whole ? MediaTime{0} : job.from;
    const auto take = [&](const attention::AttendedFrame& frame) {
        const MediaTime time = frame.frame->time;
        std::vector<attention::Layer> layers = layersOf(job.view, frame.result);
        attended.scales.add(layers);
        attended.frames[time] = std::move(layers);
        tooLong = gif && (!job.to || time <= *job.to) && isTooLongForGif(time - job.from);
        return !tooLong && (whole || !job.to || time <= *job.to);
    };
    const auto walked = attention::walkVideo({media::SourceKind::File, job.input.string()}, job.model,
                                             requestFor(job.view), options, take);
    if (!walked) {
        return tl::unexpected(walked.error());
    }
    if (tooLong) {
        return gifTooLong("more than " + std::to_string(std::lround(gifLimits.seconds)) + " s");
    }
    return attended;
}

/// Of the span that is written; nothing where it goes to the end of a file that does not say how long it is.
std::optional<MediaTime> endOf(const AttentionVideoJob& job, const media::SourceInfo& info) {
    return job.to && info.duration ? std::min(*job.to, *info.duration) : job.to ? job.to : info.duration;
}

/// What cannot become a file is known before the work.
Result<void> checkOutput(const AttentionVideoJob& job, const media::SourceInfo& info,
                         const std::filesystem::path& output) {
    const QString ending = QString::fromStdString(output.extension().string()).toLower();
    if (ending != QLatin1String(".gif") && ending != QLatin1String(".mp4")) {
        return failure(ErrorCode::InvalidArgument, output.string() + ": videos cannot be written in this format",
                       "End the file's name in .mp4 or .gif.");
    }
    const std::optional<MediaTime> end = endOf(job, info);
    if (ending == QLatin1String(".gif") && end && isTooLongForGif(*end - job.from)) {
        return gifTooLong(std::to_string(std::lround(toSeconds(*end - job.from))) + " s");
    }
    return {};
}

/// From the source as it stands to the end of the span.
Result<void> drawSpan(const AttentionVideoJob& job, media::FrameSource& source, VideoDrawing& drawing) {
    const MediaTime end = endOf(job, source.info()).value_or(MediaTime::max());
    while (true) {
        if (job.cancelled && job.cancelled()) {
            return failure(ErrorCode::Cancelled, "stopped before the end of the video");
        }
        auto frame = source.read();
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        if (!*frame || (job.to && (**frame)->time > *job.to)) {
            return drawing.close();
        }
        if ((**frame)->time < job.from) {
            continue;
        }
        if (auto added = drawing.add(**frame); !added) {
            return added;
        }
        if (job.progress && end > job.from) {
            job.progress(0.5 + 0.5 * std::min(1.0, toSeconds((**frame)->time - job.from) / toSeconds(end - job.from)));
        }
    }
}

} // namespace

Result<void> writeAttentionVideo(const AttentionVideoJob& asked, const std::filesystem::path& output) {
    if (std::error_code ignored; std::filesystem::equivalent(asked.input, output, ignored)) {
        return failure(ErrorCode::InvalidArgument, output.string() + " is the video itself", "Choose another name.");
    }
    const SteadyClock clock;
    auto source = media::openSource({media::SourceKind::File, asked.input.string()}, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    const media::SourceInfo info = (*source)->info();
    if (auto checked = checkOutput(asked, info, output); !checked) {
        return checked;
    }
    AttentionVideoJob job = asked;
    VideoDrawing drawing(job);
    if (auto opened = drawing.open(info, output); !opened) {
        return opened;
    }
    if (!asked.captions) {
        constexpr double share = 1.0 / 3.0; // of the work
        const auto report = asked.progress ? asked.progress : [](double) {};
        job.progress = [report](double fraction) { report(share + (1.0 - share) * fraction); };
        auto captions =
            recogniseCaptions(asked.input, asked.model, asked.cancelled,
                              [report](const session::Progress& done) { report(share * done.fraction.value_or(0.0)); });
        if (!captions) {
            return tl::unexpected(std::move(captions.error()));
        }
        job.captions = std::move(*captions);
    }
    drawing.setCaptions(std::move(*job.captions));
    auto attended = attend(job, isGif(output));
    if (!attended) {
        return tl::unexpected(std::move(attended.error()));
    }
    drawing.setAttended(std::move(*attended));
    if (auto sought = job.from > MediaTime{0} ? (*source)->seek(job.from) : Result<void>{}; !sought) {
        return sought;
    }
    return drawSpan(job, **source, drawing);
}

} // namespace livegloss::ui
