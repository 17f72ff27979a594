#include "ui/settings/settings_table.h"

#include <QSettings>

#include <variant>

namespace livegloss::ui {

namespace {

struct IntEntry {
    int AppSettings::*member;
    int lowest;
    int highest;
};
using BoolEntry = bool AppSettings::*;
using TextEntry = QString AppSettings::*;
using ThemeEntry = ThemeChoice AppSettings::*;
using ColourEntry = CaptionColour AppSettings::*;
using GroundEntry = CaptionGround AppSettings::*;
using ComputingEntry = Computing AppSettings::*;

struct Entry {
    const char* key;
    std::variant<IntEntry, BoolEntry, TextEntry, ThemeEntry, ColourEntry, GroundEntry, ComputingEntry> value;
};

/// Key and type of every setting; the defaults are those of AppSettings.
const Entry table[] = {
    {"captions/pixels", IntEntry{&AppSettings::captionPixels, smallestCaption, largestCaption}},
    {"captions/font", &AppSettings::captionFont},
    {"captions/colour", &AppSettings::captionColour},
    {"captions/ground", &AppSettings::captionGround},
    {"captions/shown", &AppSettings::captions},
    {"recognition/stability", IntEntry{&AppSettings::stability, 0, 4}},
    {"recognition/windowFrames", IntEntry{&AppSettings::windowFrames, shortestWindow, longestWindow}},
    {"recognition/strideFrames", IntEntry{&AppSettings::strideFrames, 0, longestStride}},
    {"recognition/leastConfidence", IntEntry{&AppSettings::minConfidence, 0, 95}},
    {"recognition/computing", &AppSettings::computing},
    {"recognition/device", &AppSettings::device},
    {"recognition/framePattern", IntEntry{&AppSettings::framePattern, 0, 3}},
    {"recognition/skipSimilar", IntEntry{&AppSettings::skipSimilar, 0, mostSkipped}},
    {"look/theme", &AppSettings::theme},
    {"look/language", &AppSettings::language},
    {"keys/singleKeys", &AppSettings::singleKeys},
    {"attention/shown", &AppSettings::attention},
    {"attention/strength", IntEntry{&AppSettings::attentionStrength, 10, 100}},
    {"video/mirrorCamera", &AppSettings::mirrorCamera},
    {"video/framingGuide", &AppSettings::framingGuide},
    {"video/loop", &AppSettings::loop},
    {"window/sidePanel", &AppSettings::sidePanel},
    {"window/hintsDismissed", &AppSettings::hintsDismissed},
    {"model/path", &AppSettings::modelPath},
};

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

/// `fallback` unless the stored text is a whole number within the range.
int readInt(const QVariant& stored, int lowest, int highest, int fallback) {
    bool isNumber = false;
    const int value = stored.toInt(&isNumber);
    return isNumber && value >= lowest && value <= highest ? value : fallback;
}

void readEntry(const Entry& entry, const QVariant& stored, AppSettings& into) {
    std::visit(Overloaded{
                   [&](const IntEntry& e) { into.*e.member = readInt(stored, e.lowest, e.highest, into.*e.member); },
                   [&](BoolEntry member) { into.*member = stored.toBool(); },
                   [&](TextEntry member) { into.*member = stored.toString(); },
                   [&](ThemeEntry member) {
                       into.*member = static_cast<ThemeChoice>(readInt(stored, 0, 2, static_cast<int>(into.*member)));
                   },
                   [&](ColourEntry member) {
                       into.*member = static_cast<CaptionColour>(readInt(stored, 0, 3, static_cast<int>(into.*member)));
                   },
                   [&](GroundEntry member) {
                       into.*member = static_cast<CaptionGround>(readInt(stored, 0, 2, static_cast<int>(into.*member)));
                   },
                   [&](ComputingEntry member) {
                       into.*member = static_cast<Computing>(readInt(stored, 0, 3, static_cast<int>(into.*member)));
                   },
               },
               entry.value);
}

QVariant writtenValue(const Entry& entry, const AppSettings& from) {
    return std::visit(Overloaded{
                          [&](const IntEntry& e) { return QVariant(from.*e.member); },
                          [&](BoolEntry member) { return QVariant(from.*member); },
                          [&](TextEntry member) { return QVariant(from.*member); },
                          [&](ThemeEntry member) { return QVariant(static_cast<int>(from.*member)); },
                          [&](ColourEntry member) { return QVariant(static_cast<int>(from.*member)); },
                          [&](GroundEntry member) { return QVariant(static_cast<int>(from.*member)); },
                          [&](ComputingEntry member) { return QVariant(static_cast<int>(from.*member)); },
                      },
                      entry.value);
}

} // namespace

AppSettings loadSettings(const QSettings& store) {
    AppSettings settings;
    for (const Entry& entry : table) {
        const QVariant stored = store.value(QLatin1String(entry.key));
        if (stored.isValid()) {
            readEntry(entry, stored, settings);
        }
    }
    return settings;
}

void saveSettings(QSettings& store, const AppSettings& settings, const AppSettings& before) {
    for (const Entry& entry : table) {
        const QVariant value = writtenValue(entry, settings);
        if (value != writtenValue(entry, before)) {
            store.setValue(QLatin1String(entry.key), value);
        }
    }
}

} // namespace livegloss::ui
