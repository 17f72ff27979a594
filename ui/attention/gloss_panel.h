#pragma once

#include "session/live_session.h"
#include "ui/attention/attention_view.h"
#include "ui/attention/cell_row.h"
#include "ui/sheets/gloss_sheet.h"

#include <QTimer>
#include <QWidget>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace livegloss::ui {

/// One recognised gloss: its span, what else it could have been, and where the network looked meanwhile.
class GlossPanel final : public QWidget {
    Q_OBJECT
public:
    using ChooseFile = std::function<QString(QWidget* parent, const QString& suggested)>;
    using Study = std::function<Result<attention::SpanStudy>(const attention::SpanJob& job)>;

    explicit GlossPanel(QWidget* parent = nullptr);
    ~GlossPanel() override;
    /// Tests put their own in.
    void setServices(ChooseFile choose, Study study);

    /// `file`: nothing for sources that cannot be read again.
    void setClip(const std::optional<std::filesystem::path>& file, const QString& name);
    void setModel(const engine::LoadedModelPtr& model);
    void setView(const attention::View& view, const AttentionStyle& style);
    void setGlosses(const std::vector<session::CaptionGloss>& glosses);
    /// Shows the gloss with this id, or the newest.
    void choose(std::int64_t id);

    bool running() const { return cancel_ != nullptr; }
    const std::optional<GlossMaterial>& material() const { return material_; }
    QComboBox* box() { return box_; }
    QPushButton* cancelButton() { return cancelButton_; }
    QPushButton* saveButton() { return save_; }
    QLabel* facts() { return facts_; }
    QLabel* note() { return note_; }
    CellRow* strongest() { return strongest_; }
    CellRow* seconds() { return seconds_; }

Q_SIGNALS:
    void momentChosen(livegloss::MediaTime time);

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    const session::CaptionGloss* chosen() const;
    void fill();
    void cancel();
    /// Studies the chosen gloss anew, once choices have settled.
    void renew();
    void study();
    void finish(const session::CaptionGloss& gloss, const Result<attention::SpanStudy>& studied);
    void showMaterial();
    void save();
    void setNote(const QString& text, bool warning);
    void updateControls();
    void retranslate();

    ChooseFile choose_;
    Study study_;
    std::optional<std::filesystem::path> file_;
    QString clip_;
    engine::LoadedModelPtr model_;
    attention::View view_;
    std::vector<session::CaptionGloss> glosses_;
    std::optional<GlossMaterial> material_;
    std::shared_ptr<std::atomic<bool>> cancel_; ///< while it runs
    QTimer settling_;
    bool filling_ = false;
    QLabel* heading_;
    QComboBox* box_;
    QProgressBar* progress_;
    QPushButton* cancelButton_;
    QLabel* facts_;
    QLabel* meanHeading_;
    CellRow* mean_;
    QLabel* strongestHeading_;
    CellRow* strongest_;
    QLabel* definition_;
    QLabel* secondsHeading_;
    CellRow* seconds_;
    QPushButton* save_;
    QLabel* note_;
};

} // namespace livegloss::ui
