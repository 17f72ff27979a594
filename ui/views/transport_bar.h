#pragma once

#include "ui/actions/live_actions.h"
#include "ui/bridge/session_bridge.h"
#include "ui/widgets/live_badge.h"
#include "ui/widgets/seek_bar.h"

#include <QWidget>

class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace livegloss::ui {

/// Play, stop, step, the seek bar with times, loop and rate; for live sources the LIVE badge in the seek bar's place.
class TransportBar final : public QWidget {
    Q_OBJECT
public:
    TransportBar(const LiveActions& actions, SessionBridge& bridge, QWidget* parent = nullptr);

    SeekBar* seekBar() { return seekBar_; }
    LiveBadge* liveBadge() { return badge_; }
    QToolButton* rateButton() { return rate_; }
    void setRate(double rate);

Q_SIGNALS:
    void rateChosen(double rate);

protected:
    void changeEvent(QEvent* event) override;

private:
    void update();
    void updateMarks();
    void retranslate();

    const LiveActions& actions_;
    SessionBridge& bridge_;
    QStackedWidget* middle_;
    QLabel* position_;
    QLabel* duration_;
    SeekBar* seekBar_;
    LiveBadge* badge_;
    QToolButton* rate_;
    QMenu* rateMenu_;
};

/// Playback rates of files, slowest first.
std::span<const double> playbackRates();

} // namespace livegloss::ui
