#include "ui/style/theme.h"

#include <QApplication>
#include <QFile>
#include <QStyleFactory>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

ThemeColours darkColours() {
    ThemeColours colours;
    colours.window = QColor(0x17, 0x1a, 0x1f);
    colours.surface = QColor(0x1e, 0x22, 0x28);
    colours.raised = QColor(0x2b, 0x31, 0x39);
    colours.line = QColor(0x73, 0x7d, 0x8a);
    colours.text = QColor(0xec, 0xee, 0xf1);
    colours.muted = QColor(0xa9, 0xb1, 0xbc);
    colours.accent = QColor(0x6c, 0xb4, 0xff);
    colours.onAccent = QColor(0x06, 0x1a, 0x2e);
    colours.warning = QColor(0xf5, 0xbd, 0x4f);
    colours.error = QColor(0xff, 0x8f, 0x87);
    colours.recording = QColor(0xc6, 0x28, 0x2d);
    colours.onRecording = Qt::white;
    colours.stage = QColor(0x0b, 0x0d, 0x10);
    colours.stageText = Qt::white;
    colours.stageMuted = QColor(0xb4, 0xbc, 0xc7);
    return colours;
}

ThemeColours lightColours() {
    ThemeColours colours = darkColours();
    colours.window = QColor(0xef, 0xf1, 0xf4);
    colours.surface = QColor(0xfb, 0xfc, 0xfd);
    colours.raised = QColor(0xdf, 0xe4, 0xea);
    colours.line = QColor(0x7d, 0x87, 0x93);
    colours.text = QColor(0x16, 0x1a, 0x1f);
    colours.muted = QColor(0x4c, 0x56, 0x62);
    colours.accent = QColor(0x0b, 0x5c, 0xad);
    colours.onAccent = Qt::white;
    colours.warning = QColor(0x7d, 0x4b, 0x00);
    colours.error = QColor(0xab, 0x1d, 0x18);
    return colours;
}

QPalette makePalette(const ThemeColours& colours) {
    QPalette palette;
    const auto all = [&](QPalette::ColorRole role, const QColor& colour) { palette.setColor(role, colour); };
    all(QPalette::Window, colours.window);
    all(QPalette::WindowText, colours.text);
    all(QPalette::Base, colours.surface);
    all(QPalette::AlternateBase, colours.window);
    all(QPalette::Text, colours.text);
    all(QPalette::PlaceholderText, colours.muted);
    all(QPalette::Button, colours.window);
    all(QPalette::ButtonText, colours.text);
    all(QPalette::BrightText, colours.error);
    all(QPalette::Highlight, colours.accent);
    all(QPalette::HighlightedText, colours.onAccent);
    all(QPalette::Link, colours.accent);
    all(QPalette::LinkVisited, colours.accent);
    all(QPalette::ToolTipBase, colours.raised);
    all(QPalette::ToolTipText, colours.text);
    all(QPalette::Light, colours.raised);
    all(QPalette::Midlight, colours.raised);
    all(QPalette::Mid, colours.line);
    all(QPalette::Dark, colours.line);
    all(QPalette::Shadow, colours.stage);
    QColor faded = colours.text;
    faded.setAlphaF(0.38F);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, faded);
    }
    return palette;
}

QString styleSheet(const ThemeColours& colours) {
    QFile file(QStringLiteral(":/style/livegloss.qss"));
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    QString sheet = QString::fromUtf8(file.readAll());
    QColor hover = colours.raised;
    const std::pair<const char*, QColor> names[] = {
        {"@window", colours.window}, {"@surface", colours.surface},     {"@raised", hover},
        {"@line", colours.line},     {"@text", colours.text},           {"@muted", colours.muted},
        {"@accent", colours.accent}, {"@onAccent", colours.onAccent},   {"@warning", colours.warning},
        {"@error", colours.error},   {"@stageText", colours.stageText}, {"@stageMuted", colours.stageMuted},
        {"@stage", colours.stage},
    };
    // Longest name first, so that @stage does not eat the front of @stageText.
    std::vector<std::pair<QString, QString>> ordered;
    for (const auto& [name, colour] : names) {
        ordered.emplace_back(QString::fromLatin1(name), colour.name());
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [name, value] : ordered) {
        sheet.replace(name, value);
    }
    return sheet;
}

double luminance(const QColor& colour) {
    const auto linear = [](float channel) {
        return channel <= 0.04045F ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

} // namespace

const ThemeColours& themeColours(bool dark) {
    static const ThemeColours darkTheme = darkColours();
    static const ThemeColours lightTheme = lightColours();
    return dark ? darkTheme : lightTheme;
}

const ThemeColours& themeColours(const QPalette& palette) {
    return themeColours(palette.color(QPalette::Window).lightness() < 128);
}

bool systemPrefersDark() {
    return QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
}

void applyTheme(QApplication& application, ThemeChoice choice, bool systemIsDark) {
    const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && systemIsDark);
    const ThemeColours& colours = themeColours(dark);
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(makePalette(colours));
    application.setStyleSheet(styleSheet(colours));
}

double contrastRatio(const QColor& first, const QColor& second) {
    const double a = luminance(first);
    const double b = luminance(second);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

} // namespace livegloss::ui
