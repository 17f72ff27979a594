#include "ui/sheets/over_time_chart.h"

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

using attention::Moment;
using attention::RegionOrigin;

std::optional<float> valueOf(const OverTimeData& data, std::size_t index, OverTimeSeries series) {
    const Moment& moment = data.moments[index];
    const std::optional<float> own = index < data.own.size() ? data.own[index] : std::nullopt;
    switch (series) {
    case OverTimeSeries::Hands:
        return moment.hands;
    case OverTimeSeries::Face:
        return moment.face;
    case OverTimeSeries::OwnRegion:
        return own;
    case OverTimeSeries::Elsewhere:
        return attention::elsewhereOf(moment, own);
    case OverTimeSeries::Entropy:
        return moment.entropy;
    case OverTimeSeries::Motion:
        break;
    }
    return moment.motion;
}

QString nameOf(const std::filesystem::path& file) {
    return QString::fromStdString(file.filename().string());
}

enum class Unit { Share, Entropy, Motion };

Unit unitOf(OverTimeSeries series) {
    return series == OverTimeSeries::Entropy  ? Unit::Entropy
           : series == OverTimeSeries::Motion ? Unit::Motion
                                              : Unit::Share;
}

/// The next of 1, 2, 5, 10, ... tenths.
double roundUp(double value) {
    double step = 0.1;
    while (step < value) {
        for (const double factor : {2.0, 2.5, 2.0}) {
            step *= factor;
            if (step >= value) {
                break;
            }
        }
    }
    return step;
}

ChartLane laneOf(Unit unit, double most) {
    switch (unit) {
    case Unit::Share:
        return {OverTimeTexts::tr("Share of attention"), 1.0, true, 2};
    case Unit::Entropy:
        return {OverTimeTexts::name(OverTimeSeries::Entropy), 1.0, false, 1};
    case Unit::Motion:
        break;
    }
    return {OverTimeTexts::tr("Motion, picture heights a second"), roundUp(most), false, 1};
}

/// Moments that were not played or not seen lie further apart than the others: no line runs over them. A network that
/// leaves out every second or third frame skips less.
MediaTime longestStepOf(const std::vector<MediaTime>& times) {
    constexpr int stepsSkipped = 4;
    MediaTime longest = std::chrono::seconds(1);
    for (std::size_t i = 1; i < times.size(); ++i) {
        longest = std::min(longest, (times[i] - times[i - 1]) * stepsSkipped);
    }
    return longest;
}

} // namespace

QString OverTimeTexts::name(OverTimeSeries series) {
    switch (series) {
    case OverTimeSeries::Hands:
        return tr("Hands");
    case OverTimeSeries::Face:
        return tr("Face");
    case OverTimeSeries::OwnRegion:
        return tr("Your region");
    case OverTimeSeries::Elsewhere:
        return tr("Elsewhere");
    case OverTimeSeries::Entropy:
        return tr("Entropy");
    case OverTimeSeries::Motion:
        break;
    }
    return tr("Motion");
}

QString OverTimeTexts::definition(OverTimeSeries series) {
    switch (series) {
    case OverTimeSeries::Hands:
        return tr("Share of the attention on patches that falls on the hands.");
    case OverTimeSeries::Face:
        return tr("Share of the attention on patches that falls on the face where no hand hides it.");
    case OverTimeSeries::OwnRegion:
        return tr("Share of the attention on patches that falls into the rectangle that you drew on the video.");
    case OverTimeSeries::Elsewhere:
        return tr("The rest: outside hands and face where they are known, otherwise outside your region.");
    case OverTimeSeries::Entropy:
        return tr("How widely the attention is spread: 0 is all on one patch, 1 is everywhere alike.");
    case OverTimeSeries::Motion:
        break;
    }
    return tr("How fast the centre of what the weights across frames emphasise moves from frame to frame, in picture "
              "heights a second.");
}

QString OverTimeTexts::origin(const attention::RegionSource& source) {
    switch (source.origin) {
    case RegionOrigin::None:
        return tr("Not looked for");
    case RegionOrigin::Truth:
        return tr("Exact: from the synthetic signer");
    case RegionOrigin::FaceDetector:
        return tr("Face found by OpenCV, may be wrong");
    case RegionOrigin::OwnDetector:
        break;
    }
    return tr("Found by %1").arg(nameOf(source.detector));
}

QString OverTimeTexts::originDefinition(const attention::RegionSource& source) {
    switch (source.origin) {
    case RegionOrigin::None:
        return tr("Choose where hands and face are known from, or draw a region of your own on the video; without "
                  "either there are no shares to show.");
    case RegionOrigin::Truth:
        return tr("A file beside this video tells how the synthetic signer was drawn, so hands and face are known to "
                  "the pixel.");
    case RegionOrigin::FaceDetector:
        return tr("OpenCV's detector (a Haar cascade) finds faces that look at the camera, and now and then something "
                  "else. Frames in which it finds none are gaps in the curve. It does not find hands.");
    case RegionOrigin::OwnDetector:
        break;
    }
    return tr("Hands and face are the boxes that %1 finds, at most two hands and one face; it may be wrong. Frames in "
              "which it finds none are gaps in the curve.")
        .arg(nameOf(source.detector));
}

QString OverTimeTexts::originLine(const attention::RegionSource& source) {
    return source.origin == RegionOrigin::OwnDetector
               ? tr("Hands and face found by %1, may be wrong").arg(nameOf(source.detector))
               : tr("Hands and face: %1").arg(origin(source));
}

bool hasSeries(const OverTimeData& data, OverTimeSeries series) {
    for (std::size_t i = 0; i < data.moments.size(); ++i) {
        if (valueOf(data, i, series)) {
            return true;
        }
    }
    return false;
}

ChartCurve curveOf(OverTimeSeries series, bool dark) {
    ChartCurve curve;
    curve.name = OverTimeTexts::name(series);
    curve.definition = OverTimeTexts::definition(series);
    const auto paint = [&](const char* onDark, const char* onLight, QList<qreal> dashes) {
        curve.colour = QColor(QLatin1String(dark ? onDark : onLight));
        curve.dashes = std::move(dashes);
    };
    // Dashes tell the curves of a lane apart without colour.
    switch (series) {
    case OverTimeSeries::Hands:
        paint("#ffb347", "#a85b00", {});
        break;
    case OverTimeSeries::Face:
        paint("#6cb4ff", "#0b5cad", {5, 2.5});
        break;
    case OverTimeSeries::OwnRegion:
        paint("#4fd1a5", "#00714d", {6, 2, 1.5, 2});
        break;
    case OverTimeSeries::Elsewhere:
        paint("#a9b1bc", "#5a636e", {1.5, 2});
        break;
    case OverTimeSeries::Entropy:
        paint("#e8a0cf", "#9a2f77", {});
        break;
    case OverTimeSeries::Motion:
        paint("#ffd84d", "#6f5b00", {});
        break;
    }
    return curve;
}

TimeChart overTimeChart(const OverTimeData& data, const QList<OverTimeSeries>& on, bool dark) {
    TimeChart chart;
    for (const Moment& moment : data.moments) {
        chart.times.push_back(moment.time);
    }
    chart.longestStep = longestStepOf(chart.times);
    QList<Unit> units;
    for (const OverTimeSeries series : allSeries) {
        if (!on.contains(series) || !hasSeries(data, series)) {
            continue;
        }
        ChartCurve curve = curveOf(series, dark);
        double most = 0.0;
        for (std::size_t i = 0; i < data.moments.size(); ++i) {
            curve.values.push_back(valueOf(data, i, series));
            most = std::max(most, static_cast<double>(curve.values.back().value_or(0.0F)));
        }
        const Unit unit = unitOf(series);
        if (!units.contains(unit)) {
            units.append(unit);
            chart.lanes.append(laneOf(unit, most));
        }
        curve.lane = static_cast<int>(units.indexOf(unit));
        chart.curves.append(curve);
    }
    for (const attention::GlossBand& gloss : data.glosses) {
        chart.bands.append({gloss.start, gloss.end, QString::fromStdString(gloss.text)});
    }
    return chart;
}

} // namespace livegloss::ui
