#pragma once

#include "attention/regions.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSettings;

namespace livegloss::ui {

/// Where regions are known from: one that a person draws on the video, hands and face from a truth or a detector. And
/// whether the path of the weights across frames is drawn.
class RegionPanel final : public QWidget {
    Q_OBJECT
public:
    explicit RegionPanel(QWidget* parent = nullptr);

    /// What can be had for the clip on show. The exact truth is chosen by itself where it is there.
    void setChoices(bool truth, bool detector);
    attention::RegionOrigin origin() const { return origin_; }
    void setDrawing(bool drawing);
    void setHasRegion(bool has);
    bool showsPath() const;
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

    QComboBox* originBox() { return originBox_; }
    QPushButton* drawButton() { return draw_; }
    QPushButton* removeButton() { return remove_; }
    QCheckBox* pathBox() { return path_; }

Q_SIGNALS:
    void originChanged();
    void drawingAsked(bool draw);
    void removalAsked();
    void pathToggled(bool shown);

protected:
    void changeEvent(QEvent* event) override;

private:
    void fill();
    void take(attention::RegionOrigin origin);
    void retranslate();

    bool truth_ = false;
    bool detector_ = false;
    attention::RegionOrigin origin_ = attention::RegionOrigin::None;
    attention::RegionOrigin wanted_ = attention::RegionOrigin::None; ///< for clips without a truth
    QLabel* heading_;
    QPushButton* draw_;
    QPushButton* remove_;
    QLabel* originLabel_;
    QComboBox* originBox_;
    QLabel* explanation_;
    QCheckBox* path_;
    QLabel* pathExplanation_;
};

} // namespace livegloss::ui
