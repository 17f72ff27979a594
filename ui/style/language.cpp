#include "ui/style/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>

namespace livegloss::ui {

void Language::use(const QString& code) {
    const QLocale locale = code.isEmpty() ? QLocale::system() : QLocale(code);
    const QString wanted = locale.language() == QLocale::German ? QStringLiteral("de") : QStringLiteral("en");
    if (wanted == current_) {
        return;
    }
    current_ = wanted;
    QCoreApplication::removeTranslator(&own_);
    QCoreApplication::removeTranslator(&qt_);
    // English stands in the source itself and has no file.
    if (own_.load(QStringLiteral(":/i18n/livegloss_") + wanted + QStringLiteral(".qm"))) {
        QCoreApplication::installTranslator(&own_);
    }
    if (qt_.load(QStringLiteral("qtbase_") + wanted, QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
        QCoreApplication::installTranslator(&qt_);
    }
    QLocale::setDefault(code.isEmpty() ? QLocale::system() : QLocale(wanted));
}

} // namespace livegloss::ui
