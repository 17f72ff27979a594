#pragma once

#include <QGuiApplication>
#include <QLocale>
#include <array>
#include <clocale>
#include <memory>
#include <string>

namespace livegloss::cli {

/// Fonts and documents come from Qt, which needs an application object, but no screen.
class DrawingApplication {
public:
    DrawingApplication() {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        QCoreApplication::setApplicationName(QStringLiteral("livegloss-cli"));
        QCoreApplication::setApplicationVersion(QStringLiteral(LIVEGLOSS_VERSION));
        application_ = std::make_unique<QGuiApplication>(count_, arguments_.data());
        std::setlocale(LC_NUMERIC, "C"); // Qt takes the user's, and C's functions would write 0,5 into files
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); // as the words are
    }

private:
    std::string name_ = "livegloss-cli";
    std::array<char*, 2> arguments_{name_.data(), nullptr};
    int count_ = 1;
    std::unique_ptr<QGuiApplication> application_;
};

} // namespace livegloss::cli
