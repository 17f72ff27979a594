#pragma once

#include "session/live_session.h"
#include "ui/attention/clip_measurement.h"
#include "ui/attention/series_boxes.h"
#include "ui/attention/time_plot.h"
#include "ui/sheets/over_time_chart.h"

#include <QTimer>
#include <QWidget>

#include <functional>
#include <optional>

class QLabel;
class QProgressBar;
class QPushButton;
class QSettings;
class QToolButton;

namespace livegloss::ui {

/// Attention over time, below the video: what was seen while playing, or the whole clip once it was measured.
class OverTimePanel final : public QWidget {
    Q_OBJECT
public:
    using ChooseFile = std::function<QString(QWidget* parent, const QString& suggested)>;

    explicit OverTimePanel(QWidget* parent = nullptr);
    void setChooseFile(ChooseFile choose) { choose_ = std::move(choose); }

    /// What is on show. `file`: of a clip that can be measured as a whole.
    struct Clip {
        std::optional<std::filesystem::path> file;
        QString name;
        MediaTime duration{0}; ///< 0 for live sources
        bool seekable = false;
        bool operator==(const Clip&) const = default;
    };
    void setClip(const Clip& clip);
    void setModel(const engine::LoadedModelPtr& model);
    void setView(const attention::View& view);
    /// `own` in fractions of the frame.
    void setRegions(const attention::RegionSource& source, const std::optional<vision::Region>& own);
    void setGlosses(const std::vector<session::CaptionGloss>& glosses);
    /// The picture on show moves the cursor, and adds what it tells.
    void setPicture(const session::Picture& picture);

    const OverTimeData& values() const { return data_; }
    /// Whether values() are those of the whole clip.
    bool isWhole() const { return whole_; }
    TimePlot* plot() { return plot_; }
    ClipMeasurement* measurement() { return &measurement_; }
    SeriesBoxes* series() { return series_; }
    QPushButton* measureButton() { return measure_; }
    QPushButton* cancelButton() { return cancel_; }
    QToolButton* saveButton() { return save_; }
    QToolButton* foldButton() { return fold_; }
    QLabel* note() { return note_; }
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

Q_SIGNALS:
    void seekRequested(livegloss::MediaTime time);
    /// values() has other moments.
    void momentsChanged();

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void clearMoments();
    /// Measures again where a whole clip was on show, once choices have settled.
    void remeasure();
    void measure();
    void takeMeasured();
    void save();
    TimeRange extent() const;
    void updateOwnShares();
    void updateChart();
    void updateControls();
    QString hint() const;
    void setNote(const QString& text, bool warning);
    void retranslate();

    Clip clip_;
    engine::LoadedModelPtr model_;
    attention::View view_;
    attention::RegionSource regions_;
    attention::RegionSource askedRegions_;    ///< what the newest measurement was asked to look for
    attention::RegionSource measuredRegions_; ///< where hands and face in data_ are known from
    std::optional<vision::Region> own_;
    OverTimeData data_;
    bool whole_ = false;
    ClipMeasurement measurement_;
    QTimer settling_;
    QTimer growing_;
    ChooseFile choose_;
    QToolButton* fold_;
    QPushButton* measure_;
    QPushButton* cancel_;
    QProgressBar* progress_;
    QToolButton* zoomOut_;
    QToolButton* save_;
    QLabel* note_;
    QWidget* body_;
    SeriesBoxes* series_;
    TimePlot* plot_;
};

} // namespace livegloss::ui
