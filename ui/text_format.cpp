#include "ui/text_format.h"

#include "ui/error_words.h"

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

/// Before facts that are known in English alone, in other languages: what they are about.
QString kindInOtherLanguages(ErrorCode code) {
    const char* kind = nullptr;
    switch (code) {
    case ErrorCode::InvalidArgument:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "This does not fit together:");
        break;
    case ErrorCode::NotFound:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "Something is not where it should be:");
        break;
    case ErrorCode::PermissionDenied:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "It may not be opened:");
        break;
    case ErrorCode::Unreadable:
    case ErrorCode::NoVideo:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "The file is damaged, or of another kind than it seems:");
        break;
    case ErrorCode::Unsupported:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "This program cannot use this kind of file:");
        break;
    case ErrorCode::Timeout:
    case ErrorCode::Disconnected:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "A device or the network does not answer:");
        break;
    case ErrorCode::OutOfMemory:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "There is not enough memory:");
        break;
    case ErrorCode::WriteFailed:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "It could not be written:");
        break;
    case ErrorCode::Cancelled:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "It was stopped:");
        break;
    case ErrorCode::Internal:
        kind = QT_TRANSLATE_NOOP("ErrorKind", "A defect of the program:");
        break;
    }
    const QString words = QCoreApplication::translate("ErrorKind", kind);
    return words == QString::fromUtf8(kind) ? QString() : words + QLatin1Char(' ');
}

} // namespace

QString formatTime(MediaTime time) {
    const long long tenths = std::max<long long>(0, time.count()) / 100000;
    return clockText(tenths / 10) + QLatin1Char('.') + QString::number(tenths % 10);
}

QString formatTimeShort(MediaTime time) {
    return clockText(std::max<long long>(0, time.count()) / 1000000);
}

QString formatTimeLeft(double seconds) {
    constexpr double secondsAnHour = 3600.0;
    constexpr double secondsADay = 24.0 * secondsAnHour;
    const auto words = [](const char* text) { return QCoreApplication::translate("TimeLeft", text); };
    if (!(seconds < 100.0 * secondsADay)) {
        return words(QT_TRANSLATE_NOOP("TimeLeft", "more than 100 days left"));
    }
    const int minutes = static_cast<int>(std::ceil(seconds / 60.0));
    if (seconds < 100.0) {
        return words(QT_TRANSLATE_NOOP("TimeLeft", "%1 s left")).arg(static_cast<int>(std::ceil(seconds)));
    }
    if (seconds < 2.0 * secondsAnHour) {
        return words(QT_TRANSLATE_NOOP("TimeLeft", "%1 min left")).arg(minutes);
    }
    return seconds < 2.0 * secondsADay
               ? words(QT_TRANSLATE_NOOP("TimeLeft", "%1 h %2 min left")).arg(minutes / 60).arg(minutes % 60)
               : words(QT_TRANSLATE_NOOP("TimeLeft", "%1 days left"))
                     .arg(static_cast<int>(std::ceil(seconds / secondsADay)));
}

QString factOf(const Error& error) {
    const QString english = QString::fromStdString(error.message);
    return factInWindowLanguage(english).value_or(english);
}

QString hintOf(const Error& error) {
    const QString english = QString::fromStdString(error.hint);
    return hintInWindowLanguage(english).value_or(english);
}

QString withHint(const Error& error) {
    const QString english = QString::fromStdString(error.message);
    const auto fact = factInWindowLanguage(english);
    const QString message = fact ? *fact : kindInOtherLanguages(error.code) + english;
    if (error.hint.empty()) {
        return message;
    }
    const bool ended = !message.isEmpty() && QStringLiteral(".!?:").contains(message.back());
    return message + (ended ? QStringLiteral(" ") : QStringLiteral(". ")) + hintOf(error);
}

QString formatConfidence(float confidence) {
    return QCoreApplication::translate("TextFormat", "%1%", "a confidence in percent")
        .arg(std::lround(std::clamp(confidence, 0.0F, 1.0F) * 100.0F));
}

} // namespace livegloss::ui
