#pragma once

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <clocale>
#include <string>

namespace livegloss::test {

/// While it lives, C's number functions write and read 12.5 as "12,5", as on a German desktop: in an installed locale
/// or, where there is none, in one that localedef makes of nothing but the sign.
class CommaLocale {
public:
    CommaLocale() : before_(std::setlocale(LC_NUMERIC, nullptr)) {
        for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"}) {
            if (std::setlocale(LC_NUMERIC, name) != nullptr) {
                return;
            }
        }
        QFile source(folder_.filePath("comma"));
        if (source.open(QIODevice::WriteOnly)) {
            source.write("LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n");
            source.close();
            // With warnings, and a status that says so, because the other categories are not there.
            QProcess localedef;
            localedef.start("localedef", {"-c", "-i", source.fileName(), "-f", "ANSI_X3.4-1968", "--no-archive",
                                          folder_.filePath("xx_XX")});
            localedef.waitForFinished();
            qputenv("LOCPATH", folder_.path().toUtf8());
            std::setlocale(LC_NUMERIC, "xx_XX");
            qunsetenv("LOCPATH");
        }
    }
    ~CommaLocale() { std::setlocale(LC_NUMERIC, before_.c_str()); }
    CommaLocale(const CommaLocale&) = delete;
    CommaLocale& operator=(const CommaLocale&) = delete;

    /// Makes it the locale that setlocale(LC_ALL, "") takes, as Qt does at its start.
    void makeUsers() const {
        qputenv("LC_ALL", std::setlocale(LC_NUMERIC, nullptr));
        if (QFile::exists(folder_.filePath("xx_XX"))) {
            qputenv("LOCPATH", folder_.path().toUtf8());
        }
    }

    /// False where there is no such locale: tests then skip.
    static bool isActive() { return std::localeconv()->decimal_point[0] == ','; }

private:
    QTemporaryDir folder_;
    std::string before_;
};

} // namespace livegloss::test
