#pragma once

#include "ui/actions/live_actions.h"
#include "ui/bridge/engine_services.h"
#include "ui/views/resource_locations.h"

#include <QMenu>
#include <QObject>
#include <QUrl>

#include <vector>

namespace livegloss::ui {

/// Lets a person choose what is recognised: sample clips, a file, a camera, a stream, the test pattern. Owns the menu
/// that toolbar and menu bar share. Cameras are looked for off the GUI thread.
class SourcePicker final : public QObject {
    Q_OBJECT
public:
    /// `recent` is shown below the entry for files.
    SourcePicker(const LiveActions& actions, EngineServices services, ResourceLocations resources, QMenu* recent,
                 QWidget* window);

    QMenu* menu() { return &menu_; }
    /// Where the next file is looked for.
    QString lastFolder() const { return lastFolder_; }
    void setLastFolder(const QString& folder) { lastFolder_ = folder; }
    /// Samples that are really there.
    QStringList samples() const;
    void playSample(int index);
    /// Looks for cameras and uses the first, or says that there is none.
    void useFirstCamera();
    /// Video, stream address or model dropped on the window; false when it is none of these.
    bool openDropped(const QUrl& url);
    static bool isModelFile(const QString& path);
    /// A file that has to be imported before it is a model.
    static bool isCheckpoint(const QString& path);
    void retranslate();

Q_SIGNALS:
    void sourceChosen(const livegloss::media::SourceRequest& source);
    void modelDropped(const QString& path);
    void checkpointDropped(const QString& path);
    void noCameraFound();
    void noSampleFound();

private:
    void buildMenu();
    void refreshCameras();
    void showCameras(const std::vector<media::CameraDevice>& cameras);
    void takeModelFile(const QString& path);
    void chooseFile();
    void chooseAddress();
    void choose(media::SourceKind kind, const QString& location);

    const LiveActions& actions_;
    EngineServices services_;
    ResourceLocations resources_;
    QMenu* recent_;
    QWidget* window_;
    QMenu menu_;
    QString lastFolder_;
    QMenu* cameraMenu_ = nullptr;
    bool lookingForCameras_ = false;
    bool wantsCamera_ = false; ///< the first one found is to be used
};

} // namespace livegloss::ui
