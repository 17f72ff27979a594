#include "ui/text_format.h"
#include "ui/views/live_workspace.h"

#include <QLocale>

namespace livegloss::ui {

namespace {

QString seconds(MediaTime time) {
    return QLocale().toString(toSeconds(time), 'f', 1);
}

} // namespace

void LiveWorkspace::updatePlaceholder() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const bool over = snapshot.state == session::State::Ended && !snapshot.offlineRunning;
    if (models_.loading() && bridge_.waitsToPlay()) {
        captions_->setPlaceholder(tr("Loading the model… Playback begins as soon as it is there."));
    } else if (models_.loading()) {
        captions_->setPlaceholder(tr("Loading the model…"));
    } else if (!models_.current()) {
        captions_->setPlaceholder(tr("Without a model there are no captions."));
    } else if (over && !snapshot.recognised) {
        captions_->setPlaceholder(tr("Play again to recognise with this model."));
    } else if (over && snapshot.committed->empty()) {
        captions_->setPlaceholder(
            tr("Nothing that the model is sure of. It recognises only the signs of its vocabulary."));
    } else {
        captions_->setPlaceholder(tr("Captions appear here as signs are recognised."));
    }
}

QString LiveWorkspace::modelProblem() const {
    const QString why = withHint(*models_.problem());
    if (models_.demoInstead()) {
        return tr("The model chosen last could not be opened; the demo model is in use. %1").arg(why);
    }
    return models_.current() ? tr("The model could not be opened; the one before stays in use. %1").arg(why)
                             : tr("No model could be opened, so nothing will be recognised. %1").arg(why);
}

/// What is missing of a damaged file; empty for a whole one.
QString LiveWorkspace::sourceDamage() const {
    const session::Snapshot& snapshot = bridge_.snapshot();
    if (snapshot.source.live || snapshot.state == session::State::Failed) {
        return {};
    }
    if (snapshot.endsEarly && snapshot.source.duration) {
        return tr("The file ends at %1 s of %2 s: it is damaged or cut off.")
            .arg(seconds(*snapshot.endsEarly), seconds(*snapshot.source.duration));
    }
    return snapshot.statistics.droppedSource > 0
               ? tr("The file is damaged: some of its frames cannot be shown or recognised.")
               : QString();
}

void LiveWorkspace::updateNotice() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    if (problem_ != StageProblem::None && bridge_.request()) {
        notice_->setNotice(problemText(problem_), tr("OK"), &dismissProblem_);
    } else if (models_.problem()) {
        notice_->setNotice(modelProblem(), tr("Open Model File…"), actions_[LiveAction::OpenModel]);
    } else if (snapshot.error && snapshot.state == session::State::Opening) {
        notice_->setNotice(tr("The connection was lost; LiveGloss keeps trying. %1").arg(withHint(*snapshot.error)),
                           tr("Close Source"), actions_[LiveAction::CloseSource]);
    } else if (snapshot.error && snapshot.state != session::State::Failed) {
        // The picture goes on; only recognition has stopped.
        notice_->setNotice(tr("Recognition has stopped. %1").arg(withHint(*snapshot.error)), tr("Open Model File…"),
                           actions_[LiveAction::OpenModel]);
    } else {
        notice_->setNotice(sourceDamage());
    }
}

} // namespace livegloss::ui
