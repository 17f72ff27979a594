#include "base/log.h"
#include "display_watch.h"
#include "end_signals.h"
#include "engine/threads.h"
#include "resource_paths.h"
#include "ui/attention/attention_workspace.h"
#include "ui/bridge/background_pool.h"
#include "ui/bridge/screen_wake.h"
#include "ui/settings/preferences.h"
#include "ui/setup.h"
#include "ui/style/icons.h"
#include "ui/style/language.h"
#include "ui/style/theme.h"
#include "ui/training/training_workspace.h"
#include "ui/windows/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QStandardPaths>
#include <QStyleHints>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace livegloss;

struct Arguments {
    QString source;
    QString model;
    bool sample = true;
    QString screenshot;
    double screenshotAfter = 3.0;
};

QString words(const char* english) {
    return QCoreApplication::translate("CommandLine", english);
}

/// Ends the program where only help or version was asked for, or where an option is unknown.
Arguments parseArguments(const QCoreApplication& application) {
    QCommandLineParser parser;
    parser.setApplicationDescription(words(QT_TRANSLATE_NOOP(
        "CommandLine", "Recognises continuous sign language in video, live, and shows where the network looks.\n\n"
                       "Examples:\n"
                       "  livegloss                          play and recognise the sample clip\n"
                       "  livegloss clip.mp4                 a video file\n"
                       "  livegloss camera:                  the first camera\n"
                       "  livegloss rtsp://192.168.1.20/live a network stream")));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        words(QT_TRANSLATE_NOOP("CommandLine", "source")),
        words(QT_TRANSLATE_NOOP("CommandLine", "Video file, camera:, http(s):// or rtsp:// address, or lavfi: graph.")),
        words(QT_TRANSLATE_NOOP("CommandLine", "[source]")));
    const QString file = words(QT_TRANSLATE_NOOP("CommandLine", "file"));
    const QCommandLineOption model(QStringLiteral("model"),
                                   words(QT_TRANSLATE_NOOP("CommandLine", "Model file instead of the demo model.")),
                                   file);
    const QCommandLineOption noSample(QStringLiteral("no-sample"),
                                      words(QT_TRANSLATE_NOOP("CommandLine", "Start without the sample clip.")));
    const QCommandLineOption screenshot(
        QStringLiteral("screenshot"),
        words(QT_TRANSLATE_NOOP("CommandLine", "Save a picture of the window as a PNG file and quit.")), file);
    const QCommandLineOption after(QStringLiteral("after"),
                                   words(QT_TRANSLATE_NOOP("CommandLine", "Seconds before the screenshot (3).")),
                                   words(QT_TRANSLATE_NOOP("CommandLine", "seconds")), QStringLiteral("3"));
    parser.addOptions({model, noSample, screenshot, after});
    parser.process(application);
    Arguments arguments;
    arguments.source = parser.positionalArguments().value(0);
    arguments.model = parser.value(model);
    arguments.sample = !parser.isSet(noSample);
    arguments.screenshot = parser.value(screenshot);
    arguments.screenshotAfter = parser.value(after).toDouble();
    return arguments;
}

/// LIVEGLOSS_MODELS_DIR where it is set, else the usual place for a user's data.
QString modelFolder() {
    const QString chosen = qEnvironmentVariable("LIVEGLOSS_MODELS_DIR");
    return chosen.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
                                  QStringLiteral("/livegloss/models")
                            : chosen;
}

QString unsavedFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/livegloss/unsaved");
}

/// livegloss-cli lies beside this program.
ui::TrainingPlaces trainingPlaces() {
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    return {QCoreApplication::applicationDirPath() + QStringLiteral("/livegloss-cli"),
            QString::fromStdString(app::recipeFolder().string()), documents + QStringLiteral("/LiveGloss/training")};
}

ui::ResourceLocations resources() {
    ui::ResourceLocations locations;
    locations.demoModel = QString::fromStdString(app::demoModelPath().string());
    for (const std::filesystem::path& path : app::samplePaths()) {
        locations.samples.append(QString::fromStdString(path.string()));
    }
    locations.catalogue = QString::fromStdString(app::cataloguePath().string());
    locations.modelFolder = modelFolder();
    return locations;
}

void logFirstPicture(ui::LiveWorkspace& live, std::chrono::steady_clock::time_point started) {
    QObject::connect(
        &live.bridge(), &ui::SessionBridge::pictureChanged, &live,
        [started] {
            const std::chrono::duration<double> time = std::chrono::steady_clock::now() - started;
            char line[64];
            std::snprintf(line, sizeof line, "first picture after %.2f s", time.count());
            log(LogLevel::Info, line);
        },
        Qt::SingleShotConnection);
}

void saveScreenshot(QWidget& window, const QString& path) {
    if (!window.grab().save(path)) {
        std::fprintf(stderr, "livegloss: cannot write %s\n", qPrintable(path));
        QCoreApplication::exit(1);
        return;
    }
    QCoreApplication::quit();
}

/// Help and version need no display.
bool asksForText(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](const char* argument) {
        const std::string_view text(argument);
        return text == "-h" || text == "--help" || text == "--help-all" || text == "-v" || text == "--version";
    });
}

void nameProgram() {
    QCoreApplication::setOrganizationName(QStringLiteral("LiveGloss"));
    QCoreApplication::setApplicationName(QStringLiteral("livegloss"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LIVEGLOSS_VERSION));
}

} // namespace

int main(int argc, char** argv) {
    nameProgram();
    if (asksForText(argc, argv)) {
        const QCoreApplication textOnly(argc, argv);
        ui::prepareInterface();
        ui::Language language;
        language.use(ui::loadSettings(QSettings()).language);
        parseArguments(textOnly);
        return 0;
    }
    const auto started = std::chrono::steady_clock::now();
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    std::optional<app::DisplayWatch> watch(std::in_place);
    QApplication application(argc, argv);
    watch.reset();
    std::setlocale(LC_NUMERIC, "C"); // Qt takes the user's, and C's functions would write 0,5 into files
    QGuiApplication::setDesktopFileName(QStringLiteral("org.livegloss.LiveGloss"));
    ui::prepareInterface();
    bool systemIsDark = ui::systemPrefersDark();
    QSettings store;
    ui::Preferences preferences(store);
    ui::Language language;
    language.use(preferences.values().language);
    const Arguments arguments = parseArguments(application);
    std::optional<ui::ThemeChoice> applied;
    const auto applyLook = [&] {
        const ui::AppSettings& values = preferences.values();
        if (applied != values.theme) {
            applied = values.theme;
            ui::applyTheme(application, values.theme, systemIsDark);
        }
        language.use(values.language);
    };
    applyLook();
    QObject::connect(&preferences, &ui::Preferences::changed, &application, applyLook);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto followDesktop = [&](Qt::ColorScheme scheme) {
        systemIsDark = scheme == Qt::ColorScheme::Dark;
        applied.reset();
        applyLook();
    };
    QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application, followDesktop);
#endif

    // One core stays free for drawing.
    engine::setComputeThreads(std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1));
    const ui::EngineServices services = ui::makeEngineServices();
    const ui::ResourceLocations locations = resources();
    const ui::BackgroundWorkEnd workEnd;
    auto* live = new ui::LiveWorkspace(ui::makeLiveRecogniser(), services, locations, preferences);
    ui::MainWindow window(live, preferences);
    window.addAttention(new ui::AttentionWorkspace(*live, preferences));
    window.addModels(new ui::ModelsWorkspace(
        services, {locations.demoModel, locations.catalogue, locations.modelFolder}, ui::makeDesktopServices()));
    window.addTraining(new ui::TrainingWorkspace(trainingPlaces(), ui::makeTrainingServices()));
    logFirstPicture(*live, started);
    ui::ScreenWake wake;
    QObject::connect(&live->bridge(), &ui::SessionBridge::stateChanged, &wake,
                     [&] { wake.keepAwake(live->bridge().isPlaying()); });
    const app::EndSignals endSignals([&window] {
        window.closeNow();
        QCoreApplication::quit();
    });
    window.show();
    live->earlierGlosses().keepIn(unsavedFolder());
    live->start(arguments.model);
    if (!arguments.source.isEmpty()) {
        live->openSource(media::parseSource(arguments.source.toStdString()));
    } else if (arguments.sample) {
        live->playSample();
    }
    if (!arguments.screenshot.isEmpty()) {
        QTimer::singleShot(static_cast<int>(arguments.screenshotAfter * 1000.0), &window,
                           [&] { saveScreenshot(window, arguments.screenshot); });
    }
    return QApplication::exec();
}
