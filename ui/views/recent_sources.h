#pragma once

#include "ui/bridge/session_bridge.h"

#include <QMenu>
#include <QObject>
#include <QStringList>

class QSettings;

namespace livegloss::ui {

/// The files and streams opened last, newest first, in a menu and in the settings. What never opened is not listed, nor
/// are sample clips, cameras, and addresses that hold a user's name, a password or the like.
class RecentSources final : public QObject {
    Q_OBJECT
public:
    static constexpr int most = 8;

    /// `bridge` and `store` must outlive this object. `samples`: paths of the program's own clips.
    RecentSources(SessionBridge& bridge, QSettings& store, const QStringList& samples, QObject* parent);

    /// Hidden while nothing is listed.
    QMenu* menu() { return &menu_; }
    void retranslate();

Q_SIGNALS:
    void chosen(const livegloss::media::SourceRequest& source);

private:
    void noteOpened();
    void keep(const QStringList& addresses);
    void buildMenu();

    SessionBridge& bridge_;
    QSettings& store_;
    const QStringList samples_;
    QStringList addresses_; ///< files as file: addresses
    QMenu menu_;
    bool isNew_ = false; ///< the source asked for is not noted yet
};

} // namespace livegloss::ui
