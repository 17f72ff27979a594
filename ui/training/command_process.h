#pragma once

#include "base/result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QObject>
#include <QStringList>

class QProcess;

namespace livegloss::ui {

/// How a command ended.
struct CommandOutcome {
    enum class End { Done, Cancelled, Failed };
    enum class Failing {
        Told,       ///< the command said why
        Missing,    ///< the program is not there
        NotStarted, ///< it is there, but does not start
        Killed,     ///< ended from outside, mostly because memory ran short
        Crashed,
    };
    End end = End::Done;
    Failing failing = Failing::Told;
    Error error;    ///< Failed, as the command told it
    QString output; ///< the last lines that it wrote for people
};

/// livegloss-cli with --events in a process of its own: what goes wrong there leaves the window as it is. It runs with
/// less priority than the window, and ends by itself, with a checkpoint, when this program is gone. GUI thread.
class CommandProcess final : public QObject {
    Q_OBJECT
public:
    explicit CommandProcess(QObject* parent = nullptr);
    /// A command that still runs is told to stop and left to do so.
    ~CommandProcess() override;

    void start(const QString& program, const QStringList& arguments);
    bool running() const { return process_ != nullptr; }
    /// As Ctrl+C does; only the first call counts.
    void stop();
    /// At once; counts as cancelled.
    void kill();

Q_SIGNALS:
    void event(const QJsonObject& event);
    void ended(const livegloss::ui::CommandOutcome& outcome);

private:
    void readEvents();
    void readOutput();
    void finish(bool crashed, int code);
    void end(const CommandOutcome& outcome);
    void letGo();

    QProcess* process_ = nullptr;
    QString program_;
    QByteArray line_;
    QString output_;
    Error told_;
    bool isTold_ = false;
    bool killed_ = false;
    bool interrupted_ = false;
};

/// The command as a person would type it in a shell.
QString shellCommand(const QString& program, const QStringList& arguments);

} // namespace livegloss::ui
