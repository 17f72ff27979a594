#include "evaluation/training_chart.h"

#include "chart_panel.h"

namespace livegloss::evaluation {
namespace {

using Points = std::vector<std::pair<double, double>>;

/// At most `most` points, each the mean of its neighbours; values that are no numbers are left out.
Points thinned(const Points& points, std::size_t most) {
    Points finite;
    std::copy_if(points.begin(), points.end(), std::back_inserter(finite),
                 [](const auto& point) { return std::isfinite(point.second); });
    const std::size_t each = std::max<std::size_t>(1, (finite.size() + most - 1) / most);
    Points means;
    for (std::size_t first = 0; first < finite.size(); first += each) {
        const std::size_t end = std::min(finite.size(), first + each);
        std::pair<double, double> sum{0.0, 0.0};
        for (std::size_t place = first; place < end; ++place) {
            sum.first += finite[place].first;
            sum.second += finite[place].second;
        }
        const auto count = static_cast<double>(end - first);
        means.emplace_back(sum.first / count, sum.second / count);
    }
    return means;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char letter : text) {
        switch (letter) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        default:
            result += letter;
        }
    }
    return result;
}

Axis over(const std::vector<Points>& curves, double Points::value_type::*part) {
    double least = 1e300;
    double greatest = -1e300;
    for (const Points& curve : curves) {
        for (const auto& point : curve) {
            least = std::min(least, point.*part);
            greatest = std::max(greatest, point.*part);
        }
    }
    return least <= greatest ? Axis::over(least, greatest) : Axis();
}

} // namespace

std::string trainingSvg(const TrainingChart& chart) {
    std::string svg =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"440\" viewBox=\"0 0 1000 440\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#1f1f1f\">\n"
        "<rect width=\"1000\" height=\"440\" fill=\"#ffffff\"/>\n<title>" +
        escaped(chart.title) + "</title>\n";
    constexpr std::size_t mostPoints = 200;
    std::vector<Points> losses;
    for (const TrainingCurve& curve : chart.losses) {
        losses.push_back(thinned(curve.points, mostPoints));
    }
    const std::vector<Points> wer{thinned(chart.wer.points, mostPoints)};
    std::vector<Points> all = losses;
    all.push_back(wer.front());
    const Axis steps = over(all, &Points::value_type::first);
    Panel left(svg, 70.0, steps, over(losses, &Points::value_type::second));
    left.frame("Losses", "step", "loss");
    double legend = 70.0;
    for (std::size_t place = 0; place < losses.size(); ++place) {
        const char* colour = kColours[place % kColours.size()];
        left.curve(losses[place], colour, false);
        svg += "<circle cx=\"" + number(legend) + "\" cy=\"424\" r=\"5\" fill=\"" + colour + "\"/>\n<text x=\"" +
               number(legend + 11.0) + "\" y=\"428\">" + escaped(chart.losses[place].name) + "</text>\n";
        legend += 36.0 + 7.5 * static_cast<double>(chart.losses[place].name.size());
    }
    Panel right(svg, 570.0, steps, over(wer, &Points::value_type::second));
    right.frame("Unseen people (dev)", "step", "word error rate, %");
    right.curve(wer.front(), kColours[0]);
    return svg + "</svg>\n";
}

} // namespace livegloss::evaluation
