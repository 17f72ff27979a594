#pragma once

#include "session/live_session.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

class QWidget;

namespace livegloss::ui {

class SessionBridge;
class ModelPicker;

/// What was recognised of one source, and what a file about it says besides.
struct RecognisedGlosses {
    session::Snapshot snapshot;
    std::string input; ///< path of a file, else the source's name: an address may hold a password
    bool isFile = false;
    std::string model; ///< path
    double fps = 0.0;  ///< of the model

    /// The offline pass where there is one, with what it took away.
    const session::CaptionList& list() const { return snapshot.offline ? snapshot.offline : snapshot.committed; }
    /// Glosses that a saved file holds.
    std::size_t count() const;
};

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
    /// What the history shows now.
    RecognisedGlosses present() const;
    void save();
    /// As save(), for glosses that began to come at `since`. False where they were not saved.
    bool saveAs(const RecognisedGlosses& glosses, const QDateTime& since);

    QString lastFolder() const { return lastFolder_; }
    void setLastFolder(const QString& folder) { lastFolder_ = folder; }

Q_SIGNALS:
    /// `tip` says how many glosses went where.
    void saved(const QString& tip);
    /// save() has written what the history showed when it was called.
    void presentSaved(const livegloss::ui::RecognisedGlosses& glosses);

private:
    QString suggestion(const RecognisedGlosses& glosses, const QDateTime& since) const;

    const SessionBridge& bridge_;
    const ModelPicker& models_;
    QWidget* window_;
    Ask ask_;
    Refuse refuse_;
    QString lastFolder_;
};

} // namespace livegloss::ui
