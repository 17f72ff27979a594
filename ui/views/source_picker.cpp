#include "ui/views/source_picker.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/address_dialog.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/style/icons.h"

#include <QFileInfo>

#include <utility>

namespace livegloss::ui {

namespace {

const QString testPattern = QStringLiteral("testsrc=size=640x480:rate=25");

QString videoFilter() {
    return SourcePicker::tr("Videos") +
           QStringLiteral(
               " (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.mpg *.mpeg *.ts *.mts *.flv *.3gp *.ogv *.wmv *.mjpeg);;") +
           SourcePicker::tr("All files") + QStringLiteral(" (*)");
}

} // namespace

SourcePicker::SourcePicker(const LiveActions& actions, EngineServices services, ResourceLocations resources,
                           QMenu* recent, QWidget* window)
    : QObject(window),
      actions_(actions),
      services_(std::move(services)),
      resources_(std::move(resources)),
      recent_(recent),
      window_(window) {
    menu_.setObjectName(QStringLiteral("sourceMenu"));
    menu_.setToolTipsVisible(true);
    connect(actions_[LiveAction::PlaySample], &QAction::triggered, this, [this] { playSample(0); });
    connect(actions_[LiveAction::OpenFile], &QAction::triggered, this, &SourcePicker::chooseFile);
    connect(actions_[LiveAction::UseCamera], &QAction::triggered, this, &SourcePicker::useFirstCamera);
    connect(actions_[LiveAction::OpenStream], &QAction::triggered, this, &SourcePicker::chooseAddress);
    connect(actions_[LiveAction::OpenPattern], &QAction::triggered, this,
            [this] { choose(media::SourceKind::TestPattern, testPattern); });
    connect(&menu_, &QMenu::aboutToShow, this, &SourcePicker::refreshCameras);
    buildMenu();
}

QStringList SourcePicker::samples() const {
    QStringList present;
    for (const QString& path : resources_.samples) {
        if (QFileInfo::exists(path)) {
            present.append(path);
        }
    }
    return present;
}

void SourcePicker::playSample(int index) {
    const QStringList present = samples();
    if (index >= present.size()) {
        Q_EMIT noSampleFound();
        return;
    }
    choose(media::SourceKind::File, present.at(index));
}

void SourcePicker::useFirstCamera() {
    wantsCamera_ = true;
    refreshCameras();
}

bool SourcePicker::isModelFile(const QString& path) {
    return path.endsWith(QStringLiteral(".safetensors"), Qt::CaseInsensitive);
}

bool SourcePicker::isCheckpoint(const QString& path) {
    static const QStringList endings{QStringLiteral("pt"), QStringLiteral("pth"), QStringLiteral("ckpt"),
                                     QStringLiteral("bin")};
    return endings.contains(QFileInfo(path).suffix(), Qt::CaseInsensitive);
}

bool SourcePicker::openDropped(const QUrl& url) {
    if (url.isLocalFile()) {
        const QString path = url.toLocalFile();
        if (isModelFile(path)) {
            takeModelFile(path);
        } else if (isCheckpoint(path)) {
            Q_EMIT checkpointDropped(path);
        } else {
            choose(media::SourceKind::File, path);
        }
        return true;
    }
    const media::SourceRequest request = media::parseSource(url.toString().toStdString());
    if (request.kind != media::SourceKind::Stream) {
        return false;
    }
    choose(request.kind, QString::fromStdString(request.location));
    return true;
}

void SourcePicker::retranslate() {
    buildMenu();
}

void SourcePicker::buildMenu() {
    menu_.clear();
    delete cameraMenu_;
    const QStringList present = samples();
    for (int index = 0; index < present.size(); ++index) {
        QAction* sample = menu_.addAction(icon(QStringLiteral("sample")), tr("Sample %1").arg(index + 1));
        sample->setObjectName(QStringLiteral("sample-%1").arg(index + 1));
        sample->setToolTip(tr("A clip of the synthetic signer that comes with the program"));
        connect(sample, &QAction::triggered, this, [this, index] { playSample(index); });
    }
    if (present.isEmpty()) {
        menu_.addAction(actions_[LiveAction::PlaySample]);
    }
    menu_.addSeparator();
    menu_.addAction(actions_[LiveAction::OpenFile]);
    menu_.addMenu(recent_);
    cameraMenu_ = menu_.addMenu(icon(QStringLiteral("camera")), tr("Camera"));
    cameraMenu_->setObjectName(QStringLiteral("cameraMenu"));
    cameraMenu_->addAction(actions_[LiveAction::UseCamera]);
    menu_.addAction(actions_[LiveAction::OpenStream]);
    menu_.addAction(actions_[LiveAction::OpenPattern]);
    menu_.addSeparator();
    menu_.addAction(actions_[LiveAction::CloseSource]);
}

void SourcePicker::refreshCameras() {
    if (lookingForCameras_) {
        return;
    }
    lookingForCameras_ = true;
    runInBackground(this, services_.listCameras, [this](const std::vector<media::CameraDevice>& cameras) {
        lookingForCameras_ = false;
        showCameras(cameras);
        if (!std::exchange(wantsCamera_, false)) {
            return;
        }
        if (cameras.empty()) {
            Q_EMIT noCameraFound();
        } else {
            choose(media::SourceKind::Camera, QString::fromStdString(cameras.front().address));
        }
    });
}

void SourcePicker::showCameras(const std::vector<media::CameraDevice>& cameras) {
    cameraMenu_->clear();
    if (cameras.empty()) {
        cameraMenu_->addAction(tr("No camera found"))->setEnabled(false);
    }
    for (const media::CameraDevice& camera : cameras) {
        const QString address = QString::fromStdString(camera.address);
        QAction* use = cameraMenu_->addAction(icon(QStringLiteral("camera")), QString::fromStdString(camera.name));
        connect(use, &QAction::triggered, this, [this, address] { choose(media::SourceKind::Camera, address); });
    }
    cameraMenu_->addSeparator();
    cameraMenu_->addAction(actions_[LiveAction::UseCamera]);
}

/// Another program's weights may have the ending of our models: those have to be imported.
void SourcePicker::takeModelFile(const QString& path) {
    if (!services_.readModelCard) {
        Q_EMIT modelDropped(path);
        return;
    }
    importing::ImportOptions options;
    options.checkpoint = std::filesystem::path(path.toStdU16String());
    runInBackground(
        this,
        [read = services_.readModelCard, import = services_.openImport, options] {
            return !read(options.checkpoint) && import && import(options).has_value();
        },
        [this, path](bool hasToBeImported) {
            if (hasToBeImported) {
                Q_EMIT checkpointDropped(path);
            } else {
                Q_EMIT modelDropped(path);
            }
        });
}

void SourcePicker::chooseFile() {
    const QString path =
        askForFile(window_, tr("Open Video File"), videoFilter(), lastFolder_, QStandardPaths::MoviesLocation);
    if (!path.isEmpty()) {
        lastFolder_ = folderOf(path);
        choose(media::SourceKind::File, path);
    }
}

void SourcePicker::chooseAddress() {
    AddressDialog dialog(window_);
    if (dialog.exec() == QDialog::Accepted) {
        choose(media::SourceKind::Stream, dialog.address());
    }
}

void SourcePicker::choose(media::SourceKind kind, const QString& location) {
    wantsCamera_ = false; // what is chosen while cameras are looked for counts
    Q_EMIT sourceChosen({kind, location.toStdString()});
}

} // namespace livegloss::ui
