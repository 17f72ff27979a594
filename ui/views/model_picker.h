#pragma once

#include "ui/actions/live_actions.h"
#include "ui/bridge/engine_services.h"

#include <QMenu>
#include <QObject>

#include <optional>

namespace livegloss::ui {

/// What the window says about the model in use.
struct ModelInfo {
    QString name;
    QString path;
    bool isDemo = false;
    double fps = 0.0;
    int signCount = 0;      ///< glosses without the blank
    QStringList vocabulary; ///< empty when the model brings no names
    QString signLanguage;
    QString licence;
};

/// Loads models off the GUI thread and remembers the one in use. A failed load leaves it as it was.
class ModelPicker final : public QObject {
    Q_OBJECT
public:
    ModelPicker(const LiveActions& actions, EngineServices services, QString demoModel, QWidget* window);

    QMenu* menu() { return &menu_; }
    /// Where the next file is looked for.
    QString lastFolder() const { return lastFolder_; }
    void setLastFolder(const QString& folder) { lastFolder_ = folder; }
    void load(const QString& path);
    void loadDemo();
    /// As load(), with the demo model where it fails; problem() then still says why, and demoInstead() is true.
    void loadOrDemo(const QString& path);
    /// Loads once more what is being loaded or in use.
    void reload();
    bool demoInstead() const { return problem_ && current_ && current_->isDemo && fellBack_; }
    bool loading() const { return loadingPath_.has_value(); }
    /// The file that is being loaded.
    QString loadingPath() const { return loadingPath_.value_or(QString()); }
    /// The file that problem() is about.
    const QString& problemPath() const { return problemPath_; }
    const std::optional<ModelInfo>& current() const { return current_; }
    /// Why the last load failed; empty after a success.
    const std::optional<Error>& problem() const { return problem_; }
    /// One line for the status line: "This demo model knows 24 signs of a synthetic signer".
    QString describe() const;

Q_SIGNALS:
    void modelLoaded(livegloss::engine::LoadedModelPtr model);
    /// loading(), current() or problem() changed.
    void changed();

private:
    void begin(const QString& path);
    void chooseFile();
    void finish(int request, const QString& path, const Result<engine::LoadedModelPtr>& result);

    const LiveActions& actions_;
    EngineServices services_;
    QString demoModel_;
    QWidget* window_;
    QMenu menu_;
    QString lastFolder_;
    std::optional<QString> loadingPath_;
    int request_ = 0;       ///< the newest; results of older ones are discarded
    bool orDemo_ = false;   ///< if the load in progress fails
    bool fellBack_ = false; ///< problem() made the demo model take over
    std::optional<ModelInfo> current_;
    std::optional<Error> problem_;
    QString problemPath_;
};

} // namespace livegloss::ui
