#pragma once

#include "ui/sheets/over_time_chart.h"

#include <QWidget>

#include <array>

class QCheckBox;
class QSettings;

namespace livegloss::ui {

/// The legend of the curves over time, which switches them on and off.
class SeriesBoxes final : public QWidget {
    Q_OBJECT
public:
    explicit SeriesBoxes(QWidget* parent = nullptr);

    QCheckBox* box(OverTimeSeries series) const { return boxes_[static_cast<std::size_t>(series)]; }
    /// Those that are switched on.
    QList<OverTimeSeries> chosen() const;
    /// Of what is not known nothing can be switched; before anything is known, all can.
    void setKnown(const OverTimeData& known);
    void saveState(QSettings& store) const;
    void restoreState(const QSettings& store);

Q_SIGNALS:
    void changed();

protected:
    void changeEvent(QEvent* event) override;

private:
    void retranslate();

    std::array<QCheckBox*, allSeries.size()> boxes_{};
};

} // namespace livegloss::ui
