#pragma once

#include "base/decimal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace livegloss::evaluation {

/// Distinguishable in every common form of colour blindness (Okabe and Ito).
inline constexpr std::array<const char*, 7> kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#56B4E9", "#E69F00", "#5b5b5b"};
inline constexpr double kPanelWidth = 390.0;
inline constexpr double kPanelHeight = 300.0;
inline constexpr double kTop = 60.0;

inline std::string number(double value, int digits = 1) {
    return fixedText(value, digits);
}

/// From below the least to above the greatest value, in round steps.
struct Axis {
    double low = 0.0;
    double high = 1.0;
    double step = 0.2;
    int digits = 1;

    static Axis over(double least, double greatest) {
        const double span = std::max(greatest - least, std::max(1e-3, 0.02 * std::abs(greatest)));
        const double rough = span / 5.0;
        const double power = std::pow(10.0, std::floor(std::log10(rough)));
        const double share = rough / power;
        Axis axis;
        axis.step = power * (share <= 1.0 ? 1.0 : share <= 2.0 ? 2.0 : share <= 5.0 ? 5.0 : 10.0);
        axis.low = std::max(0.0, std::floor(least / axis.step - 0.2) * axis.step);
        axis.high = std::ceil(greatest / axis.step + 0.2) * axis.step;
        axis.digits = std::max(0, static_cast<int>(std::ceil(-std::log10(axis.step) - 1e-9)));
        return axis;
    }
    double share(double value) const { return (value - low) / (high - low); }
};

/// One panel of a chart, `left` from the picture's left edge.
class Panel {
public:
    Panel(std::string& svg, double left, const Axis& x, const Axis& y) : svg_(svg), left_(left), x_(x), y_(y) {}

    void frame(const std::string& title, const std::string& xTitle, const std::string& yTitle) {
        text(left_, kTop - 24.0, title, "start", "font-weight=\"600\" font-size=\"15\"");
        for (double value = y_.low; value < y_.high + y_.step / 2.0; value += y_.step) {
            line(left_, atY(value), left_ + kPanelWidth, atY(value), "#e2e2e2", 1.0);
            text(left_ - 8.0, atY(value) + 4.0, number(value, y_.digits), "end", "");
        }
        for (double value = x_.low; value < x_.high + x_.step / 2.0; value += x_.step) {
            line(atX(value), kTop + kPanelHeight, atX(value), kTop + kPanelHeight + 5.0, "#8a8a8a", 1.0);
            text(atX(value), kTop + kPanelHeight + 20.0, number(value, x_.digits), "middle", "");
        }
        line(left_, kTop + kPanelHeight, left_ + kPanelWidth, kTop + kPanelHeight, "#8a8a8a", 1.0);
        text(left_ + kPanelWidth / 2.0, kTop + kPanelHeight + 42.0, xTitle, "middle", "");
        const double middle = kTop + kPanelHeight / 2.0;
        svg_ += "<text x=\"" + number(left_ - 44.0) + "\" y=\"" + number(middle) + "\" text-anchor=\"middle\" " +
                "transform=\"rotate(-90 " + number(left_ - 44.0) + " " + number(middle) + ")\">" + yTitle + "</text>\n";
    }
    void level(double value, const std::string& name) {
        svg_ += "<line x1=\"" + number(left_) + "\" x2=\"" + number(left_ + kPanelWidth) + "\" y1=\"" +
                number(atY(value)) + "\" y2=\"" + number(atY(value)) +
                "\" stroke=\"#5b5b5b\" stroke-dasharray=\"5 4\"/>\n";
        text(left_ + kPanelWidth - 4.0, atY(value) - 6.0, name, "end", "fill=\"#5b5b5b\"");
    }
    void curve(const std::vector<std::pair<double, double>>& points, const char* colour, bool dots = true) {
        std::string path;
        for (const auto& [x, y] : points) {
            path.append(path.empty() ? "M" : " L").append(number(atX(x))).append(" ").append(number(atY(y)));
        }
        svg_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\"/>\n";
        for (const auto& [x, y] : points) {
            if (!dots) {
                break;
            }
            svg_ += "<circle cx=\"" + number(atX(x)) + "\" cy=\"" + number(atY(y)) + "\" r=\"4\" fill=\"" + colour +
                    "\" stroke=\"#ffffff\" stroke-width=\"1.5\"/>\n";
        }
    }
    void label(double x, double y, const std::string& words) {
        text(atX(x), atY(y) - 9.0, words, "middle", "font-size=\"11\" fill=\"#5b5b5b\"");
    }

private:
    double atX(double value) const { return left_ + x_.share(value) * kPanelWidth; }
    double atY(double value) const { return kTop + (1.0 - y_.share(value)) * kPanelHeight; }
    void line(double x1, double y1, double x2, double y2, const char* colour, double width) {
        svg_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
                number(y2) + "\" stroke=\"" + colour + "\" stroke-width=\"" + number(width) + "\"/>\n";
    }
    void text(double x, double y, const std::string& words, const char* anchor, const std::string& more) {
        svg_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\" " + more + ">" +
                words + "</text>\n";
    }

    std::string& svg_;
    double left_;
    Axis x_;
    Axis y_;
};

} // namespace livegloss::evaluation
