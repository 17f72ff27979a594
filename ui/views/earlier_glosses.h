#pragma once

#include "ui/views/gloss_journal.h"

#include <QDateTime>
#include <QMenu>
#include <QObject>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::ui {

/// Keeps what was recognised from cameras and streams until it is saved: unlike a file they do not come again. A menu
/// offers what another source, model or start has taken from the history, and closing asks about all of it.
class EarlierGlosses final : public QObject {
    Q_OBJECT
public:
    enum class Answer { Save, Discard, Cancel };
    /// What becomes of unsaved glosses; `list` says which there are.
    using Question = std::function<Answer(QWidget* window, const QString& list)>;

    EarlierGlosses(const SessionBridge& bridge, GlossExport& glossExport, QWidget* window);
    ~EarlierGlosses() override;

    /// An entry for each, which saves it; its own entry in a menu hides while there are none.
    QMenu* menu() { return &menu_; }
    /// Before the window closes: false keeps it open.
    bool prepareClose();
    /// From now on a file in `folder` holds what is unsaved, and what programs that ended without asking have left
    /// there is in the menu. Call once.
    void keepIn(const QString& folder);
    /// Writes that file now, for a program that ends at once.
    void keepNow();
    /// Instead of the program's dialog.
    void setQuestion(Question question) { question_ = std::move(question); }
    void retranslate();

Q_SIGNALS:
    /// Glosses of a program that ended without asking were found.
    void recovered(const QString& tip);

private:
    struct Kept : UnsavedGlosses {
        int number = 0; ///< each its own
    };

    void follow();
    void presentSaved(const RecognisedGlosses& glosses);
    void beginSource();
    void setAside();
    void writeJournal();
    void writeJournalSoon();
    bool unsavedNow() const;
    bool save(const Kept& kept);
    void forget(int number);
    void fillMenu();

    const SessionBridge& bridge_;
    GlossExport& export_;
    QWidget* window_;
    Question question_;
    QMenu menu_;
    std::optional<Kept> now_;
    std::vector<std::string> savedNow_; ///< texts of `now_` that a file holds
    std::int64_t listBefore_ = 0;       ///< the list of the source before, see listOf()
    std::vector<Kept> earlier_;
    int lists_ = 0;
    std::unique_ptr<GlossJournal> journal_;
    QTimer journalTimer_;
    bool discarded_ = false; ///< the question was answered so, and nothing came since
};

} // namespace livegloss::ui
