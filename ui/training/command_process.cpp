#include "ui/training/command_process.h"

#include "base/error_keys.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QProcess>
#include <QRegularExpression>

#include <utility>

#ifdef Q_OS_UNIX
#include <csignal>
#include <sys/resource.h>
#endif

namespace livegloss::ui {

namespace {

constexpr int cancelledCode = 130;
constexpr int mostOutput = 4000; ///< characters that are kept of what a command wrote for people
#ifdef Q_OS_UNIX
constexpr int lowPriority = 10;
#endif

Error errorOf(const QJsonObject& event) {
    return {errorCodeOf(event[QLatin1String("code")].toString().toStdString()),
            event[QLatin1String("message")].toString().toStdString(),
            event[QLatin1String("hint")].toString().toStdString()};
}

} // namespace

CommandProcess::CommandProcess(QObject* parent) : QObject(parent) {}

CommandProcess::~CommandProcess() {
    letGo();
}

/// QProcess would kill what still runs; a training run needs the time for its checkpoint.
void CommandProcess::letGo() {
    if (process_ == nullptr) {
        return;
    }
    process_->disconnect(this);
    // By its input alone: Ctrl+C in the terminal has interrupted it already, and a second interrupt ends it at once.
    process_->closeWriteChannel();
    connect(process_, &QProcess::finished, process_, &QObject::deleteLater);
    process_->setParent(nullptr);
    process_ = nullptr;
}

void CommandProcess::start(const QString& program, const QStringList& arguments) {
    letGo();
    program_ = program;
    line_.clear();
    output_.clear();
    told_ = {};
    isTold_ = false;
    killed_ = false;
    interrupted_ = false;
    process_ = new QProcess(this);
#ifdef Q_OS_UNIX
    process_->setChildProcessModifier([] { ::setpriority(PRIO_PROCESS, 0, lowPriority); });
#endif
    connect(process_, &QProcess::readyReadStandardOutput, this, &CommandProcess::readEvents);
    connect(process_, &QProcess::readyReadStandardError, this, &CommandProcess::readOutput);
    connect(process_, &QProcess::finished, this,
            [this](int code, QProcess::ExitStatus status) { finish(status == QProcess::CrashExit, code); });
    connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError problem) {
        if (problem == QProcess::FailedToStart) {
            const bool there = QFileInfo(program_).isFile();
            const QString why = process_->errorString();
            end({CommandOutcome::End::Failed,
                 there ? CommandOutcome::Failing::NotStarted : CommandOutcome::Failing::Missing,
                 {ErrorCode::NotFound, program_.toStdString(), {}},
                 why});
        }
    });
    process_->start(program, arguments);
}

void CommandProcess::stop() {
    if (process_ == nullptr || std::exchange(interrupted_, true)) {
        return; // a second interrupt would end the command without its checkpoint
    }
#ifdef Q_OS_UNIX
    if (process_->processId() > 0) {
        ::kill(static_cast<pid_t>(process_->processId()), SIGINT);
    }
#endif
    process_->closeWriteChannel(); // the command stops with its input too
}

void CommandProcess::kill() {
    if (process_ != nullptr) {
        killed_ = true;
        process_->kill();
    }
}

void CommandProcess::readEvents() {
    line_ += process_->readAllStandardOutput();
    qsizetype begin = 0;
    for (qsizetype end = line_.indexOf('\n'); end >= 0 && process_ != nullptr; end = line_.indexOf('\n', begin)) {
        const QJsonObject read = QJsonDocument::fromJson(line_.mid(begin, end - begin)).object();
        begin = end + 1;
        if (read[QLatin1String("event")].toString() == QLatin1String("error")) {
            told_ = errorOf(read);
            isTold_ = true;
        } else if (!read.isEmpty()) {
            Q_EMIT event(read);
        }
    }
    line_.remove(0, begin);
}

void CommandProcess::readOutput() {
    output_ += QString::fromUtf8(process_->readAllStandardError());
    output_ = output_.right(mostOutput);
}

void CommandProcess::finish(bool crashed, int code) {
    readEvents();
    readOutput();
    CommandOutcome outcome;
    outcome.output = output_.trimmed();
    if (killed_ || (!crashed && code == cancelledCode)) {
        outcome.end = CommandOutcome::End::Cancelled;
    } else if (crashed) {
        outcome.end = CommandOutcome::End::Failed;
#ifdef Q_OS_UNIX
        outcome.failing = code == SIGKILL ? CommandOutcome::Failing::Killed : CommandOutcome::Failing::Crashed;
#else
        outcome.failing = CommandOutcome::Failing::Crashed;
#endif
    } else if (code != 0) {
        outcome.end = CommandOutcome::End::Failed;
        outcome.error = isTold_ ? told_ : Error{ErrorCode::Internal, outcome.output.toStdString(), {}};
    }
    end(outcome);
}

void CommandProcess::end(const CommandOutcome& outcome) {
    std::exchange(process_, nullptr)->deleteLater();
    Q_EMIT ended(outcome);
}

QString shellCommand(const QString& program, const QStringList& arguments) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    QStringList words;
    for (QString word : QStringList{program} + arguments) {
        if (!plain.match(word).hasMatch()) {
            word = QLatin1Char('\'') + word.replace(QLatin1Char('\''), QLatin1String("'\\''")) + QLatin1Char('\'');
        }
        words.append(word);
    }
    return words.join(QLatin1Char(' '));
}

} // namespace livegloss::ui
