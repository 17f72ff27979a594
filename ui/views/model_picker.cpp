#include "ui/views/model_picker.h"

#include "ui/bridge/background.h"
#include "ui/dialogs/file_dialogs.h"

#include <QFileInfo>

#include <utility>

namespace livegloss::ui {

namespace {

ModelInfo infoOf(const model::ModelConfig& config, const QString& path, bool isDemo) {
    ModelInfo info;
    info.path = path;
    info.isDemo = isDemo;
    info.name = config.name.empty() ? QFileInfo(path).completeBaseName() : QString::fromStdString(config.name);
    info.fps = config.fps;
    info.signCount = std::max(0, config.classes - 1);
    info.signLanguage = QString::fromStdString(config.signLanguage);
    info.licence = QString::fromStdString(config.licence);
    for (std::size_t index = 1; index < config.vocabulary.size(); ++index) {
        info.vocabulary.append(QString::fromStdString(config.vocabulary[index]));
    }
    return info;
}

} // namespace

ModelPicker::ModelPicker(const LiveActions& actions, EngineServices services, QString demoModel, QWidget* window)
    : QObject(window),
      actions_(actions),
      services_(std::move(services)),
      demoModel_(std::move(demoModel)),
      window_(window) {
    menu_.setObjectName(QStringLiteral("modelMenu"));
    menu_.addAction(actions_[LiveAction::UseDemoModel]);
    menu_.addAction(actions_[LiveAction::OpenModel]);
    menu_.addSeparator();
    menu_.addAction(actions_[LiveAction::ManageModels]);
    connect(actions_[LiveAction::UseDemoModel], &QAction::triggered, this, &ModelPicker::loadDemo);
    connect(actions_[LiveAction::OpenModel], &QAction::triggered, this, &ModelPicker::chooseFile);
}

void ModelPicker::loadDemo() {
    load(demoModel_);
}

void ModelPicker::load(const QString& path) {
    orDemo_ = false;
    fellBack_ = false;
    problem_.reset();
    begin(path);
}

void ModelPicker::loadOrDemo(const QString& path) {
    load(path);
    orDemo_ = path != demoModel_;
}

void ModelPicker::reload() {
    if (loadingPath_) {
        begin(*loadingPath_);
    } else if (demoInstead()) {
        loadOrDemo(problemPath_);
    } else if (current_) {
        load(current_->path);
    }
}

void ModelPicker::begin(const QString& path) {
    loadingPath_ = path;
    const int request = ++request_;
    Q_EMIT changed();
    const std::filesystem::path file(path.toStdU16String());
    runInBackground(
        this, [loadModel = services_.loadModel, file] { return loadModel(file); },
        [this, request, path](const Result<engine::LoadedModelPtr>& result) { finish(request, path, result); });
}

void ModelPicker::finish(int request, const QString& path, const Result<engine::LoadedModelPtr>& result) {
    if (request != request_) {
        return;
    }
    loadingPath_.reset();
    if (result) {
        current_ = infoOf((*result)->config(), path, path == demoModel_);
        Q_EMIT modelLoaded(*result);
    } else {
        problem_ = result.error();
        problemPath_ = path;
        if (std::exchange(orDemo_, false)) {
            fellBack_ = true;
            begin(demoModel_);
            return;
        }
    }
    Q_EMIT changed();
}

void ModelPicker::chooseFile() {
    const QString path = askForFile(window_, tr("Open Model File"), tr("Models") + QStringLiteral(" (*.safetensors)"),
                                    lastFolder_, QStandardPaths::DownloadLocation);
    if (!path.isEmpty()) {
        lastFolder_ = folderOf(path);
        load(path);
    }
}

QString ModelPicker::describe() const {
    if (loading()) {
        return tr("Loading the model…");
    }
    if (!current_) {
        return tr("No model loaded");
    }
    if (current_->isDemo) {
        return tr("This demo model knows %1 signs of a synthetic signer").arg(current_->signCount);
    }
    return current_->signLanguage.isEmpty()
               ? tr("%1 knows %2 signs").arg(current_->name).arg(current_->signCount)
               : tr("%1 knows %2 signs (%3)").arg(current_->name).arg(current_->signCount).arg(current_->signLanguage);
}

} // namespace livegloss::ui
