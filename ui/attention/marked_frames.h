#pragma once

#include "attention/values_file.h"
#include "ui/attention/attention_view.h"
#include "ui/sheets/attention_sheets.h"

#include <functional>

class QLabel;
class QPushButton;

namespace livegloss::ui {

/// Frames that a person marks for a sheet, and the buttons that write it: pictures, documents or raw values.
class MarkedFrames final : public QWidget {
    Q_OBJECT
public:
    /// Asks for a file's name; empty for none. Tests put their own in.
    using ChooseFile = std::function<QString(QWidget* parent, const QString& suggested)>;

    explicit MarkedFrames(QWidget* parent = nullptr);
    void setChooseFile(ChooseFile choose) { choose_ = std::move(choose); }

    /// The picture on show, perhaps without its attention.
    void setCurrent(const session::Picture& picture);
    /// What the sheet says about itself. Marks of another view are dropped.
    void setSetting(const QString& clip, const model::ModelConfig& model, const attention::View& view,
                    const AttentionStyle& style);
    void clear();
    int count() const { return static_cast<int>(frames_.size()); }
    /// From the first to the last marked frame; nothing with fewer than two.
    std::optional<std::pair<MediaTime, MediaTime>> span() const;
    QPushButton* markButton() { return mark_; }
    QPushButton* clearButton() { return clear_; }
    QPushButton* saveButton() { return save_; }
    QLabel* result() { return result_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void mark();
    void save();
    std::vector<session::Picture> chosen() const;
    void update();

    ChooseFile choose_;
    QString clip_;
    model::ModelConfig model_;
    attention::View view_;
    AttentionStyle style_;
    session::Picture current_;
    std::vector<session::Picture> frames_; ///< in order of time
    QPushButton* mark_;
    QPushButton* clear_;
    QPushButton* save_;
    QLabel* list_;
    QLabel* result_;
};

} // namespace livegloss::ui
