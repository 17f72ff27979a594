#pragma once

#include "ui/attention/attention_view.h"
#include "ui/attention/scale_bars.h"

#include <QScrollArea>

class QComboBox;
class QFormLayout;
class QLabel;
class QSettings;
class QSlider;
class QVBoxLayout;

namespace livegloss::ui {

/// Everything that can be chosen about attention, what it means in a sentence each, and its numbers.
class AttentionPanel final : public QScrollArea {
    Q_OBJECT
public:
    explicit AttentionPanel(QWidget* parent = nullptr);

    /// Blocks, heads and patches to choose from; what does not exist in this model is replaced.
    void setModel(const model::ModelConfig& config);
    const attention::View& view() const { return view_; }
    const AttentionStyle& style() const { return style_; }
    /// Asks from this patch.
    void choosePatch(int patch);
    /// Numbers and colours of what is on show.
    void setShown(const AttentionView& shown, const session::AttendedPicturePtr& attended);
    /// Says at what cost the view comes, or that something is missing; empty for nothing.
    void setNotice(const QString& text);
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

    QComboBox* shownBox() { return shown_; }
    QComboBox* sourceBox() { return source_; }
    QComboBox* blockBox() { return block_; }
    QComboBox* headBox() { return head_; }
    QComboBox* coloursBox() { return colours_; }
    QComboBox* normalisationBox() { return normalisation_; }
    QComboBox* smoothingBox() { return smoothing_; }
    ScaleBars* bars() { return bars_; }
    QLabel* numbers() { return numbers_; }
    /// Where the workspace puts what else belongs into the panel: above all, and below all.
    void addOnTop(QWidget* widget);
    void addBelow(QWidget* widget);

Q_SIGNALS:
    void viewChanged();
    void styleChanged();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void fillChoices();
    void showChoices();
    void takeChoices();
    void retranslate();

    attention::View view_;
    AttentionStyle style_;
    model::ModelConfig config_;
    bool filling_ = false;
    QVBoxLayout* column_ = nullptr;
    QFormLayout* what_ = nullptr;
    QFormLayout* drawing_ = nullptr;
    QLabel* headings_[3] = {};
    QComboBox* shown_;
    QComboBox* source_;
    QComboBox* block_;
    QComboBox* head_;
    QComboBox* colours_;
    QComboBox* normalisation_;
    QComboBox* smoothing_;
    QSlider* strength_;
    QLabel* definition_;
    QLabel* sourceDefinition_;
    QLabel* notice_;
    QLabel* scaleRule_;
    ScaleBars* bars_;
    QLabel* numbers_;
    QLabel* noCause_;
};

} // namespace livegloss::ui
