#pragma once

#include "session/caption.h"

#include <QObject>
#include <QString>

#include <functional>
#include <vector>

class QWidget;

namespace livegloss::session {
struct GlossReport;
}

namespace livegloss::ui {

class SessionBridge;
class ModelPicker;

/// Writes the glosses of the history to a file: subtitles, a table, CTM, JSON or plain text, by the name's ending.
class GlossExport final : public QObject {
    Q_OBJECT
public:
    /// Asks for a path, beginning with a suggestion; empty when it was cancelled.
    using Ask = std::function<QString(QWidget* window, const QString& suggestion)>;
    /// Tells why nothing was written.
    using Refuse = std::function<void(QWidget* window, const QString& title, const QString& why)>;

    GlossExport(const SessionBridge& bridge, const ModelPicker& models, QWidget* window);

    /// Instead of the desktop's dialogs.
    void setServices(Ask ask, Refuse refuse);
    void save();

    QString lastFolder() const { return lastFolder_; }
    void setLastFolder(const QString& folder) { lastFolder_ = folder; }

Q_SIGNALS:
    /// `tip` says how many glosses went where.
    void saved(const QString& tip);

private:
    session::GlossReport report() const;
    QString suggestion() const;

    const SessionBridge& bridge_;
    const ModelPicker& models_;
    QWidget* window_;
    Ask ask_;
    Refuse refuse_;
    QString lastFolder_;
};

} // namespace livegloss::ui
