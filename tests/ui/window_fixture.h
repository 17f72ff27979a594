#pragma once

#include "fake_recogniser.h"
#include "ui/settings/preferences.h"
#include "ui/windows/main_window.h"

#include <QDir>
#include <QFile>
#include <QSettings>
#include <QTemporaryDir>

namespace livegloss::ui::testing {

/// A whole main window over a scripted recogniser, with settings and resources in a folder of its own.
class WindowFixture {
public:
    explicit WindowFixture(bool withResources = true) : script(std::make_shared<FakeRecogniser::Script>()) {
        locations.demoModel = folder.filePath(QStringLiteral("demo.safetensors"));
        locations.samples = {folder.filePath(QStringLiteral("sample-1.mp4")),
                             folder.filePath(QStringLiteral("sample-2.mp4"))};
        if (withResources) {
            for (const QString& sample : locations.samples) {
                QFile file(sample);
                [[maybe_unused]] const bool opened = file.open(QIODevice::WriteOnly);
            }
        }
        services.loadModel = [](const std::filesystem::path& path) -> Result<engine::LoadedModelPtr> {
            if (path.filename() == "broken.safetensors") {
                return failure(ErrorCode::Unreadable, "broken.safetensors: byte 12 is no header");
            }
            return fakeModel({"HOUSE", "RED", "CAR", "TREE"});
        };
        services.listCameras = [this] { return cameras; };
        services.openImport = importing::ModelImport::open;
        services.readModelCard = [](const std::filesystem::path& path) -> Result<ModelCard> {
            if (path.filename() == "broken.safetensors") {
                return failure(ErrorCode::Unreadable, "broken.safetensors: byte 12 is no header");
            }
            if (path.filename().string().starts_with("tower")) {
                return ui::readModelCard(path);
            }
            ModelCard card{fakeModel({"HOUSE", "RED", "CAR", "TREE"})->config(), 1'234'567};
            card.config.name = path.stem().string();
            card.config.patch = 16;
            card.config.resolution = 192;
            card.config.licence = "CC0-1.0";
            card.config.signLanguage = "gsg";
            return card;
        };
        locations.catalogue = QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/catalogue.json");
        locations.modelFolder = folder.filePath(QStringLiteral("models"));
        desktop.open = [this](const QUrl& url) { visited.append(url); };
        desktop.confirmDeletion = [this](QWidget*, const QString&, const QString& detail) {
            asked.append(detail);
            return confirms;
        };
        makeWindow();
        window->resize(1180, 760);
    }
    ~WindowFixture() { destroyWindow(); }

    void makeWindow() {
        store = std::make_unique<QSettings>(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
        preferences = std::make_unique<Preferences>(*store);
        live = new LiveWorkspace(std::make_unique<FakeRecogniser>(script), services, locations, *preferences);
        window = std::make_unique<MainWindow>(live, *preferences);
        models = new ModelsWorkspace(services, {locations.demoModel, locations.catalogue, locations.modelFolder},
                                     desktop, rules);
        window->addModels(models);
        window->show();
    }
    void destroyWindow() {
        window.reset();
        preferences.reset();
        store.reset();
    }
    /// Opens the first sample and lets it play.
    void playFile() {
        live->playSample();
        script->playFile();
        poll();
    }
    /// Shows the script's present state in the window now.
    void poll() { live->bridge().poll(); }
    QAction* action(LiveAction which) { return live->actions()[which]; }

    QTemporaryDir folder;
    std::shared_ptr<FakeRecogniser::Script> script;
    std::vector<media::CameraDevice> cameras;
    EngineServices services;
    ResourceLocations locations;
    std::unique_ptr<QSettings> store;
    std::unique_ptr<Preferences> preferences;
    LiveWorkspace* live = nullptr;     ///< owned by the window
    ModelsWorkspace* models = nullptr; ///< owned by the window
    DesktopServices desktop;
    downloads::DownloadRules rules;
    QList<QUrl> visited; ///< in the browser or file manager
    QStringList asked;   ///< what was said before deleting
    bool confirms = true;
    std::unique_ptr<MainWindow> window;
};

} // namespace livegloss::ui::testing
