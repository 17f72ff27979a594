#include "ui/text_format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

QString clockText(long long seconds) {
    const auto part = [](long long value) { return QStringLiteral("%1").arg(value, 2, 10, QLatin1Char('0')); };
    const QString minutes = part(seconds / 60 % 60) + QLatin1Char(':') + part(seconds % 60);
    return seconds < 3600 ? minutes : QString::number(seconds / 3600) + QLatin1Char(':') + minutes;
}

} // namespace

QString formatTime(MediaTime time) {
    const long long tenths = std::max<long long>(0, time.count()) / 100000;
    return clockText(tenths / 10) + QLatin1Char('.') + QString::number(tenths % 10);
}

QString formatTimeShort(MediaTime time) {
    return clockText(std::max<long long>(0, time.count()) / 1000000);
}

QString withHint(const Error& error) {
    const QString message = QString::fromStdString(error.message);
    if (error.hint.empty()) {
        return message;
    }
    const bool ended = !message.isEmpty() && QStringLiteral(".!?:").contains(message.back());
    return message + (ended ? QStringLiteral(" ") : QStringLiteral(". ")) + QString::fromStdString(error.hint);
}

QString formatConfidence(float confidence) {
    return QCoreApplication::translate("TextFormat", "%1%", "a confidence in percent")
        .arg(std::lround(std::clamp(confidence, 0.0F, 1.0F) * 100.0F));
}

} // namespace livegloss::ui
