#include "evaluation/tradeoff_chart.h"

#include "chart_panel.h"

#include <algorithm>
#include <map>

namespace livegloss::evaluation {
namespace {

using Curves = std::map<int, std::vector<TradeoffPoint>>;

/// One curve a stride, by window.
Curves byStride(std::vector<TradeoffPoint> points) {
    std::sort(points.begin(), points.end(),
              [](const TradeoffPoint& a, const TradeoffPoint& b) { return a.windowFrames < b.windowFrames; });
    Curves curves;
    for (const TradeoffPoint& point : points) {
        curves[point.strideFrames].push_back(point);
    }
    return curves;
}

template <class Value>
Axis axisOver(const std::vector<TradeoffPoint>& points, Value value, std::optional<double> also) {
    double least = also.value_or(1e300);
    double greatest = also.value_or(-1e300);
    for (const TradeoffPoint& point : points) {
        least = std::min(least, value(point));
        greatest = std::max(greatest, value(point));
    }
    return Axis::over(least, greatest);
}

void drawLegend(std::string& svg, const Curves& curves) {
    double x = 70.0;
    std::size_t colour = 0;
    for (const auto& [stride, points] : curves) {
        svg += "<circle cx=\"" + number(x) + "\" cy=\"424\" r=\"5\" fill=\"" + kColours[colour++ % kColours.size()] +
               "\"/>\n<text x=\"" + number(x + 11.0) + "\" y=\"428\">stride " + std::to_string(stride) +
               " frames</text>\n";
        x += 140.0;
    }
}

} // namespace

std::string chartSvg(const TradeoffChart& chart) {
    const bool timed = std::all_of(chart.points.begin(), chart.points.end(),
                                   [](const TradeoffPoint& point) { return point.commitSeconds.has_value(); });
    const std::string size = std::string("width=\"") + (timed ? "1000" : "520") + "\" height=\"440\"";
    std::string svg =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + " viewBox=\"0 0 " + (timed ? "1000" : "520") +
        " 440\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#1f1f1f\">\n<rect " + size + " fill=\"#ffffff\"/>\n";
    if (!chart.points.empty()) {
        const Curves curves = byStride(chart.points);
        const Axis wer = axisOver(
            chart.points, [](const TradeoffPoint& p) { return p.werPercent; }, chart.offlineWerPercent);
        const Axis window =
            axisOver(chart.points, [](const TradeoffPoint& p) { return static_cast<double>(p.windowFrames); }, {});
        Panel left(svg, 70.0, window, wer);
        left.frame("Error rate over the window", "window, frames", "word error rate, %");
        left.level(chart.offlineWerPercent, "offline");
        std::size_t colour = 0;
        for (const auto& [stride, points] : curves) {
            std::vector<std::pair<double, double>> line;
            for (const TradeoffPoint& point : points) {
                line.emplace_back(point.windowFrames, point.werPercent);
            }
            left.curve(line, kColours[colour++ % kColours.size()]);
        }
        if (timed) {
            const Axis time = axisOver(chart.points, [](const TradeoffPoint& p) { return *p.commitSeconds; }, {});
            Panel right(svg, 570.0, time, wer);
            right.frame("Error rate over the time to commit", "median time from a sign's end to its commit, s",
                        "word error rate, %");
            right.level(chart.offlineWerPercent, "offline");
            colour = 0;
            for (const auto& [stride, points] : curves) {
                std::vector<std::pair<double, double>> line;
                for (const TradeoffPoint& point : points) {
                    line.emplace_back(*point.commitSeconds, point.werPercent);
                    right.label(*point.commitSeconds, point.werPercent, std::to_string(point.windowFrames));
                }
                right.curve(line, kColours[colour++ % kColours.size()]);
            }
        }
        drawLegend(svg, curves);
    }
    return svg + "</svg>\n";
}

} // namespace livegloss::evaluation
