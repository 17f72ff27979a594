#pragma once

#include "ui/bridge/engine_services.h"
#include "ui/settings/preferences.h"
#include "ui/training/data_page.h"
#include "ui/training/recipe_page.h"
#include "ui/training/result_page.h"
#include "ui/training/run_page.h"
#include "ui/training/training_workspace.h"
#include "ui/windows/main_window.h"

#include <QFile>
#include <QSettings>
#include <QTemporaryDir>

namespace livegloss::ui::testing {

/// The smallest network that drawn sentences can be shown to; a step takes some milliseconds.
inline QByteArray tinyRecipe(int steps) {
    return R"({"name": "Tiny one", "sign_language": "synthetic", "method": "adaptsign", "seed": 3,
               "model": {"width": 64, "layers": 1, "patch": 32, "resolution": 96, "resize": 108, "embed_dim": 24,
                         "hidden": 24, "conv_type": 1, "fps": 12.5},
               "adapt": {"steps": )" +
           QByteArray::number(steps) + R"(, "batch": 1, "keep_clips": 2, "uses": 9, "min_frames": 20, "max_frames": 40,
                         "dev_every": 5, "dev_clips": 1}})";
}

/// The program's window as it is built, with the real engine and the real command line, and a desktop that answers.
class TrainingWindow {
public:
    TrainingWindow(const QString& program, const QString& folder) : folder_(folder) {
        services.askFolder = [this](QWidget*, const QString&, const QString&) { return answer; };
        services.askFile = [this](QWidget*, const QString&, const QString&, const QString&) { return answer; };
        services.askWhereToSave = [this](QWidget*, const QString&, const QString&, const QString&) { return answer; };
        services.open = [this](const QUrl& url) { opened.append(url); };
        services.confirmStop = [this](QWidget*) {
            ++questions;
            return confirms;
        };
        services.confirmDiscard = [this](QWidget*) {
            ++questions;
            return confirms;
        };
        const QString bundled = QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models");
        store = std::make_unique<QSettings>(folder + QStringLiteral("/settings.ini"), QSettings::IniFormat);
        preferences = std::make_unique<Preferences>(*store);
        const EngineServices engine = makeEngineServices();
        live = new LiveWorkspace(makeLiveRecogniser(), engine, {bundled + QStringLiteral("/demo.safetensors"), {}},
                                 *preferences);
        training = new TrainingWorkspace({program, bundled, folder + QStringLiteral("/runs")}, services);
        models = new ModelsWorkspace(engine,
                                     {bundled + QStringLiteral("/demo.safetensors"),
                                      bundled + QStringLiteral("/catalogue.json"), folder + QStringLiteral("/models")},
                                     {});
        window = std::make_unique<MainWindow>(live, *preferences);
        window->addModels(models);
        window->addTraining(training);
        window->resize(1366, 768);
        window->show();
        window->rail()->entry(2)->trigger();
    }

    template <class Widget>
    Widget* find(const char* name) const {
        return training->findChild<Widget*>(QString::fromLatin1(name));
    }
    void press(const char* name) const { find<QPushButton>(name)->click(); }
    QString write(const char* name, const QByteArray& contents) const {
        const QString path = folder_ + QLatin1Char('/') + QLatin1String(name);
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size() ? path : QString();
    }
    /// Chooses a recipe of its own and a folder for the run.
    void choose(const QByteArray& recipe, const QString& runFolder) const {
        training->recipe()->openRecipe(write("tiny.json", recipe));
        training->recipe()->setRunFolder(runFolder);
        training->showPage(TrainingWorkspace::RunTab);
    }
    TrainingRun::State state() const { return training->run().state(); }

    QString answer;
    QList<QUrl> opened;
    int questions = 0;
    bool confirms = true;
    TrainingServices services;
    std::unique_ptr<QSettings> store;
    std::unique_ptr<Preferences> preferences;
    LiveWorkspace* live;
    ModelsWorkspace* models;
    TrainingWorkspace* training;
    std::unique_ptr<MainWindow> window;

private:
    QString folder_;
};

} // namespace livegloss::ui::testing
