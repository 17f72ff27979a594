#pragma once

#include "attention/regions.h"

#include <QWidget>

#include <functional>

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
    using ChooseFile = std::function<QString(QWidget* parent, const QString& lastFile)>;
    using Check = std::function<Result<attention::DetectorParts>(const std::filesystem::path& file)>;

    explicit RegionPanel(QWidget* parent = nullptr);
    /// Tests put their own in.
    void setServices(ChooseFile choose, Check check);

    /// What can be had for the clip on show: its exact truth, which is chosen by itself, and where this is a `file`
    /// OpenCV's `cascade`, if it is installed, and a detector of the person's own.
    void setChoices(bool truth, bool cascade, bool file = true);
    attention::RegionOrigin origin() const { return source_.origin; }
    const attention::RegionSource& source() const { return source_; }
    void setDrawing(bool drawing);
    void setHasRegion(bool has);
    bool showsPath() const;
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

    QComboBox* originBox() { return originBox_; }
    QPushButton* drawButton() { return draw_; }
    QPushButton* removeButton() { return remove_; }
    QPushButton* detectorButton() { return chooseDetector_; }
    QLabel* note() { return note_; }
    QLabel* explanation() { return explanation_; }
    QCheckBox* pathBox() { return path_; }

Q_SIGNALS:
    /// source() is another, or its detector was read anew.
    void originChanged();
    void drawingAsked(bool draw);
    /// By keyboard: a region in the middle, to be moved with the arrow keys.
    void placingAsked();
    void removalAsked();
    void pathToggled(bool shown);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void fill();
    void take(attention::RegionOrigin origin);
    bool offers(attention::RegionOrigin origin) const;
    void chooseDetector();
    void takeDetector(const QString& path, const Result<attention::DetectorParts>& checked);
    void tellMissingDetector();
    void setNote(const QString& text, bool warning);
    void retranslate();

    ChooseFile choose_;
    Check check_;
    bool truth_ = false;
    bool cascade_ = false;
    bool file_ = false;
    attention::RegionSource source_;
    attention::RegionOrigin wanted_ = attention::RegionOrigin::None; ///< for clips without a truth
    QString detector_;                                               ///< a person's own; empty until one is chosen
    bool detectorMissing_ = false;
    bool byKeyboard_ = false; ///< how the button for drawing was pressed last
    QLabel* heading_;
    QPushButton* draw_;
    QPushButton* remove_;
    QLabel* originLabel_;
    QComboBox* originBox_;
    QPushButton* chooseDetector_;
    QLabel* note_;
    QLabel* explanation_;
    QCheckBox* path_;
    QLabel* pathExplanation_;
};

} // namespace livegloss::ui
