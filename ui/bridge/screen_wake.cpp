#include "ui/bridge/screen_wake.h"

#include "base/log.h"

#ifdef LIVEGLOSS_WITH_DBUS
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>

#include <optional>
#endif
#ifdef _WIN32
#include <windows.h>
#endif

namespace livegloss::ui {

#ifdef LIVEGLOSS_WITH_DBUS

/// Holds one inhibition at a time. The desktop ends it by itself when the program goes.
class ScreenWake::Desktop final : public QObject {
public:
    void keepAwake(bool awake) {
        wanted_ = awake;
        if (awake && !asking_ && !cookie_ && QDBusConnection::sessionBus().isConnected()) {
            ask();
        } else if (!awake && cookie_) {
            release();
        }
    }

private:
    static QDBusMessage call(const char* method) {
        return QDBusMessage::createMethodCall(
            QStringLiteral("org.freedesktop.ScreenSaver"), QStringLiteral("/org/freedesktop/ScreenSaver"),
            QStringLiteral("org.freedesktop.ScreenSaver"), QString::fromLatin1(method));
    }

    void ask() {
        QDBusMessage message = call("Inhibit");
        message << QStringLiteral("LiveGloss") << ScreenWake::tr("Recognising signing");
        asking_ = true;
        auto* answer = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(message), this);
        connect(answer, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* call) {
            call->deleteLater();
            asking_ = false;
            const QDBusPendingReply<uint> reply = *call;
            if (reply.isError()) {
                log(LogLevel::Info, "the screen may go dark: " + reply.error().message().toStdString());
                return;
            }
            cookie_ = reply.value();
            if (!wanted_) {
                release();
            }
        });
    }

    void release() {
        QDBusMessage message = call("UnInhibit");
        message << *cookie_;
        cookie_.reset();
        QDBusConnection::sessionBus().call(message, QDBus::NoBlock);
    }

    std::optional<uint> cookie_;
    bool asking_ = false;
    bool wanted_ = false;
};

#else

class ScreenWake::Desktop {
public:
    void keepAwake([[maybe_unused]] bool awake) {
#ifdef _WIN32
        ::SetThreadExecutionState(ES_CONTINUOUS | (awake ? ES_DISPLAY_REQUIRED | ES_SYSTEM_REQUIRED : 0U));
#endif
    }
};

#endif

ScreenWake::ScreenWake(QObject* parent) : QObject(parent), desktop_(std::make_unique<Desktop>()) {}

ScreenWake::~ScreenWake() {
    keepAwake(false);
}

void ScreenWake::keepAwake(bool awake) {
    if (awake != awake_) {
        awake_ = awake;
        desktop_->keepAwake(awake);
    }
}

} // namespace livegloss::ui
