#include "ui/views/earlier_glosses.h"

#include "ui/bridge/session_bridge.h"

#include <QLocale>
#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace livegloss::ui {

namespace {

EarlierGlosses::Answer ask(QWidget* window, const QString& list) {
    QMessageBox box(QMessageBox::Question, EarlierGlosses::tr("Unsaved Glosses"),
                    EarlierGlosses::tr("Save the recognised glosses before closing?"),
                    QMessageBox::Save | QMessageBox::Cancel, window);
    QPushButton* without = box.addButton(EarlierGlosses::tr("Close &Without Saving"), QMessageBox::DestructiveRole);
    box.setDefaultButton(QMessageBox::Save);
    box.setInformativeText(list + QStringLiteral("\n\n") +
                           EarlierGlosses::tr("What a camera or a stream showed cannot be recognised again later."));
    box.exec();
    if (box.clickedButton() == without) {
        return EarlierGlosses::Answer::Discard;
    }
    return box.clickedButton() == box.button(QMessageBox::Save) ? EarlierGlosses::Answer::Save
                                                                : EarlierGlosses::Answer::Cancel;
}

QString describe(const RecognisedGlosses& glosses, const QDateTime& since) {
    return EarlierGlosses::tr("%1, %2, glosses: %3")
        .arg(QString::fromStdString(glosses.input), QLocale().toString(since.time(), QLocale::ShortFormat))
        .arg(glosses.count());
}

} // namespace

EarlierGlosses::EarlierGlosses(const SessionBridge& bridge, GlossExport& glossExport, QWidget* window)
    : QObject(window), bridge_(bridge), export_(glossExport), window_(window), question_(ask) {
    menu_.setObjectName(QStringLiteral("earlierGlosses"));
    menu_.setToolTipsVisible(true);
    connect(&bridge_, &SessionBridge::captionsChanged, this, &EarlierGlosses::follow);
    connect(&bridge_, &SessionBridge::sourceRequested, this, &EarlierGlosses::beginSource);
    connect(&export_, &GlossExport::presentSaved, this, [this](std::size_t glosses) { savedNow_ = glosses; });
    retranslate();
}

/// The lists are cleared by the session, some time after what clears them was asked for.
void EarlierGlosses::follow() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    if (snapshot.committed->empty()) {
        setAside();
        return;
    }
    const std::int64_t first = snapshot.committed->front().id;
    if (first == firstOfBefore_) {
        return;
    }
    if (now_ && now_->glosses.snapshot.committed->front().id != first) {
        setAside();
    }
    const auto& request = bridge_.request();
    const bool comesAgain = !request || request->kind == media::SourceKind::File ||
                            request->kind == media::SourceKind::TestPattern || snapshot.source.seekable;
    if (!comesAgain) {
        const QDateTime since = now_ ? now_->since : QDateTime::currentDateTime();
        now_ = Kept{export_.present(), since};
        discarded_ = false;
    }
}

void EarlierGlosses::beginSource() {
    setAside();
    const session::CaptionList& committed = bridge_.snapshot().committed;
    firstOfBefore_ = committed->empty() ? 0 : committed->front().id;
}

bool EarlierGlosses::unsavedNow() const {
    return now_ && now_->glosses.count() > savedNow_;
}

void EarlierGlosses::setAside() {
    if (unsavedNow()) {
        earlier_.push_back(std::move(*now_));
        fillMenu();
    }
    now_.reset();
    savedNow_ = 0;
}

bool EarlierGlosses::save(const Kept& kept) {
    return export_.saveAs(kept.glosses, kept.since);
}

bool EarlierGlosses::prepareClose() {
    if (discarded_ || (earlier_.empty() && !unsavedNow())) {
        return true;
    }
    QStringList list;
    for (const Kept& kept : earlier_) {
        list.append(describe(kept.glosses, kept.since));
    }
    if (unsavedNow()) {
        list.append(describe(now_->glosses, now_->since));
    }
    const Answer answer = question_(window_, list.join(QLatin1Char('\n')));
    if (answer != Answer::Save) {
        discarded_ = answer == Answer::Discard;
        return discarded_;
    }
    while (!earlier_.empty()) {
        if (!save(earlier_.front())) {
            return false;
        }
        earlier_.erase(earlier_.begin());
        fillMenu();
    }
    if (unsavedNow()) {
        const Kept kept = *now_;
        if (!save(kept)) {
            return false;
        }
        savedNow_ = kept.glosses.count();
    }
    return true;
}

void EarlierGlosses::fillMenu() {
    menu_.clear();
    for (std::size_t index = 0; index < earlier_.size(); ++index) {
        const Kept& kept = earlier_[index];
        QAction* entry = menu_.addAction(describe(kept.glosses, kept.since) + QStringLiteral("…"));
        entry->setToolTip(tr("Save these glosses; they are kept until the window closes"));
        connect(entry, &QAction::triggered, this, [this, since = kept.since] {
            const auto found = std::ranges::find(earlier_, since, &Kept::since);
            if (found != earlier_.end() && save(Kept(*found))) {
                std::erase_if(earlier_, [since](const Kept& other) { return other.since == since; });
                fillMenu();
            }
        });
    }
    menu_.menuAction()->setVisible(!earlier_.empty());
}

void EarlierGlosses::retranslate() {
    menu_.setTitle(tr("&Earlier Glosses"));
    fillMenu();
}

} // namespace livegloss::ui
