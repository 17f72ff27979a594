#pragma once

#include "ui/actions/live_actions.h"
#include "ui/bridge/session_bridge.h"
#include "ui/settings/preferences.h"

#include <QObject>

namespace livegloss::ui {

/// Connects playback and view actions with session and settings, and keeps their checks, texts and availability true.
class LiveCommands final : public QObject {
    Q_OBJECT
public:
    LiveCommands(const LiveActions& actions, SessionBridge& bridge, Preferences& preferences, QObject* parent);

    /// Mirroring is remembered for cameras; files start unmirrored.
    bool mirrored() const;
    bool isCamera() const;
    double rate() const { return bridge_.settings().rate; }
    void setRate(double rate);
    /// Texts in the language in use.
    void retranslate() { updateState(); }

Q_SIGNALS:
    void rateChanged(double rate);
    void mirrorChanged();

private:
    void connectPlayback();
    void connectView();
    void applyPreferences();
    void updateState();
    void changeRate(int steps);
    void jumpToGloss(int direction);

    const LiveActions& actions_;
    SessionBridge& bridge_;
    Preferences& preferences_;
    bool mirrorFile_ = false;
};

} // namespace livegloss::ui
