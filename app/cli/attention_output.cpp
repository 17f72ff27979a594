#include "attention_output.h"

#include "drawing_application.h"
#include "output_file.h"
#include "terminal.h"
#include "ui/sheets/attention_sheets.h"
#include "ui/sheets/attention_video.h"
#include "ui/sheets/over_time_file.h"
#include "ui/sheets/sheet_file.h"
#include "vision/preprocess.h"

#include <QGuiApplication>
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

std::string endingOf(const std::string& path) {
    std::string ending = fs::path(path).extension().string();
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending;
}

/// Keeps, for each wanted frame, the newest frame of the network that is not after it.
class Picker {
public:
    Picker(const std::vector<std::int64_t>& wanted, CollectedAttention& collected)
        : wanted_(wanted), collected_(collected) {}

    void take(attention::AttendedFrame frame) {
        while (next_ + 1 < wanted_.size() && frame.frame->index > wanted_[next_]) {
            keep();
        }
        const bool fits = frame.frame->index <= wanted_[next_] || !newest_;
        if (fits && (!newest_ || newest_->frame != frame.frame)) {
            newest_ = std::move(frame);
        } else if (frame.frame->index > wanted_[next_]) {
            done_ = true;
        }
    }
    /// True once frames after the last wanted one have come.
    bool done() const { return done_; }
    void finish() {
        while (newest_ && next_ < wanted_.size()) {
            keep();
        }
    }

private:
    void keep() {
        collected_.frames.push_back(*newest_);
        ++next_;
    }

    const std::vector<std::int64_t>& wanted_;
    CollectedAttention& collected_;
    std::optional<attention::AttendedFrame> newest_;
    std::size_t next_ = 0;
    bool done_ = false;
};

std::map<std::string, std::string> settingsOf(const AttentionJob& job, const CollectedAttention& collected) {
    const model::ModelConfig& config = job.model->config();
    std::map<std::string, std::string> settings{
        {"video", fs::path(job.input).filename().string()},
        {"model", config.name},
        {"attention", attention::describe(job.view, config)},
        {"grid", std::to_string(config.gridSide()) + " x " + std::to_string(config.gridSide())}};
    if (collected.temporalWeight) {
        settings["temporal weight"] = std::to_string(*collected.temporalWeight);
    }
    return settings;
}

/// A difference comes with the two maps that it was made from.
std::vector<attention::Layer> writtenLayers(attention::View view, const engine::AttentionResult& result) {
    std::vector<attention::Layer> layers;
    if (view.shown == attention::Shown::Difference) {
        view.shown = attention::Shown::SideBySide;
        layers = layersOf(view, result);
        view.shown = attention::Shown::Difference;
    }
    std::ranges::move(layersOf(view, result), std::back_inserter(layers));
    return layers;
}

attention::FrameValues valuesOf(const AttentionJob& job, const attention::AttendedFrame& attended) {
    return {attended.frame->index, attended.frame->time, writtenLayers(job.view, attended.result)};
}

ui::SheetFrame sheetFrame(const AttentionJob& job, const attention::AttendedFrame& attended) {
    ui::SheetFrame frame;
    frame.frame = attended.frame;
    frame.layers = writtenLayers(job.view, attended.result);
    for (const FramePtr& neighbour : attended.neighbours) {
        frame.neighbours.push_back(neighbour ? ui::pictureOf(*neighbour) : QImage());
    }
    if (attended.result.crossFrame) {
        frame.temporalWeight = attended.result.crossFrame->temporalWeight;
    }
    return frame;
}

Result<void> saveNumbers(const AttentionJob& job, CollectedAttention collected, const std::string& path) {
    std::vector<attention::FrameValues> values = std::move(collected.values);
    for (const attention::AttendedFrame& frame : collected.frames) {
        values.push_back(valuesOf(job, frame));
    }
    const auto settings = settingsOf(job, collected);
    return endingOf(path) == ".csv" ? writeOutput(path, attention::valuesCsv(values, settings))
                                    : attention::saveValues(path, values, settings);
}

Result<std::vector<ui::VideoCaption>> captionsOf(const AttentionJob& job) {
    ProgressBar bar("Recognising");
    return ui::recogniseCaptions(
        job.input, job.model, [] { return interrupted(); },
        [&bar](const session::Progress& progress) {
            bar.update(progress.fraction.value_or(-1.0), std::to_string(progress.frames) + " frames");
        });
}

} // namespace

Result<CollectedAttention> collectAttention(const AttentionJob& job) {
    CollectedAttention collected;
    Picker picker(job.frames, collected);
    const bool whole = job.frames.empty() || job.view.normalisation == attention::Normalisation::Clip;
    ProgressBar bar("Looking");
    FramePtr last;
    attention::WalkOptions options;
    options.progress = [&](std::int64_t frames, std::optional<double> fraction) {
        bar.update(fraction.value_or(-1.0), std::to_string(frames) + " frames");
    };
    options.cancelled = [] { return interrupted(); };
    const auto walked =
        attention::walkVideo({media::SourceKind::File, job.input}, job.model, requestFor(job.view), options,
                             [&](attention::AttendedFrame frame) {
                                 if (frame.frame == last) {
                                     return true; // the network got it again: the video is slower
                                 }
                                 last = frame.frame;
                                 const MediaTime time = frame.frame->time;
                                 if (job.frames.empty() && (time < job.from || (job.to && time > *job.to))) {
                                     return time < job.from;
                                 }
                                 collected.videoFrames = frame.frame->index + 1;
                                 attention::FrameValues values = valuesOf(job, frame);
                                 collected.scales.add(values.layers);
                                 if (frame.result.crossFrame) {
                                     collected.temporalWeight = frame.result.crossFrame->temporalWeight;
                                 }
                                 if (job.frames.empty()) {
                                     collected.values.push_back(std::move(values));
                                 } else {
                                     picker.take(std::move(frame));
                                 }
                                 return whole || !picker.done();
                             });
    if (!walked) {
        return tl::unexpected(walked.error());
    }
    picker.finish();
    return collected;
}

bool isSheetFormat(const std::string& path) {
    const std::string ending = endingOf(path);
    return ending == ".png" || ending == ".svg" || ending == ".pdf";
}

bool isVideoFormat(const std::string& path) {
    const std::string ending = endingOf(path);
    return ending == ".mp4" || ending == ".gif";
}

bool isCurveFormat(const std::string& path) {
    return isSheetFormat(path) || endingOf(path) == ".csv";
}

Result<void> saveCurves(const AttentionJob& job, const CurveRegions& regions, const std::string& path) {
    const DrawingApplication application;
    attention::OverTimeJob measured;
    measured.input = job.input;
    measured.model = job.model;
    measured.view = job.view;
    measured.regions = regions.source;
    measured.options.cancelled = [] { return interrupted(); };
    ui::OverTimeMaterial material;
    {
        ProgressBar bar("Measuring");
        measured.options.progress = [&bar](std::int64_t frames, std::optional<double> fraction) {
            bar.update(fraction.value_or(-1.0), std::to_string(frames) + " frames");
        };
        auto moments = attention::measureClip(measured);
        if (!moments) {
            return tl::unexpected(std::move(moments.error()));
        }
        material.data.moments = std::move(*moments);
    }
    if (material.data.moments.empty()) {
        return failure(ErrorCode::NoVideo, job.input + " holds no frame", "Check that it plays.");
    }
    if (job.captions) {
        auto captions = captionsOf(job);
        if (!captions) {
            return tl::unexpected(std::move(captions.error()));
        }
        for (const ui::VideoCaption& caption : *captions) {
            material.data.glosses.push_back({caption.start, caption.end, caption.text.toStdString()});
        }
    }
    material.clip = QString::fromStdString(fs::path(job.input).filename().string());
    material.model = job.model->config();
    material.view = job.view;
    material.regions = regions.source;
    material.own = regions.own;
    if (regions.own) {
        material.data.own =
            attention::sharesOn(material.data.moments, *regions.own,
                                vision::visibleRegion(material.model.resize, material.model.resolution));
    }
    material.series = {ui::allSeries.begin(), ui::allSeries.end()};
    material.range = {MediaTime{0}, std::max(MediaTime{1}, material.data.moments.back().time)};
    return ui::saveOverTime(material, QString::fromStdString(path));
}

Result<void> saveVideo(const AttentionJob& job, const std::string& path) {
    const DrawingApplication application;
    ui::AttentionVideoJob video;
    video.captions.emplace();
    if (job.captions) {
        auto captions = captionsOf(job);
        if (!captions) {
            return tl::unexpected(std::move(captions.error()));
        }
        video.captions = std::move(*captions);
    }
    ProgressBar bar("Drawing");
    video.from = job.from;
    video.to = job.to;
    video.input = job.input;
    video.model = job.model;
    video.view = job.view;
    video.progress = [&bar](double fraction) { bar.update(fraction, {}); };
    video.cancelled = [] { return interrupted(); };
    return ui::writeAttentionVideo(video, path);
}

bool isAttentionFormat(const std::string& path) {
    const std::string ending = endingOf(path);
    return isSheetFormat(path) || isVideoFormat(path) || ending == ".csv" || ending == ".safetensors";
}

Result<void> saveAttention(const AttentionJob& job, CollectedAttention collected, const std::string& path) {
    if (!isSheetFormat(path)) {
        return saveNumbers(job, std::move(collected), path);
    }
    const DrawingApplication application;
    ui::SheetMaterial material;
    material.clip = QString::fromStdString(fs::path(job.input).filename().string());
    material.model = job.model->config();
    material.view = job.view;
    for (const attention::AttendedFrame& frame : collected.frames) {
        material.frames.push_back(sheetFrame(job, frame));
    }
    material.scales = collected.scales;
    return ui::saveSheet(ui::attentionSheet(material), QString::fromStdString(path));
}

} // namespace livegloss::cli
