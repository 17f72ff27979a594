#pragma once

#include <QObject>
#include <QString>
#include <QTranslator>

namespace livegloss::ui {

/// Installs the translations that are built into the program. Changing the language sends every widget a
/// QEvent::LanguageChange.
class Language final : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    /// "en", "de", or empty for the desktop's own language.
    void use(const QString& code);
    /// The language in use, "en" or "de".
    QString current() const { return current_; }

private:
    QTranslator own_;
    QTranslator qt_;
    QString current_;
};

} // namespace livegloss::ui
