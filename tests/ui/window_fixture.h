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
        makeWindow();
        window->resize(1180, 760);
    }
    ~WindowFixture() { destroyWindow(); }

    void makeWindow() {
        store = std::make_unique<QSettings>(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
        preferences = std::make_unique<Preferences>(*store);
        live = new LiveWorkspace(std::make_unique<FakeRecogniser>(script), services, locations, *preferences);
        window = std::make_unique<MainWindow>(live, *preferences);
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
    LiveWorkspace* live = nullptr; ///< owned by the window
    std::unique_ptr<MainWindow> window;
};

} // namespace livegloss::ui::testing
