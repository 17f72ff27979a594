#include "ui/views/earlier_glosses.h"

#include "ui/bridge/session_bridge.h"
#include "ui/style/icons.h"

#include <QLocale>
#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace livegloss::ui {

namespace {

/// Between writes of the journal while glosses come.
constexpr int journalMs = 3000;

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
        .arg(QString::fromStdString(glosses.input),
             since.date() == QDate::currentDate() ? QLocale().toString(since.time(), QLocale::ShortFormat)
                                                  : QLocale().toString(since, QLocale::ShortFormat),
             QString::number(glosses.count()));
}

/// Which list it is: its first gloss, whose number no other list has; -1 where only the offline pass found any; 0:
/// none.
std::int64_t listOf(const session::Snapshot& snapshot) {
    if (!snapshot.committed->empty()) {
        return snapshot.committed->front().id;
    }
    return snapshot.offline && !snapshot.offline->empty() ? -1 : 0;
}

std::vector<std::string> textsOf(const RecognisedGlosses& glosses) {
    std::vector<std::string> texts;
    for (const session::CaptionGloss& gloss : *glosses.list()) {
        if (gloss.change != session::OfflineChange::Removed) {
            texts.push_back(gloss.text);
        }
    }
    return texts;
}

} // namespace

EarlierGlosses::EarlierGlosses(const SessionBridge& bridge, GlossExport& glossExport, QWidget* window)
    : QObject(window), bridge_(bridge), export_(glossExport), window_(window), question_(ask) {
    menu_.setObjectName(QStringLiteral("earlierGlosses"));
    menu_.setToolTipsVisible(true);
    menu_.setIcon(icon(QStringLiteral("history")));
    connect(&bridge_, &SessionBridge::captionsChanged, this, &EarlierGlosses::follow);
    connect(&bridge_, &SessionBridge::sourceRequested, this, &EarlierGlosses::beginSource);
    connect(&export_, &GlossExport::presentSaved, this, &EarlierGlosses::presentSaved);
    journalTimer_.setSingleShot(true);
    journalTimer_.setInterval(journalMs);
    connect(&journalTimer_, &QTimer::timeout, this, &EarlierGlosses::writeJournal);
    retranslate();
}

EarlierGlosses::~EarlierGlosses() {
    if (journalTimer_.isActive()) {
        writeJournal(); // what was saved or given up on closing is in it no longer
    }
}

void EarlierGlosses::keepIn(const QString& folder) {
    journal_ = std::make_unique<GlossJournal>(folder);
    std::size_t count = 0;
    for (UnsavedGlosses& left : journal_->takeOver()) {
        count += left.glosses.count();
        earlier_.push_back({std::move(left), ++lists_});
    }
    if (count > 0) {
        writeJournal();
        fillMenu();
        Q_EMIT recovered(
            tr("Glosses that were not saved last time: %1 (File, Earlier Glosses)").arg(QString::number(count)));
    }
}

void EarlierGlosses::keepNow() {
    writeJournal();
    if (journal_) {
        journal_->flush();
    }
}

void EarlierGlosses::writeJournal() {
    journalTimer_.stop();
    if (!journal_) {
        return;
    }
    std::vector<UnsavedGlosses> unsaved;
    if (!discarded_) {
        unsaved.assign(earlier_.begin(), earlier_.end());
        if (unsavedNow()) {
            unsaved.push_back(*now_);
        }
    }
    journal_->write(unsaved);
}

void EarlierGlosses::writeJournalSoon() {
    if (journal_ && !journalTimer_.isActive()) {
        journalTimer_.start();
    }
}

/// The lists are cleared by the session, some time after what clears them was asked for.
void EarlierGlosses::follow() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const std::int64_t list = listOf(snapshot);
    if (list == 0) {
        setAside();
        listBefore_ = 0;
        return;
    }
    if (list == listBefore_) {
        return;
    }
    if (now_ && listOf(now_->glosses.snapshot) != list) {
        setAside();
    }
    const auto& request = bridge_.request();
    const bool comesAgain = !request || request->kind == media::SourceKind::File ||
                            request->kind == media::SourceKind::TestPattern || snapshot.source.seekable;
    if (!comesAgain) {
        if (!now_) {
            now_ = Kept{{{}, QDateTime::currentDateTime()}, ++lists_};
        }
        now_->glosses = export_.present();
        discarded_ = false;
        writeJournalSoon();
    }
}

void EarlierGlosses::beginSource() {
    setAside();
    listBefore_ = listOf(bridge_.snapshot());
}

/// The list may have been taken from the history while it was asked where to save it.
void EarlierGlosses::presentSaved(const RecognisedGlosses& glosses) {
    const std::int64_t list = listOf(glosses.snapshot);
    const std::vector<std::string> texts = textsOf(glosses);
    if (now_ && listOf(now_->glosses.snapshot) == list) {
        savedNow_ = texts;
    }
    std::erase_if(earlier_, [&](const Kept& kept) {
        return listOf(kept.glosses.snapshot) == list && textsOf(kept.glosses) == texts;
    });
    fillMenu();
    writeJournalSoon();
}

bool EarlierGlosses::unsavedNow() const {
    return now_ && now_->glosses.count() > 0 && textsOf(now_->glosses) != savedNow_;
}

void EarlierGlosses::setAside() {
    if (unsavedNow()) {
        earlier_.push_back(std::move(*now_));
        fillMenu();
        writeJournalSoon();
    }
    now_.reset();
    savedNow_.clear();
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
        writeJournalSoon();
        return discarded_;
    }
    while (!earlier_.empty()) {
        const Kept kept = earlier_.front(); // more may come while the dialog is open
        if (!save(kept)) {
            return false;
        }
        forget(kept.number);
    }
    if (unsavedNow()) {
        const Kept kept = *now_;
        if (!save(kept)) {
            return false;
        }
        presentSaved(kept.glosses);
        return prepareClose(); // recognition goes on while it is asked where to save
    }
    return true;
}

void EarlierGlosses::forget(int number) {
    std::erase_if(earlier_, [number](const Kept& kept) { return kept.number == number; });
    fillMenu();
    writeJournalSoon();
}

void EarlierGlosses::fillMenu() {
    menu_.clear();
    for (std::size_t index = 0; index < earlier_.size(); ++index) {
        const Kept& kept = earlier_[index];
        QAction* entry = menu_.addAction(
            describe(kept.glosses, kept.since).replace(QLatin1Char('&'), QLatin1String("&&")) + QStringLiteral("…"));
        entry->setToolTip(tr("Save these glosses; they are kept until they are saved or given up"));
        connect(entry, &QAction::triggered, this, [this, number = kept.number] {
            const auto found = std::ranges::find(earlier_, number, &Kept::number);
            if (found != earlier_.end() && save(Kept(*found))) {
                forget(number);
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
