#pragma once

#include "ui/settings/settings_table.h"

#include <QObject>

namespace livegloss::ui {

/// The settings in force, shared by the windows. Every change is stored at once and announced.
class Preferences final : public QObject {
    Q_OBJECT
public:
    /// `store` must outlive this object.
    explicit Preferences(QSettings& store, QObject* parent = nullptr);

    const AppSettings& values() const { return values_; }
    void set(const AppSettings& values);
    /// Changes one member: set(&AppSettings::loop, true).
    template <class T>
    void set(T AppSettings::*member, const T& value) {
        AppSettings changed = values_;
        changed.*member = value;
        set(changed);
    }
    /// For window geometry and the like.
    QSettings& store() { return store_; }

Q_SIGNALS:
    void changed();

private:
    QSettings& store_;
    AppSettings values_;
};

} // namespace livegloss::ui
