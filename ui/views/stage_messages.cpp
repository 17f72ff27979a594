#include "ui/views/stage_messages.h"

#include "ui/views/source_failures.h"
#include "ui/views/stage_words.h"

#include <QDir>

namespace livegloss::ui {

namespace {

struct Buttons {
    const LiveActions& actions;
    QAction* retry;
    QAction* choose;

    Message::Button tryAgain() const { return {StageMessages::tr("Try Again"), retry}; }
    Message::Button other() const { return {StageMessages::tr("Choose Another Source"), choose}; }
    Message::Button file() const { return {StageMessages::tr("Open File…"), actions[LiveAction::OpenFile]}; }
    Message::Button camera() const { return {StageMessages::tr("Use Camera"), actions[LiveAction::UseCamera]}; }
    Message::Button sample() const { return {StageMessages::tr("Play Sample Clip"), actions[LiveAction::PlaySample]}; }
    Message::Button cancel() const { return {StageMessages::tr("Cancel"), actions[LiveAction::CloseSource]}; }
};

Message emptyStage(const Buttons& buttons) {
    return {QStringLiteral("source"),
            StageMessages::tr("Choose what to recognise"),
            {},
            StageMessages::tr("Drop a video here, or start with one of these:"),
            {buttons.sample(), buttons.file(), buttons.camera()}};
}

Message problemWords(StageProblem problem) {
    Message message;
    message.icon = QStringLiteral("warning");
    message.isError = true;
    switch (problem) {
    case StageProblem::NoCamera:
        message.icon = QStringLiteral("camera");
        message.title = StageMessages::tr("No camera found");
        message.reason = StageMessages::tr("This computer reports no camera, or you may not use it.");
        message.advice =
            StageMessages::tr("Plug a camera in and look again. On Linux your user must belong to the group “video”.");
        break;
    case StageProblem::NoSample:
        message.icon = QStringLiteral("sample");
        message.title = StageMessages::tr("The sample clips are missing");
        message.reason = StageMessages::tr("They belong to the program, but are not where it looks for them.");
        message.advice = StageMessages::tr(
            "Open a video of your own or use a camera. Installing the program again brings the samples back.");
        break;
    default:
        message.title = StageMessages::tr("This cannot be opened");
        message.reason = StageMessages::tr("What was dropped is neither a file nor the address of a stream.");
        message.advice =
            StageMessages::tr("Drop a video file, a model file (.safetensors) or an http or rtsp address.");
    }
    return message;
}

Message problemMessage(StageProblem problem, const Buttons& buttons) {
    Message message = problemWords(problem);
    switch (problem) {
    case StageProblem::NoCamera:
        message.buttons = {{StageMessages::tr("Look Again"), buttons.actions[LiveAction::UseCamera]},
                           buttons.file(),
                           buttons.sample()};
        break;
    case StageProblem::NoSample:
        message.buttons = {buttons.file(), buttons.camera()};
        break;
    default:
        message.buttons = {buttons.file()};
    }
    return message;
}

Message openingMessage(const media::SourceRequest& request, const Buttons& buttons) {
    Message message;
    message.busy = true;
    message.buttons = {buttons.cancel()};
    switch (request.kind) {
    case media::SourceKind::Camera:
        message.icon = QStringLiteral("camera");
        message.title = StageMessages::tr("Waiting for the camera…");
        break;
    case media::SourceKind::Stream:
        message.icon = QStringLiteral("stream");
        message.title = StageMessages::tr("Connecting to the stream…");
        break;
    default:
        message.icon = QStringLiteral("source");
        message.title = StageMessages::tr("Opening the video…");
    }
    return message;
}

Message failedMessage(const Error& error, const media::SourceRequest& request, const Buttons& buttons) {
    const media::SourceKind kind = request.kind;
    if (kind == media::SourceKind::Camera && error.code == ErrorCode::NotFound && request.location.empty()) {
        Message message = problemMessage(StageProblem::NoCamera, buttons);
        message.buttons.front() = buttons.tryAgain();
        return message;
    }
    Message message;
    message.isError = true;
    message.icon = kind == media::SourceKind::Camera ? QStringLiteral("camera") : QStringLiteral("warning");
    const SourceFailure failure = describeSourceFailure(error, kind);
    message.title = failure.title;
    message.reason = failure.reason;
    message.advice = failure.advice;
    message.detail = failure.detail;
    message.buttons = {buttons.tryAgain(), buttons.other()};
    return message;
}

} // namespace

QString problemText(StageProblem problem) {
    const Message words = problemWords(problem);
    return problem == StageProblem::None ? QString() : words.reason + QLatin1Char(' ') + words.advice;
}

std::optional<Message> stageMessage(const session::Snapshot& snapshot,
                                    const std::optional<media::SourceRequest>& request, StageProblem problem,
                                    bool hasPicture, const LiveActions& actions, QAction* retry, QAction* choose) {
    const Buttons buttons{actions, retry, choose};
    if (problem != StageProblem::None && !request) {
        return problemMessage(problem, buttons);
    }
    if (snapshot.state == session::State::Failed && snapshot.error) {
        return failedMessage(*snapshot.error, request.value_or(media::SourceRequest{}), buttons);
    }
    if (!request) {
        return emptyStage(buttons);
    }
    if (!hasPicture && snapshot.state != session::State::Ended) {
        return openingMessage(*request, buttons);
    }
    return std::nullopt;
}

} // namespace livegloss::ui
