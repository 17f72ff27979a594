#pragma once

#include "ui/sheets/over_time_chart.h"

namespace livegloss::ui {

/// What a picture or table of attention over time is made from.
struct OverTimeMaterial {
    QString clip; ///< the video's name
    model::ModelConfig model;
    attention::View view; ///< as on show; measuredView() of it was measured
    attention::RegionSource regions;
    std::optional<vision::Region> own; ///< the person's region, in fractions of the frame
    OverTimeData data;
    QList<OverTimeSeries> series; ///< drawn; a table has all
    TimeRange range;              ///< drawn; a table has all
};

/// Writes .png, .svg, .pdf (curves with legend and settings) or .csv (every value), whole or not at all. Pictures need
/// a QGuiApplication. InvalidArgument for other endings, WriteFailed.
Result<void> saveOverTime(const OverTimeMaterial& material, const QString& path);

} // namespace livegloss::ui
